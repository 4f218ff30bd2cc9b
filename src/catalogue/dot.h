#pragma once

#include <cstdint>

namespace updraft::catalogue {

// The sum of a[i] * b[i]. n is a multiple of 32, at most 65536.
using Dot = std::int32_t (*)(const std::int8_t* a, const std::int8_t* b, int n);

[[nodiscard]] std::int32_t dot_portable(const std::int8_t* a, const std::int8_t* b, int n);
[[nodiscard]] Dot best_dot();  // that this machine supports

}  // namespace updraft::catalogue
