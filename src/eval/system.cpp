#include "eval/system.h"

#include <memory>

#include "eval/memory.h"

namespace updraft::eval {

System teacher_system() {
  return [](const Question& question) -> Result<Written> {
    Written written;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      for (const std::string& prompt : question.record.prompts[static_cast<std::size_t>(prompt_tasks[t])]) {
        written.texts[t].push_back({prompt});
      }
    }
    return written;
  };
}

Result<System> updraft_system(const UpdraftOptions& options) {
  forget_own_peak();
  const double others_mb = own_memory().resident_mb;
  auto loaded = Suggester::load(options.model, options.load);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto suggester = std::make_shared<const Suggester>(*std::move(loaded));
  const double extra_mb = options.bare_mb - others_mb;
  return [suggester, extra_mb, candidates = options.candidates](const Question& question) -> Result<Written> {
    std::vector<SuggestOptions> requests;
    for (const Task task : prompt_tasks) {
      SuggestOptions& request = requests.emplace_back();
      request.task = task;
      request.n = question.n;
      request.candidates = candidates;
      request.seed = question.seed;
    }
    const auto answers = suggester->suggest_all(question.record.intent, requests);
    if (!answers) return fail(answers.error().code, "an intent of the corpus: " + answers.error().message);
    Written written;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      for (const Suggestion& suggestion : (*answers)[t].items) written.texts[t].push_back({suggestion.text});
    }
    const Timings& timings = answers->front().timings;
    written.tokens = static_cast<std::uint64_t>(timings.decoded_tokens);
    written.seconds = timings.total_ms / 1000;
    written.memory_mb = own_memory().peak_mb + extra_mb;
    return written;
  };
}

}  // namespace updraft::eval
