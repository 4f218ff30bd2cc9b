// An IntentDetector without a model, for the program's tests: it understands what was typed as it stands.
#include "updraft/intent.h"

namespace updraft {

struct IntentDetector::State {};

IntentDetector::IntentDetector(std::unique_ptr<State> state) : state_(std::move(state)) {}
IntentDetector::IntentDetector(IntentDetector&&) noexcept = default;
IntentDetector& IntentDetector::operator=(IntentDetector&&) noexcept = default;
IntentDetector::~IntentDetector() = default;

Result<IntentDetector> IntentDetector::load(const std::filesystem::path& path, int threads) {
  const auto model = Model::load(path, threads);
  if (!model) return tl::unexpected(model.error());
  return with(*model);
}

Result<IntentDetector> IntentDetector::with(const Model& /*model*/) {
  return IntentDetector(std::make_unique<State>());
}

Result<Intent> IntentDetector::detect(std::string_view utterance) const {
  if (utterance == "refuse") return fail(ErrorCode::invalid_argument, "refused");
  return Intent{.text = std::string(utterance),
                .goals = {{"template", 0.75}, {"search", 0.2496}, {"generate", 0.0004}, {"recommend", 0}},
                .categories = {{"retail", 0.9}, {"holidays", 0.1}},
                .facets = {{"format", "flyer"}, {"colors", "red, green\033[31m"}},
                .language = "en",
                .confidence = utterance == "asdf" ? 0.125 : 0.875,
                .likelihood = 0.5,
                .signs = {},
                .load_ms = 40.5,
                .total_ms = 20.25};
}

}  // namespace updraft
