#include "learn/cross_scorer_measure.h"

#include <algorithm>
#include <cstdio>

#include "eval/evaluate.h"
#include "learn/cross_scorer_data.h"

namespace updraft::learn {
namespace {

constexpr std::size_t near_a_task = 4, category_a_task = 2, random_a_task = 2;

// A negative, and the prompt it is to be compared with; -1: all of the teacher's.
struct Challenge {
  Negative negative;
  std::ptrdiff_t of = -1;
};

// What the record's prompts are held against; `near` are places in the pool.
std::vector<Challenge> challenges_of(const corpus::Record& record, Task task, const std::vector<corpus::Record>& pool,
                                     const std::vector<std::size_t>& near, decode::Random random) {
  const auto t = static_cast<std::size_t>(task);
  const std::vector<std::string>& own = record.prompts[t];
  const auto prompt_of = [&](const corpus::Record& other) {
    return other.prompts[t].empty() ? std::string() : other.prompts[t][random.below(other.prompts[t].size())];
  };
  std::vector<Challenge> challenges;
  for (std::size_t k = 0; k < near_a_task && !near.empty(); ++k) {
    challenges.push_back({{Flaw::near, prompt_of(pool[near[random.below(near.size())]])}});
  }
  for (std::size_t tries = 0, found = 0; tries < 1000 && found < category_a_task; ++tries) {
    const corpus::Record& other = pool[random.below(pool.size())];
    if (other.category != record.category) continue;
    challenges.push_back({{Flaw::category, prompt_of(other)}});
    ++found;
  }
  for (std::size_t k = 0; k < random_a_task; ++k) {
    challenges.push_back({{Flaw::random, prompt_of(pool[random.below(pool.size())])}});
  }
  const corpus::Record& stranger = pool[random.below(pool.size())];
  for (std::size_t p = 0; p < own.size(); ++p) {
    for (Negative& edit : edits_of(record.intent, task, own[p], stranger.intent, random)) {
      challenges.push_back({std::move(edit), static_cast<std::ptrdiff_t>(p)});
    }
  }
  for (Negative& trick : tricks_on(record.intent, prompt_of(stranger), random)) {
    challenges.push_back({std::move(trick)});
  }
  return challenges;
}

constexpr int high_return = 7;

double won(double difference) { return difference > 0 ? 1 : difference == 0 ? 0.5 : 0; }

void add(Contrast& sum, std::size_t which, int ret) {
  sum.high[which] += ret >= high_return ? 1 : 0;
  sum.returns[which] += ret;
}

}  // namespace

ScorerMeasurement measure_scorer(const reward::Scorer& by_cosine, const reward::Scorer& scorer,
                                 const corpus::Corpus& corpus, std::size_t n, std::uint64_t seed) {
  const std::vector<corpus::Record> asked = eval::choose(corpus.held_out, n, seed);
  const std::vector<corpus::Record>& pool = corpus.train;
  const auto points_of = [&](const std::vector<corpus::Record>& records) {
    std::vector<std::string_view> intents;
    for (const corpus::Record& record : records) intents.push_back(record.intent);
    return scorer.encoder().encode(intents);
  };
  const std::vector<float> asked_points = points_of(asked), pool_points = points_of(pool);
  const auto dimension = static_cast<std::size_t>(scorer.encoder().dimension());
  ScorerMeasurement measured;
  measured.n_intents = asked.size();
  for (const Task task : prompt_tasks) {
    const auto t = static_cast<std::size_t>(task);
    const auto near_lists = nearest(asked_points, pool_points, dimension, 12, too_near(task));
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::vector<std::string>& own = asked[i].prompts[t];
      const std::vector<Challenge> challenges =
          challenges_of(asked[i], task, pool, near_lists[i], decode::Random::of(seed, t, i));
      std::vector<std::string_view> texts(own.begin(), own.end());
      for (const Challenge& challenge : challenges) texts.emplace_back(challenge.negative.text);
      const std::array<reward::Assessment, 2> assessed = {by_cosine.assess(asked[i].intent, task, texts),
                                                          scorer.assess(asked[i].intent, task, texts)};
      const auto ret = [&](std::size_t which, std::size_t text) {
        return (which == 0 ? by_cosine : scorer).return_of(assessed[which].alone(text), task);
      };
      for (std::size_t p = 0; p < own.size(); ++p) {
        ++measured.teacher[t].prompts;
        for (std::size_t which = 0; which < 2; ++which) add(measured.teacher[t], which, ret(which, p));
      }
      for (std::size_t c = 0; c < challenges.size(); ++c) {
        const std::size_t wrong = own.size() + c;
        bool says_the_same = false;
        for (std::size_t p = 0; p < own.size(); ++p) says_the_same |= assessed[0].cosine(p, wrong) > same_prompt;
        if (challenges[c].negative.flaw <= Flaw::random && says_the_same) continue;
        Contrast& sum = measured.by_flaw[t][static_cast<std::size_t>(challenges[c].negative.flaw)];
        ++sum.prompts;
        for (std::size_t which = 0; which < 2; ++which) add(sum, which, ret(which, wrong));
        for (std::size_t p = 0; p < own.size(); ++p) {
          if (challenges[c].of >= 0 && challenges[c].of != static_cast<std::ptrdiff_t>(p)) continue;
          ++sum.pairs;
          sum.nearer += won(assessed[0].cosine_to_intent(p) - assessed[0].cosine_to_intent(wrong));
          for (std::size_t which = 0; which < 2; ++which) {
            sum.better[which] += won(assessed[which].alone(p).total - assessed[which].alone(wrong).total);
          }
        }
      }
    }
  }
  return measured;
}

std::string to_text(const ScorerMeasurement& measured) {
  std::string text;
  char line[240];
  const auto add = [&](const char* form, auto... values) {
    std::snprintf(line, sizeof line, form, values...);
    text += line;
  };
  add("%zu held-out intents. AUC: the teacher's prompt is worth more than this one for the same intent.\n",
      measured.n_intents);
  for (const Task task : prompt_tasks) {
    const auto t = static_cast<std::size_t>(task);
    add("\n| %-8s | prompts | AUC of the cosine | of the reward by it | with the scorer | mean return | with | 7-9 | "
        "with "
        "|\n|---|---|---|---|---|---|---|---|---|\n",
        std::string(name(task)).c_str());
    const auto returns = [&](const Contrast& sum) {
      add(" %.1f | %.1f | %.1f %% | %.1f %% |\n", sum.returns[0] / sum.prompts, sum.returns[1] / sum.prompts,
          100 * sum.high[0] / sum.prompts, 100 * sum.high[1] / sum.prompts);
    };
    add("| teacher  | %.0f | | | |", measured.teacher[t].prompts);
    returns(measured.teacher[t]);
    for (std::size_t f = 0; f < flaw_count; ++f) {
      const Contrast& sum = measured.by_flaw[t][f];
      if (sum.pairs == 0) continue;
      add("| %-8s | %.0f | %.3f | %.3f | %.3f |", std::string(name(static_cast<Flaw>(f))).c_str(), sum.prompts,
          sum.nearer / sum.pairs, sum.better[0] / sum.pairs, sum.better[1] / sum.pairs);
      returns(sum);
    }
  }
  return text;
}

}  // namespace updraft::learn
