// Decodings that go on together: one pass over the weights serves all of them. Each may join and leave between any two
// steps, and gets what it would get alone.
#pragma once

#include <span>
#include <vector>

#include "suggest/decoding.h"
#include "suggest/engine.h"

namespace updraft::suggest {

class Batch {
 public:
  explicit Batch(Engine& engine) : engine_(engine) {}

  // Carries all of them, none of which is done, one token on. Places for growing texts are shared out fairly: none gets
  // more than another that could use it. Errors: invalid_argument (no room in the tree); the decodings are then of no
  // more use.
  [[nodiscard]] Result<> step(std::span<Decoding* const> decodings);

 private:
  Engine& engine_;
  std::vector<nn::Row> rows_;
  std::vector<float> logits_;  // [rows that want some, n_output]
};

// How many of `places` each gets: as many as it demands (max-min fair), at least one.
[[nodiscard]] std::vector<std::size_t> share_out(std::size_t places, std::span<const std::size_t> demands);

}  // namespace updraft::suggest
