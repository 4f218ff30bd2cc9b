// What stands behind a Model.
#pragma once

#include <filesystem>
#include <mutex>

#include "suggest/engine.h"
#include "updraft/model.h"

namespace updraft {

struct Model::State {
  std::filesystem::path path;  // of its file
  std::unique_ptr<suggest::Engine> engine;
  double load_ms = 0;
  std::mutex mutex;  // whoever uses the engine holds it
};

}  // namespace updraft
