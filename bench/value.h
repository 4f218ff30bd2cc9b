// Benchmarks end at the first error: their edge is an exception.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "updraft/result.h"

namespace updraft::bench {

// What is in the result. Throws std::runtime_error with its message when that is an error.
template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace updraft::bench
