// SentencePiece's unigram model: of all ways to cut a word into tokens, the likeliest (Viterbi).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "pair/vocabulary.h"

namespace updraft::pair {

class Unigram {
 public:
  // The "model" and the "pre_tokenizer" of a tokenizer.json. Errors: corrupt, unsupported.
  [[nodiscard]] static Result<Unigram> from(const nlohmann::json& model, const nlohmann::json& pre_tokenizer);

  // A token that no text has, whatever it says.
  void forget(std::string_view token);

  // Of a text that is normalized, valid UTF-8; stops behind `enough` ids.
  [[nodiscard]] std::vector<Id> encode(std::string_view text, std::size_t enough) const;
  [[nodiscard]] Id unknown() const { return unknown_; }
  [[nodiscard]] std::size_t size() const { return scores_.size(); }

 private:
  void append_piece(std::string_view piece, std::vector<Id>& ids) const;
  Result<> read_marking(const nlohmann::json& pre_tokenizer);

  Ids ids_;
  std::vector<double> scores_;  // [size], logarithms of probabilities
  std::size_t longest_ = 0;     // bytes of a token
  Id unknown_ = -1;
  double unknown_score_ = 0;
  bool drops_spaces_ = false;  // white space ends a word and is nothing else
  bool marks_first_ = true;    // a text begins as if a space stood before it
  bool splits_ = true;         // each word is cut alone
};

}  // namespace updraft::pair
