#include "eval/report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace updraft::eval {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

Json to_json(const TextScores& scores) {
  return {{"requests", scores.n.n},
          {"texts_a_request", rounded(scores.n.value())},
          {"distinct_2", rounded(scores.distinct_2.value())},
          {"self_bleu", rounded(scores.self_bleu.value())},
          {"relevance", rounded(scores.relevance.value())},
          {"nearest_teacher", rounded(scores.nearest.value())}};
}

Json to_json(const TaskReport& task) {
  const WordHits& words = task.free_words;
  return {{"perplexity", rounded(perplexity(task.teacher_loss.a_token))},
          {"prompt_tokens", task.teacher_loss.a_token.n},
          {"tokens_outside_shortlist", task.teacher_loss.n_outside},
          {"unforced_words",
           {{"texts", words.exact.n},
            {"exact", rounded(words.exact.value())},
            {"within_1", rounded(words.within_one.value())},
            {"in_range", rounded(words.in_range.value())}}},
          {"teacher", to_json(task.teacher)},
          {"suggestions", to_json(task.suggestions)},
          {"suggestions_as_many_as_teacher", to_json(task.as_many)},
          {"requests_with_n_different", rounded(task.all_different.value())}};
}

double median(const std::vector<double>& sorted) { return sorted.empty() ? 0 : sorted[sorted.size() / 2]; }

template <class... Values>
std::string print(const char* format, Values... values) {
  char line[256];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

std::string row(const char* task, const char* who, const TextScores& scores, const std::string& all_different) {
  return print("  %-9s %-15s %5.1f %11.3f %10.3f %10.3f %10.3f %12s\n", task, who, scores.n.value(),
               scores.distinct_2.value(), scores.self_bleu.value(), scores.relevance.value(), scores.nearest.value(),
               all_different.c_str());
}

}  // namespace

std::string to_json(const Report& report) {
  Json tasks;
  for (std::size_t i = 0; i < prompt_tasks.size(); ++i) {
    tasks[std::string(name(prompt_tasks[i]))] = to_json(report.tasks[i]);
  }
  const Json json = {{"intents", report.n_intents},
                     {"n", report.options.n},
                     {"seed", report.options.seed},
                     {"tasks", std::move(tasks)},
                     {"decoded_tokens", report.decoded_tokens},
                     {"tokens_per_second", rounded(report.tokens_per_second())},
                     {"request_ms_median", rounded(median(report.request_ms))}};
  return json.dump(2) + "\n";
}

std::string to_text(const Report& report) {
  std::string out = print("%zu held-out intents, %d suggestions a task, seed %llu\n\n", report.n_intents,
                          report.options.n, static_cast<unsigned long long>(report.options.seed));
  out += "The teacher's prompts under their commands, and words asked for when nothing is forced\n";
  out += "  task      perplexity      exact   within 1   in range\n";
  for (std::size_t i = 0; i < prompt_tasks.size(); ++i) {
    const TaskReport& task = report.tasks[i];
    const WordHits& words = task.free_words;
    out += print("  %-9s %10.2f %8.1f %% %8.1f %% %8.1f %%\n", name(prompt_tasks[i]).data(),
                 perplexity(task.teacher_loss.a_token), 100 * words.exact.value(), 100 * words.within_one.value(),
                 100 * words.in_range.value());
  }
  out += "\nTexts: how many a request, how they differ, cosine to the intent and to the teacher's nearest prompt\n";
  out += "  task      whose               n  distinct-2  self-BLEU  relevance    nearest  n different\n";
  for (std::size_t i = 0; i < prompt_tasks.size(); ++i) {
    const TaskReport& task = report.tasks[i];
    out += row(name(prompt_tasks[i]).data(), "teacher", task.teacher, "");
    out += row("", "model, as many", task.as_many, "");
    out += row("", "model", task.suggestions, print("%.1f %%", 100 * task.all_different.value()));
  }
  out += print("\n%.0f tokens/s; a request for all tasks: %.0f ms at the median\n", report.tokens_per_second(),
               median(report.request_ms));
  return out;
}

}  // namespace updraft::eval
