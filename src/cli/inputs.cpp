#include "cli/inputs.h"

#include "cli/lines.h"
#include "cli/outcome.h"
#include "cli/terminal.h"
#include "text/utf8.h"

namespace updraft::cli {
namespace {

constexpr std::string_view from_stdin = "-";

Error too_long(const InputRules& rules) {
  return {ErrorCode::invalid_argument,
          "the " + rules.what + " is longer than " + std::to_string(rules.max_bytes) + " bytes; say it in a sentence"};
}

Result<> check_input(std::string_view input, const InputRules& rules) {
  if (input.size() > rules.max_bytes) return tl::unexpected(too_long(rules));
  if (!text::is_valid_utf8(input))
    return fail(ErrorCode::invalid_argument, "the " + rules.what + " is not valid UTF-8");
  if (printable(input).find_first_not_of(' ') == std::string::npos)
    return fail(ErrorCode::invalid_argument, "the " + rules.what + " is empty; " + rules.when_empty);
  return {};
}

}  // namespace

Result<> check_inputs(std::string_view typed, const InputRules& rules) {
  return typed == from_stdin ? Result<>() : check_input(typed, rules);
}

int answer_inputs(const std::string& typed, const InputRules& rules,
                  const std::function<Result<>(std::string_view input, bool first)>& answer) {
  if (typed != from_stdin) return finish(answer(typed, true));
  LineReader reader(stdin, rules.max_bytes);
  int code = success;
  bool first = true;
  for (std::size_t number = 1;; ++number) {
    const auto line = reader.next();
    if (!line) return report(line.error());
    if (!line->has_value()) return code;
    Result<> done = (*line)->too_long ? tl::unexpected(too_long(rules)) : check_input((*line)->text, rules);
    if (done) {
      done = answer((*line)->text, first);
      first = false;
    }
    if (done) continue;
    if (done.error().code != ErrorCode::invalid_argument) return report(done.error());
    code = report({done.error().code, "line " + std::to_string(number) + ": " + done.error().message});
  }
}

}  // namespace updraft::cli
