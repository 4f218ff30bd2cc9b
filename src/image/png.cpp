// PNG by libpng, row by row.
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <utility>

#include "image/job.h"
#include "image/orientation.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

// All that a jump out of libpng must leave intact; the functions that it jumps over hold nothing else.
struct Reading {
  const Job& job;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::size_t at = 0;
  std::string message;
  std::vector<std::uint8_t> pixels;  // a row; of an interlaced picture, all
  std::vector<png_bytep> rows;
  std::optional<Reducer> reducer;

  explicit Reading(const Job& j) : job(j) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  static_cast<Reading*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

void read(png_structp png, png_bytep out, std::size_t n) {
  auto& reading = *static_cast<Reading*>(png_get_io_ptr(png));
  if (n > reading.job.file().size() - reading.at) png_error(png, "it ends too early");
  std::memcpy(out, reading.job.data() + reading.at, n);
  reading.at += n;
}

void on_row(png_structp png, png_uint_32 /*row*/, int /*pass*/) {
  auto& reading = *static_cast<Reading*>(png_get_error_ptr(png));
  if (!reading.job.is_late()) return;
  reading.message = reading.job.late_message();
  png_longjmp(png, 1);
}

// False: libpng gave up, and `message` says why.
bool read_header(Reading& reading) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_set_user_limits(reading.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_size has a clearer message
  png_set_chunk_malloc_max(reading.png, 8U << 20U);
  png_set_chunk_cache_max(reading.png, 64);
  png_set_read_fn(reading.png, &reading, read);
  png_read_info(reading.png, reading.info);
  return true;
}

bool read_rows(Reading& reading, std::uint32_t height) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  if (reading.rows.empty()) {
    for (std::uint32_t y = 0; y < height; ++y) {
      png_read_row(reading.png, reading.pixels.data(), nullptr);
      reading.reducer->add_rgba(reading.pixels.data());
    }
  } else {
    png_read_image(reading.png, reading.rows.data());
    for (const std::uint8_t* row : reading.rows) reading.reducer->add_rgba(row);
  }
  return true;
}

// To RGBA, 8 bits each. Returns the number of passes over the picture.
bool set_transformations(Reading& reading, int& n_passes) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_set_expand(reading.png);
  png_set_scale_16(reading.png);
  png_set_gray_to_rgb(reading.png);
  png_set_add_alpha(reading.png, 255, PNG_FILLER_AFTER);
  n_passes = png_set_interlace_handling(reading.png);
  png_read_update_info(reading.png, reading.info);
  return true;
}

}  // namespace

Result<Decoded> decode_png(const Job& job) {
  Reading reading(job);
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
  if (reading.png != nullptr) reading.info = png_create_info_struct(reading.png);
  if (reading.info == nullptr) return fail(ErrorCode::io, "out of memory");
  png_set_read_status_fn(reading.png, on_row);
  const auto failure = [&] { return fail(job.is_late() ? ErrorCode::cancelled : ErrorCode::corrupt, reading.message); };

  if (!read_header(reading)) return failure();
  const std::uint32_t width = png_get_image_width(reading.png, reading.info);
  const std::uint32_t height = png_get_image_height(reading.png, reading.info);
  const bool interlaced = png_get_interlace_type(reading.png, reading.info) != PNG_INTERLACE_NONE;
  const std::uint64_t row_bytes = 4 * static_cast<std::uint64_t>(width);
  if (const auto ok = job.check_size(width, height, row_bytes * (interlaced ? height : 1)); !ok) {
    return tl::unexpected(ok.error());
  }

  int n_passes = 1;
  if (!set_transformations(reading, n_passes)) return failure();
  if (png_get_rowbytes(reading.png, reading.info) != row_bytes) return fail(ErrorCode::unsupported, "unknown pixels");
  reading.pixels.resize(row_bytes * (n_passes > 1 ? height : 1));
  if (n_passes > 1) {
    for (std::uint32_t y = 0; y < height; ++y) reading.rows.push_back(reading.pixels.data() + row_bytes * y);
  }
  const auto w = static_cast<int>(width), h = static_cast<int>(height);
  reading.reducer.emplace(w, h, job.factor(w, h));
  if (!read_rows(reading, height)) return failure();

  Decoded decoded{.picture = reading.reducer->take()};
  png_uint_32 n_exif = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(reading.png, reading.info, &n_exif, &exif) != 0) {
    decoded.orientation = read_orientation(std::as_bytes(std::span(exif, n_exif)));
  }
  return decoded;
}

}  // namespace updraft::image
