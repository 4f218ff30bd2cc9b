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
[[nodiscard]] Result<std::optional<Seen>> look(const PictureArguments& arguments, int threads,
                                               const PairFiles& pair = {});
// The same for a catalogue, which goes by what is seen: nothing that is written is read.
[[nodiscard]] Result<std::optional<Seen>> look_only(PictureArguments arguments, int threads, const PairFiles& pair);

// "illustration, 640 x 480 SVG: santa hat 0.82, christmas 0.61; red 32 %, white 20 %; 'Ho ho ho'"
[[nodiscard]] std::string told(const Seen& seen);

// The same as the line that an answer begins with: "seen: ..."; empty where no picture is shown.
[[nodiscard]] std::string seen_line(const std::optional<Seen>& seen, const Terminal& terminal);

}  // namespace updraft::cli
