// Any bytes as what a catalogue reads: JSON Lines, CSV, events, and its index of meaning. Each is refused
// in one line, or used.
#include <cmath>
#include <cstdint>
#include <string>

#include "catalogue/asset.h"
#include "catalogue/csv.h"
#include "catalogue/events.h"
#include "catalogue/json_lines.h"
#include "catalogue/vectors.h"
#include "catalogue/words.h"
#include "require.h"

using namespace updraft;

namespace {

template <class Reader>
void read_all(Reader reader, std::size_t size) {
  std::size_t line = 0;
  while (true) {
    const auto item = reader.next();
    require(item.has_value());
    if (!*item) break;
    require((**item).line > line && (**item).line <= size + 1);
    line = (**item).line;
    if ((**item).wrong.empty()) {
      require(catalogue::check((**item).asset).has_value());
      (void)catalogue::fingerprint((**item).asset);
      (void)catalogue::words_of(catalogue::meaning_text((**item).asset));
    } else {
      require((**item).wrong.find('\n') == std::string::npos);
    }
  }
  require(reader.position() == size);
}

void read_events(std::string_view text) {
  const auto events = catalogue::parse_events(
      text, [](const Refusal& refusal) { require(refusal.reason.find('\n') == std::string::npos); });
  if (!events) return;
  for (const Event& event : *events) require(!event.asset.empty() && std::isfinite(event.time));
}

void search(std::span<const std::byte> bytes) {
  auto vectors = catalogue::Vectors::parse(bytes);
  if (!vectors) return;
  const std::vector<float> point(static_cast<std::size_t>(vectors->dimension()), 1);
  require(vectors->nearest(point, 10).size() <= vectors->size());
  require(vectors->nearest_exact(point, 10).size() <= vectors->size());
  (void)vectors->add(catalogue::Row{1} << 48, point);
  (void)vectors->nearest(point, 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_all(catalogue::JsonLines(text), size);
  if (auto csv = catalogue::Csv::open(text)) read_all(std::move(*csv), size);
  read_events(text);
  search(std::as_bytes(std::span(data, size)));
  return 0;
}
