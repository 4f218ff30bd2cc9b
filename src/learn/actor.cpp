#include "learn/actor.h"

#include <cstdio>
#include <map>
#include <numeric>
#include <sstream>

#include "files/replacement.h"
#include "plot/chart.h"

namespace updraft::learn {
namespace {

// The leader's experiences, on every rank.
Result<std::vector<Experience>> told(Team& team, std::vector<Experience> experiences) {
  if (team.size() == 1) return experiences;
  std::string lines;
  for (const Experience& experience : experiences) lines += to_line(experience) + '\n';
  if (auto done = team.spread(lines); !done) return tl::unexpected(done.error());
  if (team.leads()) return experiences;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    auto experience = parse_experience(line);
    if (!experience) return tl::unexpected(experience.error());
    experiences.push_back(*std::move(experience));
  }
  return experiences;
}

void report(const std::vector<Experience>& experiences) {
  double achieved = 0, hits = 0, n = 0;
  for (const Experience& experience : experiences) {
    hits += std::abs(experience.achieved.words - experience.asked.words) <= 1 ? 1 : 0;
    if (experience.asked.ret < suggest::best_return) continue;
    achieved += experience.achieved.ret;
    ++n;
  }
  std::fprintf(stderr, "acted: %zu prompts, %.1f %% within one word of the asked; asked for return 9, achieved %.2f\n",
               experiences.size(), 100 * hits / std::max(1.0, static_cast<double>(experiences.size())),
               achieved / std::max(1.0, n));
}

}  // namespace

Actor::Actor(const TrainOptions& options, reward::Scorer scorer, ReplayBuffer replay)
    : options_(options), judge_(std::move(scorer)), replay_(std::move(replay)) {}

Result<std::unique_ptr<Actor>> Actor::open(const TrainOptions& options, Team& team, std::int64_t step) {
  if (options.minilm.empty()) {
    if (options.act_every > 0)
      return fail(ErrorCode::invalid_argument, "acting needs the text encoder: --minilm models/minilm-l6-q8_0.gguf");
    return nullptr;
  }
  auto scorer = reward::Scorer::load(options.minilm, {.threads = options.threads});
  if (!scorer) return tl::unexpected(scorer.error());
  // Only the leader's buffer is on disk.
  const auto path = team.leads() ? options.run / "replay.jsonl" : std::filesystem::path();
  auto replay = ReplayBuffer::open(path, static_cast<std::size_t>(options.replay_capacity), step);
  if (!replay) return tl::unexpected(replay.error());
  std::unique_ptr<Actor> actor(new Actor(options, *std::move(scorer), *std::move(replay)));
  const auto all = actor->replay_.all();
  auto remembered = told(team, {all.begin(), all.end()});
  if (!remembered) return tl::unexpected(remembered.error());
  if (!team.leads()) {
    if (auto done = actor->replay_.add(*std::move(remembered)); !done) return tl::unexpected(done.error());
  }
  return actor;
}

Result<> Actor::act(Team& team, const std::vector<corpus::Record>& records, std::int64_t step,
                    const std::function<Result<>(const std::filesystem::path&)>& export_model) {
  std::vector<Experience> experiences;
  if (team.leads()) {
    const auto model = options_.run / "acting.gguf";
    if (auto done = export_model(model); !done) return done;
    auto acted = learn::act(model, records, judge_, replay_,
                            {.intents = options_.act_intents,
                             .samples = options_.act_samples,
                             .explore_share = options_.explore_share,
                             .seed = options_.seed,
                             .threads = options_.threads},
                            step);
    std::error_code ignored;
    std::filesystem::remove(model, ignored);
    if (!acted) return tl::unexpected(acted.error());
    experiences = *std::move(acted);
    report(experiences);
    draw(experiences);
  }
  auto all = told(team, std::move(experiences));
  return all ? replay_.add(*std::move(all)) : tl::unexpected(all.error());
}

// What came of what was asked for, in this act: one series a task.
void Actor::draw(const std::vector<Experience>& experiences) const {
  plot::Chart words{"Words", "asked", "achieved", {}, /*diagonal=*/true};
  plot::Chart returns{"Return", "asked", "achieved, mean", {}, /*diagonal=*/true};
  for (const Task task : prompt_tasks) {
    plot::Series dots{std::string(name(task)), {}, plot::Mark::dots};
    std::map<int, std::vector<int>> by_asked;
    for (const Experience& experience : experiences) {
      if (experience.asked.task != task) continue;
      dots.points.push_back(
          {static_cast<double>(experience.asked.words), static_cast<double>(experience.achieved.words)});
      by_asked[experience.asked.ret].push_back(experience.achieved.ret);
    }
    plot::Series means{std::string(name(task)), {}};
    for (const auto& [asked, achieved] : by_asked) {
      const double sum = std::accumulate(achieved.begin(), achieved.end(), 0.0);
      means.points.push_back({static_cast<double>(asked), sum / static_cast<double>(achieved.size())});
    }
    words.series.push_back(std::move(dots));
    returns.series.push_back(std::move(means));
  }
  // A picture that could not be written is no reason to stop.
  static_cast<void>(files::replace(options_.run / "words.svg", plot::to_svg(words)));
  static_cast<void>(files::replace(options_.run / "returns.svg", plot::to_svg(returns)));
}

}  // namespace updraft::learn
