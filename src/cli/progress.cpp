#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace updraft::cli {

Progress::Progress(std::string what, std::string things)
    : what_(std::move(what)), things_(std::move(things)), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::operator()(std::size_t done, std::size_t had, std::size_t all) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double each = done > had ? seconds / static_cast<double>(done - had) : 0;
  const auto left = static_cast<long>(each * static_cast<double>(all - done));
  const std::size_t tenth = done * 10 / all;
  if (!on_terminal_ && tenth == last_tenth_) return;
  last_tenth_ = tenth;
  std::fprintf(stderr, "%s%s: %zu of %zu %s, %ld:%02ld:%02ld left%s", on_terminal_ ? "\r\033[K" : "", what_.c_str(),
               done, all, things_.c_str(), left / 3600, left / 60 % 60, left % 60,
               on_terminal_ && done < all ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace updraft::cli
