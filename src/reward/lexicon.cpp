#include "reward/lexicon.h"

#include <algorithm>
#include <utility>

#include "files/mapping.h"
#include "text/ascii.h"

namespace updraft::reward {
namespace {

using text::is_letter;

bool is_foreign(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }

}  // namespace

std::vector<std::string> lexicon_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_letter(text[begin]) && !is_foreign(text[begin])) {
      ++begin;
      continue;
    }
    std::string word;
    bool foreign = false;
    for (; begin < text.size() && (is_letter(text[begin]) || is_foreign(text[begin])); ++begin) {
      foreign = foreign || is_foreign(text[begin]);
      word += text::lower(text[begin]);
    }
    if (!foreign) words.push_back(std::move(word));
  }
  return words;
}

Result<Lexicon> Lexicon::parse(std::string_view lines) {
  if (lines.size() > max_bytes) return fail(ErrorCode::corrupt, "more than 16 MB of words");
  std::string_view before;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    if (end == std::string::npos) return fail(ErrorCode::corrupt, "the last word has no line break: the file was cut");
    const std::string_view word = lines.substr(begin, end - begin);
    if (word.empty() || !std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
      return fail(ErrorCode::corrupt, "a line is not a word in small letters");
    }
    if (!before.empty() && before >= word) return fail(ErrorCode::corrupt, "the words are not in their order");
    before = word;
    begin = end + 1;
  }
  return Lexicon(std::string(lines));
}

Result<std::optional<Lexicon>> Lexicon::beside(const std::filesystem::path& model) {
  const std::filesystem::path path = model.parent_path() / "words.txt";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  auto lexicon = files::parse_file(path, [](const files::Mapping& file) { return parse(file.text()); });
  if (!lexicon) return tl::unexpected(lexicon.error());
  return std::optional(*std::move(lexicon));
}

bool Lexicon::contains(std::string_view word) const {
  std::size_t low = 0, high = lines_.size();  // both at a line's begin, or at the end
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t newline = middle == 0 ? std::string::npos : lines_.rfind('\n', middle - 1);
    const std::size_t begin = newline == std::string::npos || newline < low ? low : newline + 1;
    const std::size_t end = lines_.find('\n', begin);
    const int order = std::string_view(lines_).substr(begin, end - begin).compare(word);
    if (order == 0) return true;
    if (order < 0) {
      low = end + 1;
    } else {
      high = begin;
    }
  }
  return false;
}

bool Lexicon::covers(std::string_view prompt, std::string_view intent) const {
  std::optional<std::vector<std::string>> of_intent;
  for (const std::string& word : lexicon_words(prompt)) {
    if (word.size() == 1 || contains(word)) continue;
    if (!of_intent) of_intent = lexicon_words(intent);
    if (std::find(of_intent->begin(), of_intent->end(), word) == of_intent->end()) return false;
  }
  return true;
}

}  // namespace updraft::reward
