// --image: the picture that is shown beside what is typed, and how it is told what was seen on it.
#pragma once

#include <optional>
#include <string>

#include "cli/terminal.h"
#include "updraft/picture.h"

namespace CLI {
class App;
}

namespace updraft::cli {

struct PictureArguments {
  std::string image;    // a file; empty: no picture is shown
  std::string encoder;  // image encoder; empty: the one that comes with updraft
  bool no_ocr = false;
};

// --image, --image-encoder and --no-ocr.
void add_picture_options(CLI::App& app, PictureArguments& arguments);

// What is on the picture; nullopt: none is shown. Errors: those of PictureReader; not_found, with what to do, where
// updraft came without an image encoder.
[[nodiscard]] Result<std::optional<Seen>> look(const PictureArguments& arguments, int threads);

// "illustration, 640 x 480 SVG: santa hat 0.82, christmas 0.61; red 32 %, white 20 %; 'Ho ho ho'"
[[nodiscard]] std::string told(const Seen& seen);

// JSON lines of an answer, with "seen" as the first member of each object; as they are without a picture.
[[nodiscard]] std::string with_seen(const std::optional<Seen>& seen, const std::string& lines);

// What somebody who shows a picture and types nothing asks for in a search: the tags that speak for it.
[[nodiscard]] std::string search_text(const Seen& seen);

}  // namespace updraft::cli
