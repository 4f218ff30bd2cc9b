// GIF by giflib: the first frame, line by line; what comes after it is never looked at.
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "image/job.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

struct Source {
  const Job& job;
  std::size_t at = 0;
};

int read(GifFileType* gif, GifByteType* out, int n) {
  auto& source = *static_cast<Source*>(gif->UserData);
  const std::size_t got = std::min(static_cast<std::size_t>(std::max(n, 0)), source.job.file().size() - source.at);
  std::memcpy(out, source.job.data() + source.at, got);
  source.at += got;
  return static_cast<int>(got);
}

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, Close>;

tl::unexpected<Error> damaged(int code) {
  const char* text = GifErrorString(code);
  return fail(ErrorCode::corrupt, text != nullptr ? text : "it is damaged or ends too early");
}

// Moves to the first frame. Sets the index of the transparent colour, if there is one.
Result<> find_frame(GifFileType& gif, int& transparent) {
  for (;;) {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(&gif, &type) == GIF_ERROR) return damaged(gif.Error);
    if (type == TERMINATE_RECORD_TYPE) return fail(ErrorCode::corrupt, "it has no frame");
    if (type == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(&gif) == GIF_ERROR) return damaged(gif.Error);
      return {};
    }
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(&gif, &code, &block) == GIF_ERROR) return damaged(gif.Error);
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr &&
        DGifExtensionToGCB(block[0], block + 1, &control) != GIF_ERROR) {
      transparent = control.TransparentColor;
    }
    while (block != nullptr) {
      if (DGifGetExtensionNext(&gif, &block) == GIF_ERROR) return damaged(gif.Error);
    }
  }
}

// The lines' order in an interlaced file.
std::vector<int> interlaced_lines(int height) {
  std::vector<int> lines;
  for (const auto& [first, step] : {std::pair(0, 8), {4, 8}, {2, 4}, {1, 2}}) {
    for (int y = first; y < height; y += step) lines.push_back(y);
  }
  return lines;
}

}  // namespace

Result<Decoded> decode_gif(const Job& job) {
  Source source{.job = job};
  int error = 0;
  const Gif gif(DGifOpen(&source, read, &error));
  if (gif == nullptr) return damaged(error);
  int transparent = NO_TRANSPARENT_COLOR;
  if (const auto found = find_frame(*gif, transparent); !found) return tl::unexpected(found.error());

  const GifImageDesc& frame = gif->Image;
  const bool interlaced = frame.Interlace;
  const auto width = static_cast<std::size_t>(std::max(frame.Width, 0)),
             height = static_cast<std::size_t>(std::max(frame.Height, 0));
  if (const auto ok = job.check_size(width, height, interlaced ? width * height : width); !ok)
    return tl::unexpected(ok.error());
  const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
  if (map == nullptr) return fail(ErrorCode::corrupt, "it has no colours");
  std::array<std::array<std::uint8_t, 4>, 256> colours{};  // an index beyond the map is black
  for (std::size_t i = 0; i < colours.size(); ++i) colours[i][3] = static_cast<int>(i) == transparent ? 0 : 255;
  for (int i = 0; i < std::min(map->ColorCount, 256); ++i) {
    const GifColorType& colour = map->Colors[i];
    std::copy_n(std::array{colour.Red, colour.Green, colour.Blue}.begin(), 3,
                colours[static_cast<std::size_t>(i)].begin());
  }

  Reducer reducer(frame.Width, frame.Height, job.factor(frame.Width, frame.Height));
  std::vector<std::uint8_t> indices(interlaced ? width * height : width), rgba(4 * width);
  const auto add = [&](const std::uint8_t* line) {
    for (std::size_t x = 0; x < width; ++x) std::copy_n(colours[line[x]].begin(), 4, rgba.data() + 4 * x);
    reducer.add_rgba(rgba.data());
  };
  const auto get = [&](std::uint8_t* line) -> Result<> {
    if (job.is_late()) return job.late();
    if (DGifGetLine(gif.get(), line, frame.Width) == GIF_ERROR) return damaged(gif->Error);
    return {};
  };
  if (interlaced) {
    for (const int y : interlaced_lines(frame.Height)) {
      if (auto got = get(indices.data() + width * static_cast<std::size_t>(y)); !got)
        return tl::unexpected(got.error());
    }
    for (std::size_t y = 0; y < height; ++y) add(indices.data() + width * y);
  } else {
    for (std::size_t y = 0; y < height; ++y) {
      if (auto got = get(indices.data()); !got) return tl::unexpected(got.error());
      add(indices.data());
    }
  }
  return Decoded{.picture = reducer.take()};
}

}  // namespace updraft::image
