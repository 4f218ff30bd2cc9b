#include "text/typed.h"

#include "text/utf8.h"

namespace updraft::text {

Result<> check_typed(const std::string& what, std::string_view typed, std::size_t max_bytes) {
  const auto wrong = [&](const std::string& how) {
    return fail(ErrorCode::invalid_argument, "the " + what + " is " + how);
  };
  if (typed.find_first_not_of(" \t\r\n") == std::string_view::npos) return wrong("empty");
  if (typed.size() > max_bytes) return wrong("longer than " + std::to_string(max_bytes) + " bytes");
  if (!is_valid_utf8(typed)) return wrong("not valid UTF-8");
  return {};
}

}  // namespace updraft::text
