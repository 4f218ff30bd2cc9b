// Any bytes as events: each line is refused in one line, or is an event that can be written, read again and judged.
#include <cmath>
#include <cstdint>

#include "feedback/event_json.h"
#include "feedback/returns.h"
#include "require.h"

using namespace updraft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  feedback::Tally tally;
  std::size_t last = 0;
  const auto done = feedback::read_events(
      text,
      [&](FeedbackEvent event) -> Result<> {
        require(check(event).has_value());
        const std::string line = feedback::to_json(event).dump();
        const auto again = feedback::parse_event(line);
        require(again.has_value() && feedback::to_json(*again).dump() == line);
        tally.add(event);
        return {};
      },
      [&](std::size_t line, const std::string& reason) {
        require(line > last && reason.find('\n') == std::string::npos);
        last = line;
      });
  require(done.has_value());
  for (const feedback::JudgedPrompt& prompt : tally.judge({.min_showings = 1, .min_looks = 0}).prompts) {
    require(prompt.ret >= 0 && prompt.ret <= 9 && std::isfinite(prompt.value));
    require(!feedback::to_line(prompt).empty());
  }
  return 0;
}
