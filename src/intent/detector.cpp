#include <array>

#include "intent/detection.h"
#include "suggest/batch.h"
#include "suggest/model_state.h"
#include "updraft/intent.h"

namespace updraft {

struct IntentDetector::State {
  Model model;
  intent::Options options;
};

IntentDetector::IntentDetector(std::unique_ptr<State> state) : state_(std::move(state)) {}
IntentDetector::IntentDetector(IntentDetector&&) noexcept = default;
IntentDetector& IntentDetector::operator=(IntentDetector&&) noexcept = default;
IntentDetector::~IntentDetector() = default;

Result<IntentDetector> IntentDetector::load(const std::filesystem::path& path, int threads) {
  const auto model = Model::load(path, threads);
  if (!model) return tl::unexpected(model.error());
  auto detector = with(*model);
  if (!detector) return fail(detector.error().code, path.string() + ": " + detector.error().message);
  return detector;
}

Result<IntentDetector> IntentDetector::with(const Model& model) {
  auto options = intent::Options::of(*model.state().engine, model.state().path);
  if (!options) return tl::unexpected(options.error());
  return IntentDetector(std::make_unique<State>(State{model, *std::move(options)}));
}

Result<Intent> IntentDetector::detect(std::string_view utterance) const {
  const std::lock_guard lock(state_->model.state().mutex);
  suggest::Engine& engine = *state_->model.state().engine;
  const auto detection = intent::Detection::begin(engine, state_->options, utterance);
  if (!detection) return tl::unexpected(detection.error());
  suggest::Batch batch(engine);
  while (!(*detection)->is_done()) {
    if (auto done = batch.step(std::array<suggest::Decoding*, 1>{detection->get()}); !done)
      return tl::unexpected(done.error());
  }
  Intent intent = (*detection)->answer();
  intent.load_ms = state_->model.state().load_ms;
  return intent;
}

}  // namespace updraft
