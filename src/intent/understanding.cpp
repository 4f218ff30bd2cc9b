#include "intent/understanding.h"

#include <algorithm>
#include <array>

#include "corpus/rules.h"

namespace updraft::intent {
namespace {

constexpr std::string_view first_word(std::string_view category) { return category.substr(0, category.find('_')); }

constexpr auto words_of_categories = [] {
  std::array<std::string_view, corpus::categories.size()> words;
  std::transform(corpus::categories.begin(), corpus::categories.end(), words.begin(), first_word);
  return words;
}();

std::string part(std::string text) {
  std::replace(text.begin(), text.end(), ';', ',');
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

// Takes the text up to `separator` off the front.
std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + separator.size()));
  return front;
}

}  // namespace

std::span<const std::string_view> category_words() { return words_of_categories; }

Understanding understanding_of(const corpus::Record& record, const corpus::Utterance& utterance) {
  return {utterance.goal, record.category, record.intent, record.facets};
}

std::string to_text(const Understanding& understanding) {
  std::string text = understanding.goal;
  text += ' ';
  text += first_word(understanding.category);
  text += ' ' + part(understanding.intent);
  for (const corpus::Facet& facet : understanding.facets) text += "; " + facet.key + ' ' + part(facet.value);
  return text;
}

Result<Understanding> parse(std::string_view text) {
  const auto wrong = [](const char* what) {
    return fail(ErrorCode::corrupt, std::string("not an understanding: ") + what);
  };
  Understanding understanding;
  std::string_view head = take(text, "; ");
  const std::string_view goal = take(head, " ");
  if (std::find(corpus::goals.begin(), corpus::goals.end(), goal) == corpus::goals.end())
    return wrong("no goal at its beginning");
  understanding.goal = goal;
  const std::string_view category = take(head, " ");
  const auto known = std::find(words_of_categories.begin(), words_of_categories.end(), category);
  if (known == words_of_categories.end()) return wrong("no category behind the goal");
  understanding.category = corpus::categories[static_cast<std::size_t>(known - words_of_categories.begin())];
  if (head.empty()) return wrong("no intent");
  understanding.intent = head;
  auto next = corpus::facets.begin();  // facets come in order, so that none comes twice
  while (!text.empty()) {
    std::string_view facet = take(text, "; ");
    const std::string_view key = take(facet, " ");
    const auto found = std::find(next, corpus::facets.end(), key);
    if (found == corpus::facets.end()) return wrong("a facet that is unknown, or out of order");
    if (facet.empty()) return wrong("a facet without a value");
    understanding.facets.push_back({std::string(key), std::string(facet)});
    next = found + 1;
  }
  return understanding;
}

}  // namespace updraft::intent
