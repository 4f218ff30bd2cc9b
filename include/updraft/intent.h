// What a person wants, from what they typed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/model.h"
#include "updraft/result.h"

namespace updraft {

inline constexpr std::size_t max_utterance_bytes = 4096;
inline constexpr double least_confidence = 0.25;
inline constexpr double likelier_than_not =
    0.5;  // above it prompts are written for what was understood, else for what was typed

struct Share {
  std::string name;
  double probability = 0;
};

struct Facet {
  std::string name;  // format, occasion, subject, style, mood, colors, audience, count, without, size, date or price
  std::string value;

  bool operator==(const Facet&) const = default;
};

struct Intent {
  // The canonical intent. Where hardly anything was understood (confidence < least_confidence), what was typed.
  std::string text;
  std::vector<Share> goals;       // all of them, the likeliest first; their probabilities sum to 1
  std::vector<Share> categories;  // likewise
  std::vector<Facet> facets;      // those that were stated
  std::string language;           // it was typed in, as a code ("en"); "und" where that cannot be told
  double confidence = 0;          // 0..1: the probability that the canonical intent says what was meant
  double likelihood = 0;          // 0..1: the mean likelihood of what the model wrote, a token
  std::vector<double> signs;      // what the confidence was told from (src/intent/confidence.h)
  double load_ms = 0, total_ms = 0;
};

// Asks the model's task `intent`, under a grammar: whatever the weights are, an answer is of the form above.
class IntentDetector {
 public:
  // Errors: those of Model::load; unsupported (the model was not trained to understand what people type).
  [[nodiscard]] static Result<IntentDetector> load(const std::filesystem::path& model, int threads = 0);
  [[nodiscard]] static Result<IntentDetector> with(const Model& model);

  IntentDetector(IntentDetector&&) noexcept;
  IntentDetector& operator=(IntentDetector&&) noexcept;
  ~IntentDetector();

  // What the utterance states in so many words (colours, counts, what must not be there, audience, sizes, dates,
  // prices) is in the answer, whatever the model made of it. Errors: invalid_argument (an empty or too long utterance,
  // invalid UTF-8).
  [[nodiscard]] Result<Intent> detect(std::string_view utterance) const;

 private:
  struct State;
  explicit IntentDetector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft
