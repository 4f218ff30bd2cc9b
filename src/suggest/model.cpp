#include "updraft/model.h"

#include <chrono>

#include "suggest/model_state.h"

namespace updraft {

Result<Model> Model::load(const std::filesystem::path& path, int threads) {
  const auto begin = std::chrono::steady_clock::now();
  auto engine = suggest::Engine::load(path, {.threads = threads});
  if (!engine) return tl::unexpected(engine.error());
  auto state = std::make_shared<State>();
  state->path = path;
  state->engine = *std::move(engine);
  state->load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return Model(std::move(state));
}

}  // namespace updraft
