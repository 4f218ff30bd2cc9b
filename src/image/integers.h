// Integers in the bytes of a file, in either byte order; 0 beyond the end, so that `has` is asked before what matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace updraft::image {

enum class Order : bool { little, big };

class Integers {
 public:
  explicit Integers(std::span<const std::byte> bytes, Order order = Order::little) : bytes_(bytes), order_(order) {}
  [[nodiscard]] bool has(std::uint64_t at, std::uint64_t n) const {
    return at <= bytes_.size() && n <= bytes_.size() - at;
  }
  [[nodiscard]] std::uint32_t u8(std::uint64_t at) const {
    return at < bytes_.size() ? std::to_integer<std::uint32_t>(bytes_[at]) : 0;
  }
  [[nodiscard]] std::uint32_t u16(std::uint64_t at) const { return joined(u8(at), u8(at + 1), 8); }
  [[nodiscard]] std::uint32_t u32(std::uint64_t at) const { return joined(u16(at), u16(at + 2), 16); }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

 private:
  [[nodiscard]] std::uint32_t joined(std::uint32_t first, std::uint32_t second, unsigned bits) const {
    return order_ == Order::big ? first << bits | second : second << bits | first;
  }

  std::span<const std::byte> bytes_;
  Order order_;
};

}  // namespace updraft::image
