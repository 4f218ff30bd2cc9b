// CLIP's byte-pair encoding: words and what stands between them, each a sequence of bytes, whose last one is marked
// with "</w>"; the pair that was learnt first is joined first.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pair/vocabulary.h"

namespace updraft::pair {

class Bpe {
 public:
  // The "model" and the "pre_tokenizer" of a tokenizer.json. Errors: corrupt, unsupported.
  [[nodiscard]] static Result<Bpe> from(const nlohmann::json& model, const nlohmann::json& pre_tokenizer);

  // Of a text that is normalized, valid UTF-8; stops behind `enough` ids.
  [[nodiscard]] std::vector<Id> encode(std::string_view text, std::size_t enough) const;
  [[nodiscard]] Id unknown() const { return unknown_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Merge {
    std::size_t rank = 0;
    Id result = -1;
  };
  // Two ids as one number: both are below max_tokens_known.
  static std::uint64_t key(Id left, Id right) {
    return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint64_t>(right);
  }
  void append_word(std::string_view word, std::vector<Id>& ids) const;

  std::vector<Id> inner_, last_;  // [256], of a byte and of one that ends a word; -1: the vocabulary has none
  std::unordered_map<std::uint64_t, Merge> merges_;
  Id unknown_ = -1;
  std::size_t size_ = 0;
};

}  // namespace updraft::pair
