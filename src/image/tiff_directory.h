// The first directory of a TIFF structure, which is what EXIF data is, and a TIFF file: values under numbers.
#pragma once

#include <cstdint>
#include <span>

#include "image/integers.h"

namespace updraft::image {

class TiffDirectory {
 public:
  // Before EXIF data "Exif\0\0" may stand. A directory of anything else, or one that is damaged, is empty.
  explicit TiffDirectory(std::span<const std::byte> bytes);

  // The bytes of the first value with this tag, of whatever type; none if there is none, or if it is not all there.
  [[nodiscard]] std::span<const std::byte> bytes(std::uint32_t tag) const;

  // The first value with this tag, where its type is that of 16 bits; else 0.
  [[nodiscard]] std::uint32_t u16(std::uint32_t tag) const;

 private:
  [[nodiscard]] std::uint64_t entry_of(std::uint32_t tag) const;  // where it is; 0: nowhere

  std::span<const std::byte> bytes_;
  Integers at_;
  std::uint64_t entries_ = 0;
  std::uint32_t n_entries_ = 0;
};

}  // namespace updraft::image
