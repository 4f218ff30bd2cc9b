#include "learn/act.h"

#include <algorithm>
#include <random>

#include "decode/random.h"
#include "eval/probe.h"
#include "learn/chance.h"
#include "suggest/lengths.h"
#include "text/words.h"

namespace updraft::learn {

std::vector<suggest::Command> exploring_commands(Task task, std::span<const Experience> seen, const ActOptions& options,
                                                 std::mt19937_64& random) {
  int best = -1;
  for (const Experience& experience : seen) {
    if (experience.achieved.task == task) best = std::max(best, experience.achieved.ret);
  }
  if (best < 0) best = suggest::best_return;
  std::vector<suggest::Command> commands;
  for (const int words : suggest::plan_words(task, std::nullopt, options.samples)) {
    const bool explores = chance(random, options.explore_share);
    const int ret = explores ? static_cast<int>(random() % (suggest::best_return + 1))
                             : std::min(suggest::best_return, best + static_cast<int>(random() % 2));
    commands.push_back({task, words, ret});
  }
  return commands;
}

Result<std::vector<Experience>> act(const std::filesystem::path& model, std::span<const corpus::Record> records,
                                    const Judge& judge, const ReplayBuffer& seen, const ActOptions& options,
                                    std::int64_t step) {
  auto engine = suggest::Engine::load(model, {.threads = options.threads});
  if (!engine) return tl::unexpected(engine.error());
  eval::Probe probe(**engine);
  std::mt19937_64 random(decode::Random::of(options.seed, static_cast<std::uint64_t>(step), 0).next());
  std::vector<Experience> experiences;
  for (std::int64_t i = 0; i < options.intents && !records.empty(); ++i) {
    const corpus::Record& record = records[random() % records.size()];
    if (auto done = probe.set_intent(record.intent); !done) return tl::unexpected(done.error());
    std::vector<Experience> known;
    for (const std::size_t index : seen.of(record.intent)) known.push_back(seen.all()[index]);
    for (const Task task : prompt_tasks) {
      const auto draws = probe.draw(exploring_commands(task, known, options, random), random());
      if (!draws) return tl::unexpected(draws.error());
      std::vector<std::string_view> texts;
      for (const eval::Draw& draw : *draws) texts.push_back(draw.text);
      const std::vector<int> returns = judge.of(record.intent, task, texts);
      for (std::size_t k = 0; k < draws->size(); ++k) {
        const eval::Draw& draw = (*draws)[k];
        const std::size_t words = text::count_words(draw.text);
        if (words == 0 || words > 99) continue;
        experiences.push_back(
            {step, record.intent, draw.command, {task, static_cast<int>(words), returns[k]}, draw.text});
      }
    }
  }
  return experiences;
}

}  // namespace updraft::learn
