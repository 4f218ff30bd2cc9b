// What an SVG file says about itself: <title> and <desc>, and the Dublin Core metadata that editors write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace updraft::catalogue {

struct SvgMetadata {
  std::string title;
  std::string description;
  std::vector<std::string> tags;  // dc:subject
  std::string creator;
};

// Any bytes: what cannot be read is not there.
[[nodiscard]] SvgMetadata read_svg_metadata(std::string_view svg);

}  // namespace updraft::catalogue
