#include "eval/evaluate.h"

#include <algorithm>
#include <utility>

#include "corpus/hash.h"
#include "decode/random.h"
#include "eval/texts_file.h"
#include "reward/constraints.h"
#include "text/words.h"

namespace updraft::eval {
namespace {

// The texts of one request with all that is measured of them.
struct Judged {
  std::vector<std::string> texts;
  reward::Assessment assessment;
  std::vector<reward::Reward> rewards;
  std::vector<reward::ConstraintCheck> checks;
};

Judged judge(const corpus::Record& record, Task task, const std::vector<Text>& texts, const reward::Scorer& scorer) {
  Judged judged;
  for (const Text& text : texts) judged.texts.push_back(text.text);
  const std::vector<std::string_view> views(judged.texts.begin(), judged.texts.end());
  judged.assessment = scorer.assess(record.intent, task, views);
  judged.rewards = judged.assessment.in_order();
  const auto constraints = reward::read_constraints(record.intent);
  for (const std::string_view text : views) judged.checks.push_back(reward::check(constraints, task, text));
  return judged;
}

// Adds the first `n` texts; to the measures of diversity only if there are so many.
void add(TextScores& scores, Task task, const Judged& judged, std::size_t n, const reward::Scorer& scorer) {
  const bool enough = judged.texts.size() >= n && n >= 2;
  n = std::min(n, judged.texts.size());
  scores.texts.add(static_cast<double>(n));
  if (enough) {
    const auto some = std::span(judged.texts).first(n);
    scores.distinct_2.add(distinct_2(some));
    scores.self_bleu.add(self_bleu(some));
    const std::span<const float> points = judged.assessment.points();
    scores.spread.add(spread(points.first(n * points.size() / judged.texts.size()), n));
  }
  for (std::size_t i = 0; i < n; ++i) {
    scores.relevance.add(judged.assessment.cosine_to_intent(i));
    scores.fluency.add(judged.rewards[i].fluency);
    scores.reward.add(judged.rewards[i].total);
    scores.ret.add(scorer.return_of(judged.rewards[i], task));
    const reward::ConstraintCheck& check = judged.checks[i];
    for (int c = 0; c < check.stated; ++c) {
      scores.honoured.add(c < check.stated - check.broken - check.missed ? 1 : 0);
      scores.kept.add(c < check.kept ? 1 : 0);
    }
  }
}

}  // namespace

void add(SystemReport& system, const corpus::Record& record, const Written& written, int n,
         const reward::Scorer& scorer) {
  system.tokens += written.tokens;
  system.seconds.add(written.seconds);
  system.memory_mb = std::max(system.memory_mb, written.memory_mb);
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    const Task task = prompt_tasks[t];
    const std::vector<Text>& texts = written.texts[t];
    const Judged judged = judge(record, task, texts, scorer);
    TaskScores& result = system.scores[t];
    add(result.all, task, judged, texts.size(), scorer);
    add(result.as_many, task, judged, record.prompts[static_cast<std::size_t>(task)].size(), scorer);
    for (const Text& text : texts) {
      if (text.asked > 0) result.words.push_back({text.asked, static_cast<int>(text::count_words(text.text))});
    }
    result.all_different.add(count_different(judged.texts) >= static_cast<std::size_t>(n) ? 1 : 0);
  }
}

double SystemReport::tokens_per_second() const {
  return seconds.sum > 0 ? static_cast<double>(tokens) / seconds.sum : 0;
}

WordHits SystemReport::word_hits(std::size_t task) const {
  WordHits hits;
  for (const Outcome& words : steering ? (*steering)[task].words : scores[task].words) {
    hits.add(words, trained_words(prompt_tasks[task]));
  }
  return hits;
}

std::vector<corpus::Record> choose(std::vector<corpus::Record> records, std::size_t n, std::uint64_t seed) {
  // Keeps each record with the probability that just enough of those that are left are kept (selection sampling).
  decode::Random random(seed);
  std::vector<corpus::Record> chosen;
  for (std::size_t i = 0; i < records.size() && chosen.size() < n; ++i) {
    const auto left = static_cast<double>(records.size() - i), wanted = static_cast<double>(n - chosen.size());
    if (random.uniform() * left < wanted) chosen.push_back(std::move(records[i]));
  }
  return chosen;
}

std::uint64_t seed_of(const std::string& intent, std::uint64_t seed) {
  return decode::Random::of(seed, corpus::hash(intent), 0).next();
}

Result<std::vector<Written>> collect(const System& system, std::span<const corpus::Record> records,
                                     const Options& options, TextsFile* file, const Progress& progress) {
  std::vector<Written> all;
  std::size_t had = 0;
  for (const corpus::Record& record : records) {
    if (const Written* known = file == nullptr ? nullptr : file->find(record.intent); known != nullptr) {
      all.push_back(*known);
      ++had;
    } else {
      auto written = system({record, options.n, seed_of(record.intent, options.seed)});
      if (!written) return tl::unexpected(written.error());
      if (file != nullptr) {
        if (auto done = file->add(record.intent, *written); !done) return tl::unexpected(done.error());
      }
      all.push_back(*std::move(written));
    }
    progress(all.size(), had, records.size());
  }
  return all;
}

}  // namespace updraft::eval
