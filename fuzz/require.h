// What a fuzz target holds its subject to.
#pragma once

#include <cstdlib>

#include "updraft/result.h"

namespace updraft {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline void require_one_line(const Error& error) { require(error.message.find('\n') == std::string::npos); }

}  // namespace updraft
