// Words as the index of words has them, and what is meant by one that is mistyped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::catalogue {

inline constexpr std::size_t max_word_bytes = 64;  // what is longer is no word

// Runs of letters and digits, in lower case, in their order.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// English words that only hold others together: "for", "with", "something".
[[nodiscard]] bool is_function_word(std::string_view word);

// What is left of a word's beginning when up to so many of its characters are left out, itself included. Two words of
// which each is at most so many mistakes from the other have one of these in common: a store that finds equal texts
// finds near ones by them (Garbe's symmetric delete). Up to 29.
[[nodiscard]] std::vector<std::string> shortened(std::string_view word, std::size_t most);

// How many mistakes a word may hold that was typed; none: it means what it says.
[[nodiscard]] std::size_t mistakes_in(std::string_view word);
// How many a word of the catalogue may be away from one that was typed and has so many.
[[nodiscard]] std::size_t mistakes_to(std::string_view word);

// The words of a catalogue, with the number of assets that hold each.
class Vocabulary {
 public:
  void add(std::string word, std::size_t assets);
  // Of at most one mistake in words of four to seven characters and two in longer ones: the one with the fewest, of
  // those the most frequent; empty: none. Words with digits mean what they say.
  [[nodiscard]] std::string nearest(std::string_view word) const;

 private:
  struct Word {
    std::string text;
    std::u32string characters;
    std::size_t assets;
  };
  std::vector<Word> words_;
};

}  // namespace updraft::catalogue
