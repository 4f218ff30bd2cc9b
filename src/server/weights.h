// All that a request is computed with. A reload makes new ones; requests that began with the old ones end with them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "intent/detection.h"
#include "reward/reward.h"
#include "suggest/batch.h"
#include "suggest/engine.h"

namespace updraft::server {

struct WeightsOptions {
  std::filesystem::path model;
  std::filesystem::path text_encoder;  // empty: likelihood alone chooses
  int threads = 0;                     // 0: one a core
  int decodings = 8;                   // at a time
  int growing = 48;                    // texts at a time
};

struct Weights {
  std::unique_ptr<suggest::Engine> engine;
  std::optional<intent::Options> intents;  // none: the model takes everything as it was typed
  std::optional<reward::Scorer> scorer;
  suggest::Batch batch{*engine};
  double load_ms = 0;

  [[nodiscard]] static Result<std::shared_ptr<Weights>> load(const WeightsOptions& options);
};

}  // namespace updraft::server
