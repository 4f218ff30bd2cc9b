// Rows of a picture come in, a smaller picture comes out: every square of factor x factor pixels becomes their mean, so
// that the whole picture is never held.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/picture.h"

namespace updraft::image {

class Reducer {
 public:
  // Sizes of at least 1. What is left over at the right and at the bottom makes squares of its own.
  Reducer(int width, int height, int factor);

  // From the top, `height` rows of `width` pixels; none of these allocates or throws. Those with alpha are laid on
  // white.
  void add_rgb(const std::uint8_t* row) noexcept;
  void add_rgba(const std::uint8_t* row) noexcept;
  void add_premultiplied(const std::uint8_t* row) noexcept;

  // After the last row.
  [[nodiscard]] Picture take();

 private:
  void add_pixel(int x, unsigned r, unsigned g, unsigned b) noexcept;
  void end_row() noexcept;

  int width_, factor_, rows_ = 0, rows_in_sum_ = 0, out_row_ = 0;
  std::uint64_t transparent_ = 0;    // sum of 255 - alpha
  std::vector<std::uint32_t> sums_;  // [out width, 3]
  Picture picture_;
};

}  // namespace updraft::image
