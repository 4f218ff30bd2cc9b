#include "text/phrase.h"

#include <algorithm>
#include <array>

namespace updraft::text {
namespace {

constexpr std::array<std::string_view, 55> openers = {
    "a",       "an",      "the",  "and", "or",     "nor",     "but",    "with",   "without", "of",     "for",
    "from",    "in",      "into", "on",  "onto",   "at",      "by",     "to",     "under",   "over",   "above",
    "near",    "between", "than", "as",  "that",   "which",   "its",    "his",    "her",     "their",  "your",
    "our",     "my",      "is",   "are", "beside", "through", "across", "around", "against", "behind", "toward",
    "towards", "inside",  "&",    "no",  "every",  "this",    "these",  "those",  "very",    "some",   "while"};

// Runs between white space, ASCII letters lowered, ASCII punctuation dropped; other bytes as they are.
std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ') {
      if (!words.back().empty()) words.emplace_back();
    } else if (byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z')) {
      words.back().push_back(c);
    } else if (byte >= 'A' && byte <= 'Z') {
      words.back().push_back(static_cast<char>(c - 'A' + 'a'));
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

bool is_whole(std::string_view text) {
  const std::vector<std::string> words = plain_words(text);
  if (words.empty()) return false;
  const auto last = text.find_last_not_of(" \t");
  if (std::string_view(",;:-(&/+").find(text[last]) != std::string_view::npos) return false;
  if (std::count(text.begin(), text.end(), '(') != std::count(text.begin(), text.end(), ')')) return false;
  if (std::count(text.begin(), text.end(), '"') % 2 != 0) return false;
  return std::find(openers.begin(), openers.end(), words.back()) == openers.end();
}

bool loops(std::string_view text) {
  const std::vector<std::string> words = plain_words(text);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == words[i - 1]) return true;
    if (i < 2) continue;
    for (std::size_t j = 2; j < i; ++j) {
      if (words[j] == words[i] && words[j - 1] == words[i - 1] && words[j - 2] == words[i - 2]) return true;
    }
  }
  return false;
}

std::string alike_key(std::string_view text) {
  std::vector<std::string> words = plain_words(text);
  std::sort(words.begin(), words.end());
  std::string key;
  for (const std::string& word : words) key += word + ' ';
  return key;
}

}  // namespace updraft::text
