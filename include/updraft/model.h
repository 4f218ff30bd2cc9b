// A language model in memory. A Suggester and an IntentDetector may share one: they take turns.
#pragma once

#include <filesystem>
#include <memory>

#include "updraft/result.h"

namespace updraft {

class Model {
 public:
  // threads = 0: one a core. Errors: not_found, io, corrupt, unsupported (see gguf/file.h; a model without control
  // tokens is unsupported).
  [[nodiscard]] static Result<Model> load(const std::filesystem::path& path, int threads = 0);

  struct State;
  [[nodiscard]] State& state() const { return *state_; }  // the library's own (src/suggest/model_state.h)

 private:
  explicit Model(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;  // copies are of the same model
};

}  // namespace updraft
