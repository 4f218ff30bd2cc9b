// Where a training program's tensors live. A step allocates the same gigabytes as the one before: large blocks are kept
// when they are freed, and lie on huge pages, so that the system neither clears nor maps them anew.
#pragma once

#include <c10/core/Allocator.h>

#include <memory>

namespace updraft::learn {

// c10::SetCPUAllocator(new MemoryPool) at the start of a program; tensors may outlive everything else, so it stays.
class MemoryPool final : public at::Allocator {
 public:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  // Keeps at most so many bytes of freed blocks.
  explicit MemoryPool(std::size_t max_kept = std::size_t{4} << 30);
  ~MemoryPool() override;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  // Blocks below half a huge page come from the heap. Throws std::bad_alloc.
  [[nodiscard]] at::DataPtr allocate(std::size_t size) const override;

 private:
  struct Kept;
  std::unique_ptr<Kept> kept_;
};

}  // namespace updraft::learn
