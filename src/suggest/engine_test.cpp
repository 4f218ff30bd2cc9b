// What a token costs beyond arithmetic: nothing that waits for others.
#include "suggest/engine.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "files/test_folder.h"
#include "suggest/small_model.h"

// The thread sanitizer makes system calls of its own where a signal comes.
#if defined(__SANITIZE_THREAD__)
#define UPDRAFT_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UPDRAFT_THREAD_SANITIZER 1
#endif
#endif
#if defined(__linux__) && defined(__x86_64__) && !defined(UPDRAFT_THREAD_SANITIZER)
#include <sys/prctl.h>

#include <csignal>
#endif

namespace {

std::atomic<long> allocations{0};

}  // namespace

// On any thread; not the kernels' large buffers, which are made when an engine is.
void* operator new(std::size_t size, const std::nothrow_t& /*none*/) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace updraft::suggest {
namespace {

#if defined(PR_SET_SYSCALL_USER_DISPATCH)

// Notices whether the calling thread, while this lives, wants anything of the kernel: the first call is not made but
// raises SIGSYS (prctl(2), PR_SET_SYSCALL_USER_DISPATCH), and its caller gets nonsense for it; those behind it are
// made.
class SystemCallWatch {
 public:
  SystemCallWatch() {
    noticed = 0;
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    struct sigaction action {};
    action.sa_handler = [](int) {
      selector = SYSCALL_DISPATCH_FILTER_ALLOW;
      noticed = 1;
    };
    sigaction(SIGSYS, &action, &before_);
    works_ = prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0;
    if (works_) selector = SYSCALL_DISPATCH_FILTER_BLOCK;
  }
  SystemCallWatch(const SystemCallWatch&) = delete;
  SystemCallWatch& operator=(const SystemCallWatch&) = delete;
  ~SystemCallWatch() {
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    if (works_) prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    sigaction(SIGSYS, &before_, nullptr);
  }
  [[nodiscard]] bool works() const { return works_; }  // kernels since 5.11 know this
  [[nodiscard]] static bool has_noticed() { return noticed != 0; }

 private:
  static inline volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;
  static inline volatile std::sig_atomic_t noticed = 0;
  struct sigaction before_ {};
  bool works_ = false;
};

#endif

// Eight texts that grow behind one prompt, token by token, without anything around them.
class EngineTest : public testing::Test {
 protected:
  void load(int threads) {
    ASSERT_TRUE(gguf::write(folder_ / "model.gguf", test::small_model(test::Controls::named)));
    engine_ = Engine::load(folder_ / "model.gguf", {.threads = threads}).value();
    const nn::NodeId root = engine_->tree.add(nn::no_node).value();
    ASSERT_TRUE(engine_->transformer.forward(engine_->tree, std::array{nn::Row{.token = 1, .node = root}}, {}));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i] = {
          .token = static_cast<text::TokenId>(i), .node = engine_->tree.add(root).value(), .wants_logits = true};
      paths_.emplace_back(0.1 * static_cast<double>(i), decode::Random::of(1, i, 0));
    }
    logits_.resize(rows_.size() * static_cast<std::size_t>(engine_->transformer.n_output()));
  }

  // False if a pass fails.
  bool grow(int n) {
    const auto n_output = static_cast<std::size_t>(engine_->transformer.n_output());
    for (int token = 0; token < n; ++token) {
      if (!engine_->transformer.forward(engine_->tree, rows_, logits_)) return false;
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        auto& found = engine_->candidates[0];
        decode::find_candidates(*engine_->model->weights.kernels, std::span(logits_).subspan(i * n_output, n_output),
                                {.temperature = 1, .top_p = 1, .min_p = 0}, found);
        const auto chosen = static_cast<std::size_t>(found[paths_[i].next(found)].index);
        rows_[i].token = engine_->model->weights.output_tokens[chosen];
      }
    }
    return true;
  }

  // As an engine that has been at work for a while: buffers have the size that they need.
  bool warm_up() {
    const bool grown = grow(n_tokens);
    for (const nn::Row& row : rows_) engine_->tree.truncate(row.node, 0);
    return grown;
  }

  static constexpr int n_tokens = 3 * nn::KvTree::page_size;

  files::test::Folder folder_;
  std::unique_ptr<Engine> engine_;
  std::array<nn::Row, 8> rows_;
  std::vector<decode::Path> paths_;
  std::vector<float> logits_;
};

TEST_F(EngineTest, ATokenTakesNoMemoryFromTheSystem) {
  for (const int threads : {1, 2}) {
    load(threads);
    ASSERT_TRUE(warm_up());
    const long before = allocations;
    ASSERT_TRUE(grow(n_tokens));
    EXPECT_EQ(allocations - before, 0) << threads << " threads";
    const long counted = allocations;
    EXPECT_GT(std::make_unique<Engine*>() ? allocations - counted : 0, 0);  // they are counted
    paths_.clear();
  }
}

TEST_F(EngineTest, ATokenOnOneThreadMakesNoSystemCall) {
#if defined(PR_SET_SYSCALL_USER_DISPATCH)
  load(1);
  ASSERT_TRUE(warm_up());
  bool works = false, has_grown = false, noticed = false, notices = false;
  {
    const SystemCallWatch watch;
    works = watch.works();
    has_grown = grow(n_tokens);
    noticed = SystemCallWatch::has_noticed();
    if (works) raise(0);  // the watch sees this one
    notices = SystemCallWatch::has_noticed();
  }
  if (!works) GTEST_SKIP() << "this kernel does not tell of system calls";
  EXPECT_TRUE(has_grown);
  EXPECT_FALSE(noticed);
  EXPECT_TRUE(notices);
#else
  GTEST_SKIP() << "only Linux on x86 tells of system calls, and not under the thread sanitizer";
#endif
}

}  // namespace
}  // namespace updraft::suggest
