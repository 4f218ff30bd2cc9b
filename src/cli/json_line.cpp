#include "cli/json_line.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

namespace updraft::cli {
namespace {

// DEL and U+0080..U+009F are valid in JSON strings as they are, but steer terminals.
std::string escape_controls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : 0);
    std::array<char, 8> escape{};
    if (byte == 0x7F) {
      out += "\\u007f";
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
      std::snprintf(escape.data(), escape.size(), "\\u%04x", next);
      out += escape.data();
      ++i;
    } else {
      out += json[i];
    }
  }
  return out;
}

}  // namespace

std::string json_line(const nlohmann::ordered_json& value) {
  return escape_controls(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + '\n';
}

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

}  // namespace updraft::cli
