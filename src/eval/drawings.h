// What vision is learnt from: a folder of drawings that say what they are (openclipart), in parts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "updraft/result.h"

namespace updraft::eval {

enum class Part { train, dev, held_out };

struct Drawing {
  std::string id = {};  // the path below the folder
  std::filesystem::path path = {};
  std::string title = {};  // its own; the file's name where more than ten drawings share the title of a collection
  std::vector<std::string> tags = {};  // lower case, without those that say nothing of a picture ("clip art", "svg")

  // By a hash of the title without its digits, so that variants of one drawing stay together: 5 % dev, 10 % held out.
  [[nodiscard]] Part part() const;
};

// Those that have a title or tags, in an order that tells nothing. Errors: as catalogue::open_source.
[[nodiscard]] Result<std::vector<Drawing>> read_drawings(const std::filesystem::path& folder);

}  // namespace updraft::eval
