// What a person wants, as the model writes it under the task `intent`:
//
//     template retail holiday sale flyer; format flyer; occasion christmas; colors red, green
//
// the goal, the category's first word, the canonical intent, then the facets that were stated. Every word of the frame
// is one token of the model or two, so that an answer costs little more than the intent itself.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/corpus.h"
#include "updraft/result.h"

namespace updraft::intent {

struct Understanding {
  std::string goal;      // one of corpus::goals
  std::string category;  // one of corpus::categories
  std::string intent;
  std::vector<corpus::Facet> facets;  // in the order of corpus::facets, each key once at most
};

// The words that stand for corpus::categories, in their order: the first of each.
[[nodiscard]] std::span<const std::string_view> category_words();

// What the teacher understood by an utterance of a record.
[[nodiscard]] Understanding understanding_of(const corpus::Record& record, const corpus::Utterance& utterance);

// Semicolons and line breaks inside the parts become commas and spaces.
[[nodiscard]] std::string to_text(const Understanding& understanding);

// Errors: corrupt, when it is not of the form above (an unknown goal, category or facet, an empty part).
[[nodiscard]] Result<Understanding> parse(std::string_view text);

}  // namespace updraft::intent
