// Zeroed memory, aligned to cache lines, of a size that is fixed at construction. Large buffers come straight from the
// system, so that pages count as used only once they are touched.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace updraft::kernels {

inline constexpr std::size_t cache_line = 64;

enum class Pages {
  small,  // touched little by little
  large,  // read from end to end, again and again: asks the system for huge pages
};

namespace detail {
[[nodiscard]] void* allocate_zeroed(std::size_t bytes, Pages pages);  // throws std::bad_alloc
void deallocate(void* memory, std::size_t bytes) noexcept;
}  // namespace detail

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size, Pages pages = Pages::small) : size_(size) {
    if (size > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) throw std::bad_alloc();
    if (size > 0) data_ = static_cast<T*>(detail::allocate_zeroed(size * sizeof(T), pages));
  }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) detail::deallocate(data_, size_ * sizeof(T));
  }

  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<T> span() { return {data_, size_}; }
  [[nodiscard]] std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace updraft::kernels
