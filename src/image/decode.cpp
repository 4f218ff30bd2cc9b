#include "image/decode.h"

#include <algorithm>
#include <ctime>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "image/job.h"
#include "image/orientation.h"
#include "image/svg.h"

namespace updraft::image {
namespace {

constexpr std::uint64_t max_side = 65'535;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Kinds of files that people take for such pictures, so that the error can name them.
std::string_view known_stranger(std::string_view file) {
  using namespace std::string_view_literals;
  if (file.size() >= 12 && file.substr(4, 4) == "ftyp") {
    const std::string_view brand = file.substr(8, 4);
    if (brand == "avif" || brand == "avis") return "AVIF";
    if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1") return "HEIC";
    return "a video";
  }
  if (file.starts_with("%PDF")) return "PDF";
  if (file.starts_with("\x1f\x8b")) return "gzip (a compressed SVG?)";
  if (file.starts_with("PK\3\4")) return "a ZIP archive";
  if (file.starts_with("8BPS")) return "a Photoshop file";
  if (file.starts_with("\0\0\1\0"sv)) return "an ICO file";
  if (file.starts_with("\xff\x0a") || file.starts_with("\0\0\0\x0cJXL "sv)) return "JPEG XL";
  return {};
}

Result<Decoded> decode_as(Format format, const Job& job) {
  switch (format) {
    case Format::png:
      return decode_png(job);
    case Format::jpeg:
      return decode_jpeg(job);
    case Format::webp:
      return decode_webp(job);
    case Format::gif:
      return decode_gif(job);
    case Format::bmp:
      return decode_bmp(job);
    case Format::tiff:
      return decode_tiff(job);
    case Format::svg:
      return decode_svg(job);
  }
  return fail(ErrorCode::unsupported, "no such format");
}

// Messages of libraries quote the file.
std::string one_line(std::string message) {
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return message.substr(0, 300);
}

}  // namespace

std::string_view name(Format format) {
  switch (format) {
    case Format::png:
      return "PNG";
    case Format::jpeg:
      return "JPEG";
    case Format::webp:
      return "WebP";
    case Format::gif:
      return "GIF";
    case Format::bmp:
      return "BMP";
    case Format::tiff:
      return "TIFF";
    case Format::svg:
      return "SVG";
  }
  return "";
}

std::optional<Format> format_of(std::span<const std::byte> file) {
  using namespace std::string_view_literals;
  const std::string_view text = text_of(file);
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return Format::png;
  if (text.starts_with("\xff\xd8\xff")) return Format::jpeg;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return Format::webp;
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return Format::gif;
  if (text.starts_with("BM")) return Format::bmp;
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (text.starts_with(magic)) return Format::tiff;
  }
  if (looks_like_svg(text)) return Format::svg;
  return {};
}

Result<> Job::check_size(std::uint64_t width, std::uint64_t height, std::uint64_t held_bytes) const {
  if (width == 0 || height == 0) return fail(ErrorCode::corrupt, "it has no pixels");
  if (width > max_side || height > max_side || width * height > limits_.pixels) {
    return fail(ErrorCode::corrupt, "its " + std::to_string(width) + " x " + std::to_string(height) +
                                        " pixels are too many: at most " + std::to_string(limits_.pixels / 1'000'000) +
                                        " million are read");
  }
  if (held_bytes > limits_.memory_bytes) {
    return fail(ErrorCode::corrupt, "reading its " + std::to_string(width) + " x " + std::to_string(height) +
                                        " pixels would need " + std::to_string(held_bytes >> 20U) + " MiB, more than " +
                                        std::to_string(limits_.memory_bytes >> 20U));
  }
  return {};
}

int Job::factor(int width, int height) const {
  const int side = std::max(width, height);
  return (side + limits_.side - 1) / limits_.side;
}

double Job::used_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string Job::late_message() const {
  std::string seconds = std::to_string(limits_.seconds);
  seconds.resize(std::min(seconds.size(), seconds.find('.') + 2));
  return "it takes longer than " + seconds + " seconds";
}

Result<Picture> decode(std::span<const std::byte> file, const Limits& limits) {
  if (limits.side < 16 || limits.side > 8192 || !(limits.seconds > 0 && limits.seconds < 1e6)) {
    return fail(ErrorCode::invalid_argument, "limits of pictures: a side of 16 to 8192 pixels, some seconds");
  }
  if (file.empty()) return fail(ErrorCode::corrupt, "the picture is empty: 0 bytes");
  if (file.size() > limits.file_bytes) {
    return fail(ErrorCode::corrupt,
                "the picture's file is larger than " + std::to_string(limits.file_bytes >> 20U) + " MiB");
  }
  const std::optional<Format> format = format_of(file);
  if (!format) {
    const std::string_view stranger = known_stranger(text_of(file));
    return fail(ErrorCode::unsupported, "not a picture that can be read" +
                                            (stranger.empty() ? "" : ": this is " + std::string(stranger)) +
                                            " (PNG, JPEG, WebP, GIF, BMP, TIFF and SVG can)");
  }
  try {
    auto decoded = decode_as(*format, Job(file, limits));
    if (!decoded) {
      return fail(decoded.error().code,
                  "this " + std::string(name(*format)) + " cannot be read: " + one_line(decoded.error().message));
    }
    make_upright(decoded->picture, decoded->orientation);
    decoded->picture.format = *format;
    return std::move(decoded->picture);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::io, "out of memory while reading the picture");
  }
}

}  // namespace updraft::image
