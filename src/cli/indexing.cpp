#include "cli/indexing.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "cli/terminal.h"

namespace updraft::cli {
namespace {

constexpr std::size_t shown = 20;  // of what is wrong; the rest is counted

class Bar {
 public:
  void operator()(const IndexProgress& progress) {
    const int tenth = static_cast<int>(progress.share * 10);
    const bool is_early = progress.seconds < 1 && progress.share < 1;
    if (!on_terminal_ && (tenth == last_tenth_ || is_early)) return;
    last_tenth_ = tenth;
    std::string text = std::to_string(progress.assets) + " assets, " +
                       std::to_string(static_cast<long>(progress.assets_a_second)) + " a second";
    if (progress.share < 1 && progress.seconds_left) text += ", " + duration(*progress.seconds_left) + " left";
    if (on_terminal_) {
      constexpr std::size_t width = 24;
      const auto full = static_cast<std::size_t>(progress.share * width);
      text = "\r\033[K[" + std::string(full, '#') + std::string(width - full, '.') + "] " + text;
      open_ = true;
    } else {
      text += '\n';
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
  // Before another line, and at the end.
  void leave_line() {
    if (open_) std::fputs("\r\033[K", stderr);
    open_ = false;
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool open_ = false;
  int last_tenth_ = -1;
};

}  // namespace

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, 1e8)));
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return (whole >= 3600 ? std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) : std::to_string(whole / 60)) +
         ":" + two(whole % 60);
}

Result<IndexReport> index_aloud(const std::filesystem::path& source, const std::filesystem::path& catalogue,
                                IndexOptions options, bool quiet) {
  Bar bar;
  std::size_t refused = 0, unseen = 0;
  const auto tell = [&](std::size_t& count, const Refusal& refusal, const char* consequence) {
    if (++count > shown) return;
    bar.leave_line();
    const std::string where = refusal.line == 0 ? std::string() : "line " + std::to_string(refusal.line) + ": ";
    const std::string line = "updraft: " + printable(where + refusal.reason) + consequence + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  };
  options.on_refusal = [&](const Refusal& refusal) { tell(refused, refusal, ""); };
  options.on_unseen = [&](const Refusal& refusal) { tell(unseen, refusal, "; it is found by its words alone"); };
  if (!quiet) options.on_progress = [&](const IndexProgress& progress) { bar(progress); };
  auto done = index(source, catalogue, options);
  bar.leave_line();
  if (refused > shown) std::fprintf(stderr, "updraft: and %zu more\n", refused - shown);
  if (unseen > shown) std::fprintf(stderr, "updraft: and %zu more that cannot be seen\n", unseen - shown);
  return done;
}

}  // namespace updraft::cli
