// How well an intent detector understands what people typed, against what the teacher says was meant.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/corpus.h"
#include "encode/text_encoder.h"
#include "eval/calibration.h"
#include "eval/metrics.h"
#include "updraft/intent.h"

namespace updraft::eval {

// Facets found and not found. A facet is right when name and value are (case, order and the words' numbers aside).
struct FacetHits {
  std::size_t right = 0, wrong = 0, missed = 0;

  // The harmonic mean of precision and recall; 1 where there was nothing to find and nothing was found.
  [[nodiscard]] double f1() const;
};

inline constexpr double paraphrase_cosine = 0.8;  // from here on, two intents say the same

struct UnderstandingReport {
  Mean goal, category;  // the likeliest is the teacher's
  Mean equal;           // canonical intents are the same
  Mean paraphrase;      // or their cosine is above paraphrase_cosine
  Mean cosine;
  // The same, where what a second reader meant is right as well: "a bake sale" is food to one and charity to another.
  Mean goal_of_either, category_of_either, paraphrase_of_either;
  std::map<std::string, FacetHits> facets;  // by name; "" holds all
  std::vector<Forecast> confidence;         // that of the answer, and whether it is a paraphrase; meaningless texts too
  std::vector<double> of_meaningless;       // the confidences of texts that mean nothing
  std::vector<double> milliseconds;         // each answer took

  // What a fit needs, a row an utterance of the other half (is_for_fitting).
  std::vector<std::vector<double>> signs;
  std::vector<bool> right;
};

// Half of all utterances are for fitting the confidence, by a hash of their text; it is measured on the other half.
[[nodiscard]] bool is_for_fitting(std::string_view utterance);

// Adds what was understood by an utterance of a record. `second` is what a second reader understood by it; nullptr:
// there was none.
void add(UnderstandingReport& report, const corpus::Record& record, const corpus::Utterance& utterance,
         const Intent& understood, const encode::TextEncoder& encoder, const corpus::Record* second = nullptr);
// A reader's answer in the form of a detector's, so that it can be measured as one. Nothing is known of its confidence.
[[nodiscard]] Intent as_understood(const corpus::Record& read);
// Adds what was "understood" by a text that means nothing.
void add_meaningless(UnderstandingReport& report, std::string_view text, const Intent& understood);

// `second`, if it holds anything, is the second reader measured as the detector is: what can be reached.
[[nodiscard]] std::string to_text(const UnderstandingReport& report, const UnderstandingReport& second = {});
[[nodiscard]] std::string to_json(const UnderstandingReport& report);

}  // namespace updraft::eval
