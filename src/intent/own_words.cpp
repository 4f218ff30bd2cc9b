#include "intent/own_words.h"

#include <algorithm>
#include <vector>

#include "reward/tokens.h"
#include "text/ascii.h"

namespace updraft::intent {
namespace {

constexpr std::size_t least_alike = 4;  // letters that two words begin with, and half of each

bool is_of_word(char c) { return text::is_letter(c) || (static_cast<unsigned char>(c) & 0x80U) != 0; }

std::size_t common_beginning(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::size_t>(end - a.begin());
}

// What was meant by a word that does not exist; empty: nobody knows.
std::string meant(const reward::Lexicon& lexicon, const std::vector<std::string>& typed, const std::string& word) {
  for (const std::string& own : typed) {  // two words without a space
    if (own.size() < 2 || own.size() + 2 > word.size()) continue;
    const auto is_word = [&](const std::string& other) {
      return other.size() > 2 && (reward::contains(typed, other) || lexicon.contains(other));
    };
    if (const std::string rest = word.substr(own.size()); word.starts_with(own) && is_word(rest))
      return own + ' ' + rest;
    if (const std::string rest = word.substr(0, word.size() - own.size()); word.ends_with(own) && is_word(rest))
      return rest + ' ' + own;
  }
  std::string nearest;
  std::size_t most = least_alike - 1;
  for (const std::string& own : typed) {
    const std::size_t alike = common_beginning(own, word);
    if (alike > most && 2 * alike >= std::max(own.size(), word.size())) {
      nearest = own;
      most = alike;
    }
  }
  return nearest;
}

}  // namespace

std::string in_own_words(const reward::Lexicon& lexicon, std::string_view utterance, std::string text) {
  const std::vector<std::string> typed = reward::lexicon_words(utterance);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_word(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::string word = text.substr(at, end - at);
    at = end;
    const std::vector<std::string> judged = reward::lexicon_words(word);  // none, where it has other letters
    const bool real =
        judged.empty() || word.size() == 1 || lexicon.contains(judged[0]) || reward::contains(typed, judged[0]);
    const std::string own = real ? "" : meant(lexicon, typed, judged[0]);
    out += own.empty() ? word : own;
  }
  return out;
}

}  // namespace updraft::intent
