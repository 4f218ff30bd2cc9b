#include "catalogue/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <set>

#include "text/edit_distance.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::catalogue {
namespace {

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out += text::next_codepoint(text, at);
  return out;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && word.size() <= max_word_bytes) words.push_back(word);
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = text::next_codepoint(text, at);
    const text::CharClass kind = text::char_class(c);
    if (kind == text::CharClass::letter || kind == text::CharClass::number) {
      if (word.size() <= max_word_bytes) {
        text::append_utf8(word, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
      }
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

bool is_function_word(std::string_view word) {
  constexpr std::array<std::string_view, 56> all = {
      "a",       "about",     "an",   "and",  "any",  "are",     "as",   "at",    "be",     "by",   "can",  "for",
      "from",    "has",       "have", "i",    "if",   "in",      "into", "is",    "it",     "its",  "like", "me",
      "my",      "need",      "no",   "not",  "of",   "on",      "or",   "our",   "please", "s",    "so",   "some",
      "someone", "something", "t",    "that", "the",  "their",   "them", "there", "these",  "they", "this", "those",
      "to",      "us",        "want", "we",   "with", "without", "you",  "your"};
  return std::find(all.begin(), all.end(), word) != all.end();
}

std::vector<std::string> shortened(std::string_view word, std::size_t most) {
  constexpr std::size_t beginning = 7;
  std::u32string characters = characters_of(word);
  if (characters.size() > beginning) characters.resize(beginning);
  std::set<std::u32string> all = {characters}, last = all;
  for (; most > 0; --most) {
    std::set<std::u32string> next;
    for (const std::u32string& longer : last) {
      for (std::size_t i = 0; longer.size() > 1 && i < longer.size(); ++i) {
        std::u32string shorter = longer;
        next.insert(shorter.erase(i, 1));
      }
    }
    all.insert(next.begin(), next.end());
    last = std::move(next);
  }
  std::vector<std::string> out;
  for (const std::u32string& one : all) {
    std::string text;
    for (const char32_t c : one) text::append_utf8(text, c);
    out.push_back(std::move(text));
  }
  return out;
}

std::size_t mistakes_in(std::string_view word) {
  const std::u32string characters = characters_of(word);
  const auto is_digit = [](char32_t c) { return text::char_class(c) == text::CharClass::number; };
  if (characters.size() < 4 || characters.size() > max_word_bytes ||
      std::any_of(characters.begin(), characters.end(), is_digit)) {
    return 0;
  }
  return characters.size() < 8 ? 1 : 2;
}

std::size_t mistakes_to(std::string_view word) { return characters_of(word).size() < 6 ? 1 : 2; }

void Vocabulary::add(std::string word, std::size_t assets) {
  std::u32string characters = characters_of(word);
  words_.push_back({std::move(word), std::move(characters), assets});
}

std::string Vocabulary::nearest(std::string_view typed) const {
  std::size_t most = mistakes_in(typed);
  if (most == 0) return {};
  const std::u32string characters = characters_of(typed);
  const Word* best = nullptr;
  for (const Word& word : words_) {
    const std::size_t distance = text::edit_distance(characters, word.characters, most);
    if (distance > most || (distance == most && best != nullptr && word.assets <= best->assets &&
                            text::edit_distance(characters, best->characters, most) == distance)) {
      continue;
    }
    best = &word;
    most = distance;
  }
  return best == nullptr ? std::string() : best->text;
}

}  // namespace updraft::catalogue
