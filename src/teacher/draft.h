// From what the teacher said to a record of the corpus.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/check.h"
#include "corpus/corpus.h"
#include "updraft/result.h"

namespace updraft::teacher {

// The JSON object inside an answer, whatever stands around it: a fence, a preface, thoughts. Errors: corrupt.
[[nodiscard]] Result<std::string> find_object(std::string_view answer);

struct Draft {
  std::string line;                       // the record as JSON on one line, members in the corpus's order
  corpus::Record record;                  // the same, read
  std::vector<corpus::Finding> findings;  // empty: keeps all rules, and has as many prompts as were asked for
};

// Reads an answer. What needs no judgement is put right at once: spaces, quotation marks, a full stop at the end, empty
// facets, a prompt that stands there twice. The intent is ours, and so is the category when it is not empty. Errors:
// corrupt (no JSON object).
[[nodiscard]] Result<Draft> read_draft(std::string_view answer, std::string_view intent, std::string_view category);

// The draft without the utterances, facets and prompts that findings are about. It keeps the corpus's rules, though it
// may have fewer prompts than were asked for. Errors: corrupt (too little is left, or something else is wrong).
[[nodiscard]] Result<Draft> without(const Draft& draft, std::span<const corpus::Finding> findings);

}  // namespace updraft::teacher
