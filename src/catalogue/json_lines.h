// Assets as JSON Lines: one object a line. `id` (or `_id`), `title` (or `name`), `description`, `tags` (or `keywords`;
// an array, or a text with commas), `popularity`, `url` (or `path`, `file`) are the asset's own; every other field is a
// facet, as are the fields of an object `facets`. Texts, numbers and booleans are values; an array is several; null is
// none.
#pragma once

#include <string_view>

#include "catalogue/source.h"
#include "text/lines.h"

namespace updraft::catalogue {

class JsonLines {
 public:
  explicit JsonLines(std::string_view text) : lines_(text) {}  // which must outlive it

  [[nodiscard]] Result<std::optional<Item>> next();
  [[nodiscard]] std::size_t position() const { return lines_.position(); }

 private:
  text::Lines lines_;
};

// One object. Errors: invalid_argument, one line.
[[nodiscard]] Result<Asset> parse_json_asset(std::string_view line);

// "red, green" as two tags; where there is a semicolon or a bar, that separates.
[[nodiscard]] std::vector<std::string> split_tags(std::string_view text);

// What other names a column or key may have: "keywords" is "tags".
[[nodiscard]] std::string_view field_of(std::string_view name);

}  // namespace updraft::catalogue
