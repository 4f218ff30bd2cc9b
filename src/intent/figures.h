// What a text says in figures: sizes and formats, dates and times, prices. The corpus has no facet for them; where they
// are stated, they are told as they were typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace updraft::intent {

// In the order of the text, each once.
struct Figures {
  std::vector<std::string> sizes;   // "1080x1080", "8.5 x 11 in", "16:9", "A4 landscape"
  std::vector<std::string> dates;   // "3rd of May", "dec 24", "24.12.", "2026-05-01", "6-8pm", "19:30"
  std::vector<std::string> prices;  // "$5", "15 eur", "25€", "50% off"
};

[[nodiscard]] Figures figures_of(std::string_view text);

// Nothing but figures: "15 eur" is nobody's audience.
[[nodiscard]] bool is_figure(std::string_view text);

}  // namespace updraft::intent
