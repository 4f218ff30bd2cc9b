// JSON for programs, one line a value.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace updraft::cli {

// Printable ASCII and UTF-8 only: whatever could steer a terminal is escaped, invalid bytes become U+FFFD.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& value);

// To three decimals.
[[nodiscard]] double rounded(double value);

}  // namespace updraft::cli
