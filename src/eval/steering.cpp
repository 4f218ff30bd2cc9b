#include "eval/steering.h"

#include "text/words.h"

namespace updraft::eval {

Result<> steer(Probe& probe, const reward::Scorer& scorer, const corpus::Record& record, int n, std::uint64_t seed,
               Steering& steering) {
  if (auto done = probe.set_intent(record.intent); !done) return done;
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    const Task task = prompt_tasks[t];
    TaskSteering& result = steering[t];
    const auto& prompts = record.prompts[static_cast<std::size_t>(task)];
    if (auto done = probe.score(task, prompts, result.teacher_loss); !done) return done;
    const auto lengths = commands_of(task, n);
    const auto free = probe.draw(lengths, seed);
    if (!free) return tl::unexpected(free.error());
    for (const Draw& draw : *free) {
      result.words.push_back({draw.command.words, static_cast<int>(text::count_words(draw.text))});
    }

    std::vector<suggest::Command> commands;
    for (int ret = 0; ret <= suggest::best_return; ++ret) {
      commands.push_back({task, lengths[seed % lengths.size()].words, ret});
    }
    const auto draws = probe.draw(commands, seed);
    if (!draws) return tl::unexpected(draws.error());
    std::vector<std::string_view> texts;
    for (const Draw& draw : *draws) texts.push_back(draw.text);
    const reward::Assessment assessment = scorer.assess(record.intent, task, texts);
    for (std::size_t i = 0; i < draws->size(); ++i) {
      result.returns.push_back({(*draws)[i].command.ret, scorer.return_of(assessment.alone(i), task)});
    }
  }
  return {};
}

}  // namespace updraft::eval
