// Suggestions: from an intent to ready prompts. The library's front door; see src/cli for a complete user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/model.h"
#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft {

// What a request may hold.
inline constexpr std::size_t max_intent_bytes = 4096;
inline constexpr int max_suggestions = 64;  // a task
inline constexpr int max_candidates = 8;
inline constexpr std::size_t max_tasks = task_count;
inline constexpr int max_words = 99;

// The outcome that is asked for (the command), and how it is drawn.
struct SuggestOptions {
  Task task = Task::query;
  int n = 8;                           // how many, at most; no two are alike
  std::optional<WordRange> words;      // every suggestion lies inside; none: the task's own lengths
  int candidates = 4;                  // texts drawn for each one that is shown: the best that differ are
  int ret = 9;                         // return bucket, 0..9: ask for 9; for less, the likeliest are shown
  std::uint64_t seed = 0;              // the same seed gives the same suggestions on every run and thread count
  std::optional<float> temperature{};  // 0, the likeliest, to 2; none: 1, or 0.8 where one candidate leaves no choice
  float top_p = 0.95F;
  float min_p = 0.05F;
};

struct Suggestion {
  std::string text;
  int words = 0;     // as a reader counts them (text/words.h)
  double score = 0;  // 0..1, higher is better: what it is worth (reward/reward.h) and how likely the model finds it
  Task task = Task::query;
};

// What a request cost, all of its tasks together. Loading is counted once a Suggester and repeated in each of its
// answers.
struct Timings {
  double load_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  double choice_ms = 0;  // scoring what was drawn
  double total_ms = 0;   // without loading
  int prompt_tokens = 0;
  int decoded_tokens = 0;
  double peak_rss_mb = 0;
};

struct Suggestions {
  std::vector<Suggestion> items;  // the best, then the best that differ from those before
  Timings timings;
};

struct LoadOptions {
  int threads = 0;  // 0: all cores
  // Scores what is drawn (encode/text_encoder.h); empty: likelihood alone does.
  std::filesystem::path text_encoder = {};
  // For finding out what the rest of the command is worth: the model is told the task and neither words nor a return.
  bool task_only = false;
};

class Suggester {
 public:
  // Errors: those of Model::load, and of the text encoder's file.
  [[nodiscard]] static Result<Suggester> load(const std::filesystem::path& model, const LoadOptions& options = {});
  // With a model that others use as well.
  [[nodiscard]] static Result<Suggester> with(const Model& model, const LoadOptions& options = {});

  Suggester(Suggester&&) noexcept;
  Suggester& operator=(Suggester&&) noexcept;
  ~Suggester();

  // Errors: invalid_argument (empty, too long or invalid UTF-8 intent; an option out of its range).
  [[nodiscard]] Result<Suggestions> suggest(std::string_view intent, const SuggestOptions& options) const;
  // One answer a task, in their order; the intent is prefilled once for all of them.
  [[nodiscard]] Result<std::vector<Suggestions>> suggest_all(std::string_view intent,
                                                             std::span<const SuggestOptions> tasks) const;

 private:
  struct State;
  explicit Suggester(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft
