// Memory of processes, as Linux tells it in /proc. Where it tells nothing, all of this is 0 or nothing.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace updraft::eval {

struct Memory {
  double resident_mb = 0;  // now
  double peak_mb = 0;      // at most, since the process began
};

[[nodiscard]] Memory own_memory();
[[nodiscard]] Memory memory_of(pid_t process);
// From now on own_memory() tells the peak since now.
void forget_own_peak();

// The process on this machine that serves a URL such as http://127.0.0.1:8080/v1, where we may see it.
[[nodiscard]] std::optional<pid_t> server_behind(std::string_view url);

}  // namespace updraft::eval
