#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "suggest/batch.h"
#include "suggest/model_state.h"
#include "suggest/options.h"
#include "suggest/request.h"
#include "text/typed.h"
#include "updraft/suggest.h"

namespace updraft {

struct Suggester::State {
  Model model;
  suggest::CommandEncoder encoder;
  std::optional<reward::Scorer> scorer;
  double load_ms = 0;
};

Suggester::Suggester(std::unique_ptr<State> state) : state_(std::move(state)) {}
Suggester::Suggester(Suggester&&) noexcept = default;
Suggester& Suggester::operator=(Suggester&&) noexcept = default;
Suggester::~Suggester() = default;

Result<Suggester> Suggester::load(const std::filesystem::path& path, const LoadOptions& options) {
  const auto model = Model::load(path, options.threads);
  if (!model) return tl::unexpected(model.error());
  return with(*model, options);
}

Result<Suggester> Suggester::with(const Model& model, const LoadOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const suggest::CommandEncoder& encoder = model.state().engine->encoder;
  auto state =
      std::make_unique<State>(State{model, options.task_only ? encoder.task_only() : encoder, std::nullopt, 0});
  if (!options.text_encoder.empty()) {
    auto scorer = reward::Scorer::load(options.text_encoder, {.threads = options.threads});
    if (!scorer) return tl::unexpected(scorer.error());
    state->scorer.emplace(*std::move(scorer));
  }
  state->load_ms = model.state().load_ms +
                   std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
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
    if (auto checked = suggest::check(options); !checked) return tl::unexpected(checked.error());
  }
  const std::lock_guard lock(state_->model.state().mutex);
  suggest::Engine& engine = *state_->model.state().engine;
  const auto request =
      suggest::Request::begin(engine, state_->encoder, intent, tasks, state_->scorer ? &*state_->scorer : nullptr);
  if (!request) return tl::unexpected(request.error());
  suggest::Batch batch(engine);
  while (!(*request)->is_done()) {
    if (auto done = batch.step(std::array<suggest::Decoding*, 1>{request->get()}); !done)
      return tl::unexpected(done.error());
  }
  std::vector<Suggestions> answers = (*request)->answer();
  for (Suggestions& answer : answers) answer.timings.load_ms = state_->load_ms;
  return answers;
}

}  // namespace updraft
