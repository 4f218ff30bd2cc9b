#include "feedback/returns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "text/words.h"

namespace updraft::feedback {
namespace {

constexpr double average_return = 5;
constexpr char separator = '\x1F';  // stands in no event

struct Evidence {
  double shown = 0, looks = 0, value = 0;

  void add(const Done& done, double look) {
    shown += done.shown;
    looks += done.shown * look;
    value += done.value;
  }
};

}  // namespace

void Tally::add(const FeedbackEvent& event) {
  if (!event.asset.empty()) return;
  std::string key = event.intent + separator + std::string(name(event.task)) + separator + event.prompt;
  const auto [known, is_new] = prompt_of_.try_emplace(std::move(key), prompts_.size());
  if (is_new) prompts_.push_back({event.intent, event.task, event.prompt});
  const std::size_t position = counted_position(event.position);
  Showing& showing = showings_[event.user + separator + event.session + separator + std::to_string(known->second) +
                               separator + std::to_string(position)];
  showing.prompt = known->second;
  showing.position = position;
  showing.is_one = !event.user.empty() || !event.session.empty();
  ++showing.counts[static_cast<std::size_t>(event.kind)];
}

Judgement Tally::judge(const ReturnOptions& options) const {
  // By prompt and position, in an order that does not depend on the table's.
  std::vector<std::array<Done, max_positions>> all(prompts_.size());
  for (const auto& [key, showing] : showings_) {
    all[showing.prompt][showing.position].add(done_with(showing.counts, showing.is_one));
  }
  std::vector<Shown> cells;
  std::size_t n_positions = 0;
  Judgement judgement;
  for (std::size_t q = 0; q < all.size(); ++q) {
    for (std::size_t k = 0; k < max_positions; ++k) {
      if (all[q][k].shown <= 0) continue;
      cells.push_back({q, k, all[q][k].shown, all[q][k].acted});
      judgement.showings += static_cast<std::uint64_t>(all[q][k].shown);
      n_positions = std::max(n_positions, k + 1);
    }
  }
  judgement.looks =
      options.correct_position ? estimate_looks(cells, all.size(), n_positions) : std::vector<double>(n_positions, 1.0);

  std::vector<Evidence> of_prompt(all.size());
  std::array<Evidence, task_count> of_task;
  for (const Shown& cell : cells) {
    const Done& done = all[cell.thing][cell.position];
    of_prompt[cell.thing].add(done, judgement.looks[cell.position]);
    of_task[static_cast<std::size_t>(prompts_[cell.thing].task)].add(done, judgement.looks[cell.position]);
  }
  for (std::size_t q = 0; q < all.size(); ++q) {
    const Evidence& evidence = of_prompt[q];
    const Evidence& task = of_task[static_cast<std::size_t>(prompts_[q].task)];
    const std::size_t words = text::count_words(prompts_[q].prompt);
    if (evidence.shown < std::max(1.0, static_cast<double>(options.min_showings)) ||
        evidence.looks < options.min_looks || task.value <= 0 || words == 0 || words > 99) {
      if (evidence.shown > 0) ++judgement.too_little;
      continue;
    }
    const double mean = task.value / task.looks;
    const double value = (options.prior * mean + evidence.value) / (options.prior + evidence.looks);
    const double ret = std::clamp(std::round(average_return * value / mean), 0.0, 9.0);
    judgement.prompts.push_back({prompts_[q].intent, prompts_[q].task, prompts_[q].prompt, static_cast<int>(words),
                                 static_cast<int>(ret), value, static_cast<std::uint64_t>(evidence.shown)});
  }
  return judgement;
}

std::string to_line(const JudgedPrompt& prompt) {
  return nlohmann::ordered_json{{"intent", prompt.intent},
                                {"task", name(prompt.task)},
                                {"words", prompt.words},
                                {"return", prompt.ret},
                                {"prompt", prompt.prompt}}
      .dump();
}

}  // namespace updraft::feedback
