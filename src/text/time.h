// Times as texts, in the form of RFC 3339.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace updraft::text {

// The seconds since the beginning of 1970 of "2025-11-26T10:00:00Z", with or without a fraction; an offset such as
// "+02:00" in the place of the Z; nullopt: it is no such time.
[[nodiscard]] std::optional<double> parse_time(std::string_view text);

// "2025-11-26T10:00:00.000Z", of milliseconds since the beginning of 1970; years 0 to 9999.
[[nodiscard]] std::string to_time(std::int64_t milliseconds);

}  // namespace updraft::text
