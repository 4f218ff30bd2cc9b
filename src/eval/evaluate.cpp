#include "eval/evaluate.h"

#include <algorithm>
#include <string>

#include "decode/random.h"
#include "text/words.h"

namespace updraft::eval {
namespace {

using Point = std::span<const float>;

// The texts of one request and their points.
struct Texts {
  std::vector<std::string> texts;
  std::vector<float> points;  // [texts.size(), dimension]

  [[nodiscard]] Point point(std::size_t i) const {
    const std::size_t dimension = points.size() / texts.size();
    return Point(points).subspan(i * dimension, dimension);
  }
};

Texts encoded(const encode::TextEncoder& encoder, std::vector<std::string> texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  auto points = encoder.encode(views);
  return {std::move(texts), std::move(points)};
}

// Adds the first `n` texts of a request.
void add(TextScores& scores, const Texts& texts, std::size_t n, Point intent, const Texts& teacher) {
  n = std::min(n, texts.texts.size());
  scores.n.add(static_cast<double>(n));
  const auto some = std::span(texts.texts).first(n);
  if (n >= 2) {
    scores.distinct_2.add(distinct_2(some));
    scores.self_bleu.add(self_bleu(some));
  }
  for (std::size_t i = 0; i < n; ++i) {
    scores.relevance.add(encode::cosine(texts.point(i), intent));
    std::optional<double> nearest;
    for (std::size_t j = 0; j < teacher.texts.size(); ++j) {
      if (&texts == &teacher && i == j) continue;
      const double near = encode::cosine(texts.point(i), teacher.point(j));
      if (!nearest || near > *nearest) nearest = near;
    }
    if (nearest) scores.nearest.add(*nearest);
  }
}

}  // namespace

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

Result<Report> evaluate(const Instruments& instruments, const std::vector<corpus::Record>& held_out,
                        const Options& options,
                        const std::function<void(std::size_t done, std::size_t all)>& progress) {
  const auto records = choose(held_out, static_cast<std::size_t>(options.intents), options.seed);
  if (records.empty()) return fail(ErrorCode::invalid_argument, "the corpus has no held-out intents");
  Report report;
  report.options = options;
  report.n_intents = records.size();
  Probe probe(instruments.engine);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const corpus::Record& record = records[i];
    const std::uint64_t seed = decode::Random::of(options.seed, i, 0).next();
    std::vector<SuggestOptions> requests;
    for (const Task task : prompt_tasks) {
      SuggestOptions& request = requests.emplace_back();
      request.task = task;
      request.n = options.n;
      request.seed = seed;
    }
    const auto answers = instruments.suggester.suggest_all(record.intent, requests);
    if (!answers) return fail(answers.error().code, "an intent of the corpus: " + answers.error().message);
    const Timings& timings = answers->front().timings;
    report.decoded_tokens += timings.decoded_tokens;
    report.decode_ms += timings.decode_ms;
    report.request_ms.push_back(timings.total_ms);

    if (auto done = probe.set_intent(record.intent); !done) return tl::unexpected(done.error());
    const auto intent = instruments.encoder.encode(record.intent);
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      const Task task = prompt_tasks[t];
      TaskReport& scores = report.tasks[t];
      const Texts teacher = encoded(instruments.encoder, record.prompts[static_cast<std::size_t>(task)]);
      std::vector<std::string> suggested;
      for (const Suggestion& suggestion : (*answers)[t].items) suggested.push_back(suggestion.text);
      const Texts suggestions = encoded(instruments.encoder, std::move(suggested));
      const std::size_t n_teacher = teacher.texts.size();
      add(scores.teacher, teacher, n_teacher, intent, teacher);
      add(scores.suggestions, suggestions, suggestions.texts.size(), intent, teacher);
      add(scores.as_many, suggestions, n_teacher, intent, teacher);
      scores.all_different.add(count_different(suggestions.texts) == static_cast<std::size_t>(options.n) ? 1 : 0);

      for (const std::string& prompt : teacher.texts) {
        if (auto done = probe.score(task, prompt, scores.teacher_loss); !done) return tl::unexpected(done.error());
      }
      const auto draws = probe.draw(commands_of(task, options.n), seed);
      if (!draws) return tl::unexpected(draws.error());
      for (const Draw& draw : *draws) {
        scores.free_words.add(draw.command.words, static_cast<int>(text::count_words(draw.text)), trained_words(task));
      }
    }
    progress(i + 1, records.size());
  }
  std::sort(report.request_ms.begin(), report.request_ms.end());
  return report;
}

}  // namespace updraft::eval
