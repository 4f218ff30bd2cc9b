#include "server/weights.h"

#include <chrono>

#include "api/requests.h"

namespace updraft::server {

Result<std::shared_ptr<Weights>> Weights::load(const WeightsOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  // A text and what a correction adds to it: max_utterance_bytes, which are as many tokens at most.
  // One more decoding than wishes, for one may be written before it is understood (Decoder::begin_early).
  auto engine = suggest::Engine::load(options.model, {.threads = options.threads,
                                                      .decodings = options.decodings + 1,
                                                      .growing = options.growing,
                                                      .max_prefix = static_cast<int>(max_utterance_bytes) + 1,
                                                      .suggestions = api::max_suggestions});
  if (!engine) return tl::unexpected(engine.error());
  std::optional<intent::Options> intents;
  if (auto words = intent::Options::of(**engine, options.model)) intents = *std::move(words);
  std::optional<reward::Scorer> scorer;
  if (!options.text_encoder.empty()) {
    auto loaded = reward::Scorer::load(options.text_encoder, {.threads = options.threads});
    if (!loaded) return tl::unexpected(loaded.error());
    scorer.emplace(*std::move(loaded));
  }
  auto weights = std::make_shared<Weights>(Weights{*std::move(engine), std::move(intents), std::move(scorer)});
  weights->load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return weights;
}

}  // namespace updraft::server
