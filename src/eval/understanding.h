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
#include "reward/lexicon.h"
#include "updraft/intent.h"

namespace updraft::eval {

// Facets found and not found. A facet is right when name and value are (case, order and the words' numbers aside).
struct FacetHits {
  std::size_t right = 0, wrong = 0, missed = 0;

  // The harmonic mean of precision and recall; 1 where there was nothing to find and nothing was found.
  [[nodiscard]] double f1() const;
  FacetHits& operator+=(const FacetHits& other);
};

inline constexpr double paraphrase_cosine = 0.8;  // from here on, two intents say the same

// What was understood of utterances of one kind (kinds.h).
struct KindFigures {
  Mean goal, category, paraphrase;
  FacetHits facets;
};

struct UnderstandingReport {
  Mean goal, category;  // the likeliest is the teacher's
  Mean equal;           // canonical intents are the same
  Mean paraphrase;      // or their cosine is above paraphrase_cosine
  Mean cosine;
  // The same, where what a second reader meant is right as well: "a bake sale" is food to one and charity to another.
  Mean goal_of_either, category_of_either, paraphrase_of_either;
  std::map<std::string, FacetHits> facets;   // by name; "" holds all
  std::map<std::string, KindFigures> kinds;  // an utterance may be of several
  std::vector<Forecast> confidence;  // that of the answer, and whether it is a paraphrase; meaningless texts too
  std::vector<double> of_meaningful, of_meaningless;  // the same confidences, of utterances and of what means nothing
  std::vector<double> of_queries;                     // of short texts that mean something, as a search box gets them
  std::vector<double> milliseconds;                   // each answer took

  // What a fit needs, of the other half (is_for_fitting): a row an utterance; a row a text that means nothing; a row a
  // query.
  std::vector<std::vector<double>> signs, signs_of_meaningless, signs_of_queries;
  std::vector<bool> right;  // of the utterances
};

// Half of all utterances are for fitting the confidence, by a hash of their text; it is measured on the other half.
[[nodiscard]] bool is_for_fitting(std::string_view utterance);

// Adds what was understood by an utterance of a record. `second` is what a second reader understood by it; nullptr:
// there was none. `lexicon` tells typos; nullptr: nothing is one.
void add(UnderstandingReport& report, const corpus::Record& record, const corpus::Utterance& utterance,
         const Intent& understood, const encode::TextEncoder& encoder, const corpus::Record* second = nullptr,
         const reward::Lexicon* lexicon = nullptr);
// A reader's answer in the form of a detector's, so that it can be measured as one. Nothing is known of its confidence.
[[nodiscard]] Intent as_understood(const corpus::Record& read);
// Adds what was "understood" by a text that means nothing.
void add_meaningless(UnderstandingReport& report, std::string_view text, const Intent& understood);

// Adds what was understood by a short text that means just what it says: an intent of the corpus.
void add_query(UnderstandingReport& report, std::string_view text, const Intent& understood);

// `second`, if it holds anything, is the second reader measured as the detector is: what can be reached.
[[nodiscard]] std::string to_text(const UnderstandingReport& report, const UnderstandingReport& second = {});
// A table of the kinds of utterances, in Markdown.
[[nodiscard]] std::string kinds_table(const UnderstandingReport& report);
[[nodiscard]] std::string to_json(const UnderstandingReport& report);

}  // namespace updraft::eval
