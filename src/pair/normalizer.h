// What a tokenizer.json does to a text before it is cut into words: its "normalizer".
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "updraft/result.h"

namespace updraft::pair {

// More than fill any network's tokens.
inline constexpr std::size_t max_text_bytes = 16384;

class Normalizer {
 public:
  // null: nothing is done. Errors: unsupported (a kind or a pattern that is not known here), corrupt.
  [[nodiscard]] static Result<Normalizer> from(const nlohmann::json& described);

  // Of any text, of which no more than max_text_bytes are read.
  [[nodiscard]] std::string operator()(std::string text) const;

 private:
  // Of Unicode, as utf8proc names its options: NFC, NFD, NFKC, NFKD.
  struct Form {
    int options = 0;
  };
  struct LowerCase {};
  struct Strip {
    bool left = false, right = false;
  };
  struct Prepend {
    std::string what;
  };
  struct ReplaceText {
    std::string what, by;
  };
  // Each run of at least `least` of some characters; with `one_by_one`, each of them.
  struct ReplaceRuns {
    std::set<char32_t> of;  // empty: white space
    std::size_t least = 1;
    bool one_by_one = false;
    std::string by;
  };
  // SentencePiece's rules, "precompiled_charsmap": a trie (a double array, as Darts builds it) of what is replaced,
  // whose values are places among what replaces it, texts that end with a NUL. The longest that fits counts, as in
  // SentencePiece. (Hugging Face's tokenizers let a rule for a character drop what combines with it.)
  struct Rules {
    std::vector<std::uint32_t> trie;
    std::string texts;

    // The place of the longest match in `texts`, -1 if there is none, and its length.
    [[nodiscard]] std::pair<std::ptrdiff_t, std::size_t> longest(std::string_view text) const;
  };
  using Step = std::variant<Form, LowerCase, Strip, Prepend, ReplaceText, ReplaceRuns, Rules>;

  Result<> add(const nlohmann::json& described, int depth);
  Result<> add_replacement(const nlohmann::json& described);
  Result<> add_rules(const nlohmann::json& described);

  static std::string apply(const Form& form, std::string text);
  static std::string apply(const LowerCase& lower, std::string text);
  static std::string apply(const Strip& strip, std::string text);
  static std::string apply(const Prepend& prepend, std::string text);
  static std::string apply(const ReplaceText& replace, std::string text);
  static std::string apply(const ReplaceRuns& replace, std::string text);
  static std::string apply(const Rules& rules, std::string text);

  std::vector<Step> steps_;
};

}  // namespace updraft::pair
