// Texts as the rules of reward/ read them: words with what stands around them.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::reward {

struct Token {
  std::string word;            // ASCII letters lowered, "'s" dropped
  std::string stem;            // singular() of the word
  bool starts_clause = false;  // punctuation stands before it (or nothing)
  bool hyphenated = false;     // a hyphen ties it to the word before
  bool glued_before = false;   // a sign touches it in front: "$5", "9/11", "+1"
  bool glued_after = false;    // or behind: "5%", "16:9"
  bool possessive = false;     // "men's", "kids'"
};

// Runs of letters and digits (and of bytes beyond ASCII); what is quoted is left out: it is written in the picture, it
// does not describe it.
[[nodiscard]] std::vector<Token> tokens_of(std::string_view text);
// With those of what is quoted.
[[nodiscard]] std::vector<Token> all_tokens_of(std::string_view text);

// What stands between quotation marks, "..." or '...'; an apostrophe opens nothing.
[[nodiscard]] std::vector<std::string> quotes_of(std::string_view text);

// "cats" -> "cat", "children" -> "child"; other words as they are. For lower case.
[[nodiscard]] std::string singular(std::string_view word);
// singular() makes another word of it, or it is a plural like "sheep".
[[nodiscard]] bool is_plural(std::string_view word);

// "the", "with", "and", ...: words that hold a sentence together and name nothing.
[[nodiscard]] bool is_function_word(std::string_view word);

// "no", "without", "never", ...: what comes next is denied.
[[nodiscard]] bool is_negator(std::string_view word);

// A list of words is a string with single spaces between them.
[[nodiscard]] bool contains(std::string_view list, std::string_view word);

template <class T>
[[nodiscard]] bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace updraft::reward
