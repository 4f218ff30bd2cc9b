#include "suggest/options.h"

#include <string>

namespace updraft::suggest {

Result<> check(const SuggestOptions& o) {
  const auto wrong = [](const std::string& what) { return fail(ErrorCode::invalid_argument, what); };
  if (o.n < 1 || o.n > max_suggestions) return wrong("n is 1 to " + std::to_string(max_suggestions));
  if (o.candidates < 1 || o.candidates > max_candidates)
    return wrong("candidates are 1 to " + std::to_string(max_candidates));
  if (o.ret < 0 || o.ret > 9) return wrong("return is 0 to 9");
  if (o.words && (o.words->min < 1 || o.words->max > max_words || o.words->min > o.words->max)) {
    return wrong("words are 1 to " + std::to_string(max_words) + ", the smaller number first");
  }
  if (!(temperature_of(o) >= 0 && temperature_of(o) <= 2)) return wrong("temperature is 0 to 2");
  if (!(o.top_p > 0 && o.top_p <= 1)) return wrong("top-p is above 0 and at most 1");
  if (!(o.min_p >= 0 && o.min_p < 1)) return wrong("min-p is 0 to below 1");
  return {};
}

}  // namespace updraft::suggest
