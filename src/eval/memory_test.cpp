#include "eval/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "http/fake_server.h"

namespace updraft::eval {
namespace {

constexpr std::size_t n_bytes = 64 << 20;

// Straight from the system: an allocator may keep what is given back.
void use_much_memory() {
  void* block = ::mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, n_bytes);
  EXPECT_GE(own_memory().resident_mb, n_bytes / 1e6);
  ::munmap(block, n_bytes);
}

TEST(OwnMemory, RemembersThePeakUntilItIsForgotten) {
  use_much_memory();
  const Memory after = own_memory();
  EXPECT_GE(after.peak_mb, n_bytes / 1e6);
  EXPECT_LT(after.resident_mb, after.peak_mb);
  forget_own_peak();
  EXPECT_LT(own_memory().peak_mb, after.peak_mb - n_bytes / 2e6);
}

TEST(MemoryOf, ProcessesThatAreNotThereIsNothing) {
  EXPECT_GT(memory_of(::getpid()).resident_mb, 0);
  EXPECT_EQ(memory_of(-1).peak_mb, 0);
}

TEST(ServerBehind, IsTheProcessThatListensOnThePort) {
  const http::test::FakeServer server([](int, const std::string&) { return http::test::FakeServer::Reply(); });
  EXPECT_EQ(server_behind(server.url() + "/v1/chat/completions"), ::getpid());
}

TEST(ServerBehind, IsNotKnownElsewhere) {
  for (const char* url : {"https://127.0.0.1:1", "http://example.com:80", "http://127.0.0.1/", "http://127.0.0.1:99999",
                          "http://127.0.0.1:", ""}) {
    EXPECT_FALSE(server_behind(url)) << url;
  }
}

}  // namespace
}  // namespace updraft::eval
