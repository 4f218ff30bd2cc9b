#include "image/tiff_directory.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace updraft::image {
namespace {

constexpr std::uint32_t short_type = 3;
constexpr std::uint64_t entry_bytes = 12;

std::span<const std::byte> without_prefix(std::span<const std::byte> bytes) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with(prefix) ? bytes.subspan(prefix.size()) : bytes;
}

Order order_of(std::span<const std::byte> bytes) {
  return !bytes.empty() && bytes[0] == std::byte{'M'} ? Order::big : Order::little;
}

// Of one value; 0: no such type.
std::uint64_t size_of(std::uint32_t type) {
  constexpr std::array<std::uint8_t, 14> sizes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return type < sizes.size() ? sizes[type] : 0;
}

}  // namespace

TiffDirectory::TiffDirectory(std::span<const std::byte> bytes)
    : bytes_(without_prefix(bytes)), at_(bytes_, order_of(bytes_)) {
  if (at_.u16(2) != 42 || (at_.u16(0) != 0x4949 && at_.u16(0) != 0x4d4d)) return;
  const std::uint64_t directory = at_.u32(4);
  entries_ = directory + 2;
  if (entries_ >= at_.size()) return;
  n_entries_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(at_.u16(directory), (at_.size() - entries_) / entry_bytes));
}

std::uint64_t TiffDirectory::entry_of(std::uint32_t tag) const {
  for (std::uint64_t i = 0; i < n_entries_; ++i) {
    if (at_.u16(entries_ + entry_bytes * i) == tag) return entries_ + entry_bytes * i;
  }
  return 0;
}

std::span<const std::byte> TiffDirectory::bytes(std::uint32_t tag) const {
  const std::uint64_t entry = entry_of(tag);
  if (entry == 0) return {};
  const std::uint64_t size = size_of(at_.u16(entry + 2)) * at_.u32(entry + 4);
  const std::uint64_t begin = size <= 4 ? entry + 8 : at_.u32(entry + 8);
  return at_.has(begin, size) ? bytes_.subspan(begin, size) : std::span<const std::byte>();
}

std::uint32_t TiffDirectory::u16(std::uint32_t tag) const {
  const std::uint64_t entry = entry_of(tag);
  return entry != 0 && at_.u16(entry + 2) == short_type ? at_.u16(entry + 8) : 0;
}

}  // namespace updraft::image
