// A Suggester without a model, for the program's tests. It repeats what it was asked for, so that a test sees what
// arrives here; some intents make it misbehave.
#include "updraft/suggest.h"

namespace updraft {

struct Model::State {
  int threads = 0;
};

Result<Model> Model::load(const std::filesystem::path& path, int threads) {
  if (path.filename() == "missing.gguf") return fail(ErrorCode::not_found, path.string() + ": no such file");
  if (path.filename() == "truncated.gguf") return fail(ErrorCode::corrupt, path.string() + ": truncated");
  return Model(std::make_shared<State>(State{threads}));
}

struct Suggester::State {
  Model model;
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

Result<Suggester> Suggester::with(const Model& model, const LoadOptions& /*options*/) {
  return Suggester(std::make_unique<State>(State{model}));
}

Result<Suggestions> Suggester::suggest(std::string_view intent, const SuggestOptions& options) const {
  if (intent == "refuse") return fail(ErrorCode::invalid_argument, "refused");
  if (intent == "break") return fail(ErrorCode::io, "broken");
  Suggestions answer;
  for (int i = 0; i < options.n; ++i) {
    std::string text =
        std::string(intent) + " #" + std::to_string(i) + " seed " + std::to_string(options.seed) + " return " +
        std::to_string(options.ret) + " words " +
        (options.words ? std::to_string(options.words->min) + "-" + std::to_string(options.words->max) : "any") +
        " candidates " + std::to_string(options.candidates) + " temperature " +
        (options.temperature ? std::to_string(*options.temperature) : "any") + " threads " +
        std::to_string(state_->model.state().threads);
    if (intent == "hostile")
      text =
          "\033]0;owned\a\033[2J red \xC2\x9B"
          "31m \x7F \xFF end";
    answer.items.push_back({.text = std::move(text), .words = 4, .score = 0.5 / (1 + i), .task = options.task});
  }
  answer.timings = {.load_ms = 40.5,
                    .prefill_ms = 10,
                    .decode_ms = 50,
                    .total_ms = 61,
                    .prompt_tokens = 12,
                    .decoded_tokens = 100,
                    .peak_rss_mb = 180.25};
  return answer;
}

Result<std::vector<Suggestions>> Suggester::suggest_all(std::string_view intent,
                                                        std::span<const SuggestOptions> tasks) const {
  std::vector<Suggestions> answers;
  for (const SuggestOptions& options : tasks) {
    auto answer = suggest(intent, options);
    if (!answer) return tl::unexpected(answer.error());
    answers.push_back(std::move(*answer));
  }
  return answers;
}

}  // namespace updraft
