#include "kernels/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace updraft::kernels::detail {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

// From this size on memory is mapped; below, it comes from the heap.
constexpr std::size_t map_from = std::size_t{1} << 20;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

void* allocate_zeroed(std::size_t bytes, Pages pages) {
  if (bytes < map_from) {
    const std::size_t rounded = round_up(bytes, cache_line);
    void* memory = std::aligned_alloc(cache_line, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0, rounded);
    return memory;
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Advice only: where the system does not know it, nothing changes but speed.
  madvise(memory, bytes, pages == Pages::large && bytes >= huge_page ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return memory;
}

void deallocate(void* memory, std::size_t bytes) noexcept {
  if (bytes < map_from) {
    std::free(memory);
  } else {
    munmap(memory, bytes);
  }
}

}  // namespace updraft::kernels::detail
