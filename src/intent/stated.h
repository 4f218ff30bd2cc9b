// What an utterance states in so many words (colours, counts, what must not be there, audience, sizes, dates, prices),
// read by rules: it survives whatever the model makes of the rest.
#pragma once

#include <string>
#include <string_view>

#include "updraft/intent.h"

namespace updraft::intent {

// Puts what the utterance states, and the intent leaves out, where it belongs: facets (colors, count, without,
// audience, size, date, price) are added to, and the canonical intent gets all but the last three at its end: "sofa"
// becomes "sofa, blue, no people".
void keep_stated(std::string_view utterance, Intent& intent);

}  // namespace updraft::intent
