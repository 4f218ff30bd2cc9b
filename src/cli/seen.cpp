#include "cli/seen.h"

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/model_path.h"

namespace updraft::cli {
namespace {

constexpr std::size_t shown_tags = 5, shown_colours = 3;

std::string percent(double share) { return number(100 * share, 0) + " %"; }

}  // namespace

void add_picture_options(CLI::App& app, PictureArguments& arguments) {
  const auto option = typed_options(app);
  option("-i,--image", arguments.image, "A picture that shows what is wanted: PNG, JPEG, WebP, GIF, BMP, TIFF or SVG",
         "FILE");
  option("--image-encoder", arguments.encoder,
         "What looks at it (UPDRAFT_IMAGE_ENCODER, else the one that comes with updraft)", "FILE");
  app.add_flag("--no-ocr", arguments.no_ocr, "Do not read what is written in the picture, which takes half a second");
}

Result<std::optional<Seen>> look(const PictureArguments& arguments, int threads, const PairFiles& pair) {
  if (arguments.image.empty()) return std::nullopt;
  const std::filesystem::path encoder = image_encoder_path(arguments.encoder);
  if (encoder.empty()) {
    return fail(ErrorCode::not_found, "there is no image encoder; name one with --image-encoder");
  }
  const auto reader =
      PictureReader::load({.image_encoder = encoder, .pair = pair, .threads = threads, .read_text = !arguments.no_ocr});
  if (!reader) return tl::unexpected(reader.error());
  auto seen = reader->read(std::filesystem::path(arguments.image));
  if (!seen) return tl::unexpected(seen.error());
  return std::optional(*std::move(seen));
}

Result<std::optional<Seen>> look_only(PictureArguments arguments, int threads, const PairFiles& pair) {
  arguments.no_ocr = true;
  return look(arguments, threads, pair);
}

std::string told(const Seen& seen) {
  std::string line =
      seen.kind + ", " + std::to_string(seen.width) + " x " + std::to_string(seen.height) + ' ' + seen.format;
  for (std::size_t i = 0; i < std::min(shown_tags, seen.tags.size()); ++i) {
    line += (i == 0 ? ": " : ", ") + seen.tags[i].name + ' ' + number(seen.tags[i].score, 2);
  }
  for (std::size_t i = 0; i < std::min(shown_colours, seen.palette.size()); ++i) {
    line += (i == 0 ? "; " : ", ") + seen.palette[i].name + ' ' + percent(seen.palette[i].share);
  }
  if (!seen.written.empty()) line += "; '" + seen.written + "'";
  return printable(line);
}

std::string seen_line(const std::optional<Seen>& seen, const Terminal& terminal) {
  return seen ? terminal.faint(wrap("seen: " + told(*seen), terminal.width, 0, 2)) + '\n' : "";
}

}  // namespace updraft::cli
