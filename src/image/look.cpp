// updraft-look FILE...: what this folder makes of pictures, for trying it.
#include <chrono>
#include <cstdio>
#include <string>

#include "files/mapping.h"
#include "image/decode.h"
#include "image/describe.h"
#include "image/ocr.h"

using namespace updraft;

namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Result<> look(const char* path) {
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto start = std::chrono::steady_clock::now();
  const auto picture = image::decode(file->bytes());
  if (!picture) return tl::unexpected(picture.error());
  const double decode_ms = milliseconds_since(start);
  const image::Description d = image::describe(*picture);
  const double all_ms = milliseconds_since(start);
  std::printf("%s: %s, %d x %d, %s, %s (%.0f %%); read in %.0f ms, described in %.0f ms\n", path,
              std::string(name(picture->format)).c_str(), picture->source_width, picture->source_height,
              std::string(name(d.aspect)).c_str(), std::string(name(d.kind)).c_str(),
              100 * d.kind_probabilities[static_cast<std::size_t>(d.kind)], decode_ms, all_ms - decode_ms);
  for (const image::NamedColour& colour : d.palette) {
    std::printf("  %s %.0f %%", std::string(colour.name).c_str(), 100 * colour.share);
  }
  const auto large = image::decode(file->bytes(), {.side = 2000});
  if (!large) return tl::unexpected(large.error());
  const auto written = image::read_text(*large);
  if (!written) return tl::unexpected(written.error());
  std::printf("\n  \"%s\" (%.0f %%)\n", written->text.c_str(), 100 * written->confidence);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    if (const auto looked = look(argv[i]); !looked) {
      std::fprintf(stderr, "%s: %s\n", argv[i], looked.error().message.c_str());
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}
