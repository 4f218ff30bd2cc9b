#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace updraft::text {

// RFC 4648, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
// nullopt: it is none (another alphabet, white space, a wrong length or padding).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace updraft::text
