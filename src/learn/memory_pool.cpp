#include "learn/memory_pool.h"

#include <sys/mman.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <new>

namespace updraft::learn {

namespace {
constexpr std::align_val_t cache_line{64};
}  // namespace

struct MemoryPool::Kept {
  struct Block {
    void* data;
    std::size_t size;  // a multiple of the huge page
    Kept* kept;
  };

  // The smallest that fits; a much larger one is left for what needs it. nullptr: none.
  Block* take(std::size_t size) {
    const std::lock_guard lock(mutex);
    const auto found = free.lower_bound(size);
    if (found == free.end() || found->first > size + size / 4) return nullptr;
    Block* block = found->second;
    free.erase(found);
    bytes -= block->size;
    return block;
  }

  Block* map(std::size_t size) {
    // One page more, for the start to lie at a multiple of a huge page; what is too much goes back.
    const std::size_t more = size + huge_page;
    void* const mapped = ::mmap(nullptr, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    auto* const first = static_cast<std::byte*>(mapped);
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page) % huge_page;
    if (before > 0) ::munmap(first, before);
    ::munmap(first + before + size, huge_page - before);
    ::madvise(first + before, size, MADV_HUGEPAGE);  // where the system has them
    return new Block{first + before, size, this};
  }

  static void unmap(Block* block) {
    ::munmap(block->data, block->size);
    delete block;
  }

  void give_back_all() {
    const std::lock_guard lock(mutex);
    for (const auto& [size, block] : free) unmap(block);
    free.clear();
    bytes = 0;
  }

  static void release(void* context) {
    auto* const block = static_cast<Block*>(context);
    Kept& kept = *block->kept;
    const std::lock_guard lock(kept.mutex);
    if (kept.bytes + block->size > kept.max_bytes) {
      unmap(block);
      return;
    }
    kept.free.emplace(block->size, block);
    kept.bytes += block->size;
  }

  std::size_t max_bytes;
  std::mutex mutex = {};
  std::multimap<std::size_t, Block*> free = {};
  std::size_t bytes = 0;  // of free
};

MemoryPool::MemoryPool(std::size_t max_kept) : kept_(new Kept{max_kept}) {}
MemoryPool::~MemoryPool() { kept_->give_back_all(); }

at::DataPtr MemoryPool::allocate(std::size_t size) const {
  if (size < huge_page / 2) {
    void* const data = ::operator new(size, cache_line);
    return {data, data, [](void* freed) { ::operator delete(freed, cache_line); }, at::kCPU};
  }
  const std::size_t rounded = (size + huge_page - 1) / huge_page * huge_page;
  if (rounded < size) throw std::bad_alloc();
  Kept::Block* block = kept_->take(rounded);
  if (block == nullptr) block = kept_->map(rounded);
  if (block == nullptr) {
    kept_->give_back_all();
    block = kept_->map(rounded);
  }
  if (block == nullptr) throw std::bad_alloc();
  return {block->data, block, Kept::release, at::kCPU};
}

}  // namespace updraft::learn
