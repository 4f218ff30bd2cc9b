// What a person wants, from what they typed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft {

inline constexpr std::size_t max_utterance_bytes = 4096;

struct Share {
  std::string name;
  double probability = 0;
};

struct Facet {
  std::string name;  // format, occasion, subject, style, mood, colors or audience
  std::string value;
};

struct Intent {
  std::string text;               // the canonical intent
  std::vector<Share> goals;       // all of them, the likeliest first; their probabilities sum to 1
  std::vector<Share> categories;  // likewise
  std::vector<Facet> facets;      // those that were stated
  double likelihood = 0;          // 0..1: the mean likelihood of what was written, a token
  double load_ms = 0, total_ms = 0;
};

// Asks the model's task `intent`, under a grammar: whatever the weights are, an answer is of the form above.
class IntentDetector {
 public:
  // Errors: as Suggester::load. threads = 0: all cores.
  [[nodiscard]] static Result<IntentDetector> load(const std::filesystem::path& model, int threads = 0);

  IntentDetector(IntentDetector&&) noexcept;
  IntentDetector& operator=(IntentDetector&&) noexcept;
  ~IntentDetector();

  // Errors: invalid_argument (an empty or too long utterance, invalid UTF-8).
  [[nodiscard]] Result<Intent> detect(std::string_view utterance) const;

 private:
  struct State;
  explicit IntentDetector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft
