#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "suggest/batch.h"
#include "text/typed.h"
#include "updraft/suggest.h"

namespace updraft {
namespace {

Result<> check_options(const SuggestOptions& o) {
  const auto wrong = [](const std::string& what) { return fail(ErrorCode::invalid_argument, what); };
  if (o.n < 1 || o.n > max_suggestions) return wrong("n is 1 to " + std::to_string(max_suggestions));
  if (o.candidates < 1 || o.candidates > max_candidates)
    return wrong("candidates are 1 to " + std::to_string(max_candidates));
  if (o.ret < 0 || o.ret > 9) return wrong("return is 0 to 9");
  if (o.words && (o.words->min < 1 || o.words->max > max_words || o.words->min > o.words->max)) {
    return wrong("words are 1 to " + std::to_string(max_words) + ", the smaller number first");
  }
  if (!(o.temperature >= 0 && o.temperature <= 2)) return wrong("temperature is 0 to 2");
  if (!(o.top_p > 0 && o.top_p <= 1)) return wrong("top-p is above 0 and at most 1");
  if (!(o.min_p >= 0 && o.min_p < 1)) return wrong("min-p is 0 to below 1");
  return {};
}

}  // namespace

struct Suggester::State {
  std::unique_ptr<suggest::Engine> engine;
  std::optional<encode::TextEncoder> encoder;
  std::optional<reward::Scorer> scorer;  // refers to the encoder
  double load_ms = 0;
  std::mutex mutex;
};

Suggester::Suggester(std::unique_ptr<State> state) : state_(std::move(state)) {}
Suggester::Suggester(Suggester&&) noexcept = default;
Suggester& Suggester::operator=(Suggester&&) noexcept = default;
Suggester::~Suggester() = default;

Result<Suggester> Suggester::load(const std::filesystem::path& model, const LoadOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  auto engine = suggest::Engine::load(model, options.threads);
  if (!engine) return tl::unexpected(engine.error());
  if (options.task_only) (*engine)->encoder = (*engine)->encoder.task_only();
  auto state = std::make_unique<State>();
  state->engine = std::move(*engine);
  if (!options.text_encoder.empty()) {
    auto encoder = encode::TextEncoder::load(options.text_encoder, {.threads = options.threads});
    if (!encoder) return tl::unexpected(encoder.error());
    state->scorer.emplace(state->encoder.emplace(*std::move(encoder)));
  }
  state->load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return Suggester(std::move(state));
}

Result<Suggestions> Suggester::suggest(std::string_view intent, const SuggestOptions& options) const {
  auto answers = suggest_all(intent, {&options, 1});
  if (!answers) return tl::unexpected(answers.error());
  return std::move(answers->front());
}

Result<std::vector<Suggestions>> Suggester::suggest_all(std::string_view intent,
                                                        std::span<const SuggestOptions> tasks) const {
  if (auto checked = text::check_typed("intent", intent, max_intent_bytes); !checked)
    return tl::unexpected(checked.error());
  if (tasks.empty() || tasks.size() > max_tasks) {
    return fail(ErrorCode::invalid_argument, "a request holds 1 to " + std::to_string(max_tasks) + " tasks");
  }
  for (const SuggestOptions& options : tasks) {
    if (auto checked = check_options(options); !checked) return tl::unexpected(checked.error());
  }
  const std::lock_guard lock(state_->mutex);
  suggest::Engine& engine = *state_->engine;
  const auto request = suggest::Request::begin(engine, intent, tasks, state_->scorer ? &*state_->scorer : nullptr);
  if (!request) return tl::unexpected(request.error());
  suggest::Batch batch(engine);
  while (!(*request)->is_done()) {
    if (auto done = batch.step(std::array{request->get()}); !done) return tl::unexpected(done.error());
  }
  std::vector<Suggestions> answers = (*request)->answer();
  for (Suggestions& answer : answers) answer.timings.load_ms = state_->load_ms;
  return answers;
}

}  // namespace updraft
