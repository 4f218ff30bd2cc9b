// What every decoder is given and gives back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "image/decode.h"

namespace updraft::image {

class Job {
 public:
  Job(std::span<const std::byte> file, const Limits& limits) : file_(file), limits_(limits), start_(used_seconds()) {}

  [[nodiscard]] std::span<const std::byte> file() const { return file_; }
  [[nodiscard]] const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(file_.data()); }
  [[nodiscard]] const Limits& limits() const { return limits_; }

  // Of a picture of this size, before anything is allocated for it. `held` is what the decoder will hold at once.
  [[nodiscard]] Result<> check_size(std::uint64_t width, std::uint64_t height, std::uint64_t held_bytes) const;

  // By which whole factor a picture of this size is to be made smaller.
  [[nodiscard]] int factor(int width, int height) const;

  // By the time that this thread has worked: what other programs do meanwhile must not make a picture unreadable.
  [[nodiscard]] double seconds_left() const { return limits_.seconds - (used_seconds() - start_); }
  [[nodiscard]] bool is_late() const { return seconds_left() < 0; }
  [[nodiscard]] std::string late_message() const;
  [[nodiscard]] tl::unexpected<Error> late() const { return fail(ErrorCode::cancelled, late_message()); }

 private:
  [[nodiscard]] static double used_seconds();

  std::span<const std::byte> file_;
  Limits limits_;
  double start_;
};

// The pixels as the file has them, and how they are to be turned.
struct Decoded {
  Picture picture;      // without its format
  int orientation = 1;  // 1..8 as in EXIF
};

// One a format, each in a file of its own.
[[nodiscard]] Result<Decoded> decode_png(const Job& job);
[[nodiscard]] Result<Decoded> decode_jpeg(const Job& job);
[[nodiscard]] Result<Decoded> decode_webp(const Job& job);
[[nodiscard]] Result<Decoded> decode_gif(const Job& job);
[[nodiscard]] Result<Decoded> decode_bmp(const Job& job);
[[nodiscard]] Result<Decoded> decode_tiff(const Job& job);
[[nodiscard]] Result<Decoded> decode_svg(const Job& job);

}  // namespace updraft::image
