// Requests that decode together: one pass over the weights serves all of them. Each may join and leave between any two
// steps, and gets what it would get alone.
#pragma once

#include <span>
#include <vector>

#include "suggest/request.h"

namespace updraft::suggest {

class Batch {
 public:
  explicit Batch(Engine& engine) : engine_(engine) {}

  // Carries all of them, none of which is done, one token on; places for growing texts are shared out evenly. Errors:
  // invalid_argument (no room in the tree); the requests are then of no more use.
  [[nodiscard]] Result<> step(std::span<Request* const> requests);

 private:
  Engine& engine_;
  std::vector<nn::Row> rows_;
  std::vector<float> logits_;  // [rows that want some, n_output]
};

}  // namespace updraft::suggest
