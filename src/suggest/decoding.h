// Something that decodes in a batch (batch.h) beside others: it says which tokens it needs computed, takes their
// logits, and goes on from them, until it is done. What else is in the batch changes nothing in what comes out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "nn/transformer.h"
#include "updraft/result.h"

namespace updraft::suggest {

class Decoding {
 public:
  virtual ~Decoding() = default;

  // ---- A step, until it is done: gather, take, grow every text, settle ----

  // Texts that grow or would; at least 1.
  [[nodiscard]] virtual std::size_t demand() const = 0;
  // Appends the tokens that must be computed, and has up to `room` texts grow: those that do already go on.
  [[nodiscard]] virtual Result<> gather(std::size_t room, std::vector<nn::Row>& rows) = 0;
  // logits [rows gathered that want some, n_output]: stays in use, and is changed, until settle().
  virtual void take(std::span<float> logits) = 0;
  [[nodiscard]] virtual std::size_t n_growing() const = 0;
  // Chooses the next token of a text. Not for two threads at a time with the same text, or the same number of a thread.
  virtual void grow(std::size_t text, std::size_t thread) = 0;
  virtual void settle() = 0;
  [[nodiscard]] virtual bool is_done() const = 0;

 protected:
  Decoding() = default;
  Decoding(const Decoding&) = default;
  Decoding& operator=(const Decoding&) = default;
};

// Tokens that must be computed before texts can grow, in parts, one a step at most, so that a long one holds up nobody.
class Prefill {
 public:
  static constexpr std::size_t max_rows = 128;  // a step

  void add(nn::Row row) { rows_.push_back(row); }
  // What was added since the last cut is a part: what comes after it is computed in later steps.
  void cut() { cuts_.push_back(rows_.size()); }
  [[nodiscard]] nn::Row& back() { return rows_.back(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool is_done() const { return next_ == rows_.size(); }
  [[nodiscard]] std::size_t n_parts_done() const {
    return static_cast<std::size_t>(std::upper_bound(cuts_.begin(), cuts_.end(), next_) - cuts_.begin());
  }
  // The next part, or as much of it as a step takes; it counts as computed.
  void gather(std::vector<nn::Row>& rows) {
    const auto cut = std::upper_bound(cuts_.begin(), cuts_.end(), next_);
    const std::size_t end = cut == cuts_.end() ? rows_.size() : *cut;
    const std::size_t n = std::min(max_rows, end - next_);
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(next_);
    rows.insert(rows.end(), begin, begin + static_cast<std::ptrdiff_t>(n));
    next_ += n;
  }

 private:
  std::vector<nn::Row> rows_;
  std::vector<std::size_t> cuts_;
  std::size_t next_ = 0;
};

}  // namespace updraft::suggest
