// TIFF by libtiff, a band of strips or tiles at a time.
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "image/job.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

// A JPEG stream may pass over its pixels a hundred times, with nobody to look at the clock.
constexpr std::uint64_t max_jpeg_pixels = 2'000'000;

// libtiff's view of a file in memory, and what it says.
struct Source {
  const Job& job;
  std::uint64_t at = 0;
  std::string message;
};

Source& source_of(thandle_t handle) { return *static_cast<Source*>(handle); }

tmsize_t read(thandle_t handle, void* out, tmsize_t n) {
  Source& source = source_of(handle);
  const std::uint64_t size = source.job.file().size();
  const std::uint64_t got = source.at < size && n > 0 ? std::min<std::uint64_t>(n, size - source.at) : 0;
  if (got > 0) std::memcpy(out, source.job.data() + source.at, got);
  source.at += got;
  return static_cast<tmsize_t>(got);
}

tmsize_t write(thandle_t /*handle*/, void* /*in*/, tmsize_t /*n*/) { return -1; }

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  Source& source = source_of(handle);
  const std::uint64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source.at : source.job.file().size();
  return source.at = from + offset;
}

int close(thandle_t /*handle*/) { return 0; }

// The file is in memory already. (Without this, libtiff 4.5 takes uncompressed tiles for damaged.)
int map(thandle_t handle, void** base, toff_t* n) {
  const std::span<const std::byte> file = source_of(handle).job.file();
  *base = const_cast<std::byte*>(file.data());  // opened for reading
  *n = file.size();
  return 1;
}

void unmap(thandle_t /*handle*/, void* /*base*/, toff_t /*n*/) {}

toff_t size(thandle_t handle) { return source_of(handle).job.file().size(); }

int on_error(TIFF* /*tiff*/, void* user, const char* /*module*/, const char* format, va_list arguments) {
  auto& source = *static_cast<Source*>(user);
  std::array<char, 256> text{};
  if (source.message.empty() && std::vsnprintf(text.data(), text.size(), format, arguments) > 0) {
    source.message = text.data();
  }
  return 1;  // said; nothing goes to standard error
}

int on_warning(TIFF* /*tiff*/, void* /*user*/, const char* /*module*/, const char* /*format*/, va_list /*arguments*/) {
  return 1;
}

using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Tiff open(Source& source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 TIFFOpenOptionsFree);
  if (options == nullptr) return {nullptr, TIFFClose};
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(source.job.limits().memory_bytes));
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, &source);
  return {TIFFClientOpenExt("picture", "r", &source, read, write, seek, close, size, map, unmap, options.get()),
          TIFFClose};
}

bool is_known(std::uint32_t compression) {
  constexpr std::array known = {COMPRESSION_NONE,          COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3,
                                COMPRESSION_CCITTFAX4,     COMPRESSION_LZW,      COMPRESSION_PACKBITS,
                                COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,  COMPRESSION_JPEG};
  return std::find(known.begin(), known.end(), static_cast<int>(compression)) != known.end();
}

struct EndImage {
  void operator()(TIFFRGBAImage* image) const { TIFFRGBAImageEnd(image); }
};

}  // namespace

Result<Decoded> decode_tiff(const Job& job) {
  Source source{.job = job, .at = 0, .message = {}};
  const auto failure = [&] {
    return fail(ErrorCode::corrupt, source.message.empty() ? "it is damaged or ends too early" : source.message);
  };
  const Tiff tiff = open(source);
  if (tiff == nullptr) return failure();

  std::uint32_t width = 0, height = 0, tile_width = 0, band = 0;
  std::uint16_t compression = 0, bits = 0, samples = 0, orientation = 1;
  if (TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width) == 0 ||
      TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height) == 0) {
    return fail(ErrorCode::corrupt, "it does not tell its size");
  }
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);
  if (const auto ok = job.check_size(width, height, 0); !ok) return tl::unexpected(ok.error());
  if (!is_known(compression)) {
    return fail(ErrorCode::unsupported, "its compression " + std::to_string(compression) + " is not read here");
  }

  // A band is a row of tiles or one strip: libtiff decodes such a piece as a whole.
  std::uint64_t piece_width = width;
  if (TIFFIsTiled(tiff.get()) != 0) {
    if (TIFFGetField(tiff.get(), TIFFTAG_TILEWIDTH, &tile_width) == 0 ||
        TIFFGetField(tiff.get(), TIFFTAG_TILELENGTH, &band) == 0 || tile_width == 0) {
      return fail(ErrorCode::corrupt, "it does not tell its tiles' size");
    }
    piece_width = tile_width;
  } else {
    TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ROWSPERSTRIP, &band);
    band = std::min(band, height);
  }
  if (band == 0) return fail(ErrorCode::corrupt, "its strips have no rows");
  const std::uint64_t piece_pixels = piece_width * band;
  const std::uint64_t pixel_bytes = (static_cast<std::uint64_t>(bits) * samples + 7) / 8;
  const std::uint32_t rows_at_once = std::min(band, height);
  if (piece_width > (1U << 20U) || band > (1U << 20U))
    return fail(ErrorCode::corrupt, "its tiles are larger than any picture");
  if (const auto ok = job.check_size(width, height, piece_pixels * pixel_bytes + 4ULL * width * rows_at_once); !ok) {
    return tl::unexpected(ok.error());
  }
  if (compression == COMPRESSION_JPEG && piece_pixels > max_jpeg_pixels) {
    return fail(ErrorCode::unsupported, "its JPEG strips are larger than 2 million pixels");
  }

  TIFFRGBAImage image{};
  std::array<char, 1024> text{};
  if (TIFFRGBAImageBegin(&image, tiff.get(), 1, text.data()) == 0) return fail(ErrorCode::unsupported, text.data());
  const std::unique_ptr<TIFFRGBAImage, EndImage> end(&image);
  // Rows in the file's order: they are turned later, with those of the other formats.
  image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
  image.col_offset = 0;

  const int w = static_cast<int>(width), h = static_cast<int>(height);
  Reducer reducer(w, h, job.factor(w, h));
  std::vector<std::uint32_t> raster(static_cast<std::size_t>(width) * rows_at_once);
  std::vector<std::uint8_t> rgba(4 * static_cast<std::size_t>(width));
  for (std::uint32_t y = 0; y < height; y += band) {
    if (job.is_late()) return job.late();
    const std::uint32_t n = std::min(band, height - y);
    image.row_offset = static_cast<int>(y);
    source.message.clear();
    if (TIFFRGBAImageGet(&image, raster.data(), width, n) == 0 || !source.message.empty()) return failure();
    for (std::uint32_t row = 0; row < n; ++row) {
      const std::uint32_t* in = raster.data() + static_cast<std::size_t>(row) * width;
      for (std::size_t x = 0; x < width; ++x) {
        rgba[4 * x] = static_cast<std::uint8_t>(TIFFGetR(in[x]));
        rgba[4 * x + 1] = static_cast<std::uint8_t>(TIFFGetG(in[x]));
        rgba[4 * x + 2] = static_cast<std::uint8_t>(TIFFGetB(in[x]));
        rgba[4 * x + 3] = static_cast<std::uint8_t>(TIFFGetA(in[x]));
      }
      reducer.add_premultiplied(rgba.data());
    }
  }
  return Decoded{.picture = reducer.take(), .orientation = orientation};
}

}  // namespace updraft::image
