#include "server/cache.h"

#include <gtest/gtest.h>

namespace updraft::server {
namespace {

using namespace std::chrono_literals;
using Numbers = Cache<int>;

constexpr std::size_t entry = 256 + 2;  // overhead and a key of one letter, twice

TEST(Cache, KeepsWhatWasUsedLast) {
  Numbers cache(3 * (entry + 10), 60s);
  for (const char* key : {"a", "b", "c"}) cache.put(key, std::make_shared<const int>(key[0]), 10);
  EXPECT_NE(cache.find("a"), nullptr);
  cache.put("d", std::make_shared<const int>('d'), 10);
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(*cache.find("d"), 'd');
}

TEST(Cache, ForgetsWhatIsTooOld) {
  Numbers cache(1 << 20, 10s);
  const auto start = Numbers::Clock::now();
  cache.put("a", std::make_shared<const int>(1), 10, start);
  EXPECT_NE(cache.find("a", start + 9s), nullptr);
  EXPECT_EQ(cache.find("a", start + 10s), nullptr);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, StaysWithinItsSizeWhateverIsPut) {
  constexpr std::size_t size = 20'000;
  Numbers cache(size, 60s);
  for (std::size_t i = 0; i < 1000; ++i) {
    cache.put(std::to_string(i % 300), std::make_shared<const int>(1), i * 37 % 2000);
    ASSERT_LE(cache.bytes(), size);
  }
  cache.put("large", std::make_shared<const int>(1), size);
  EXPECT_EQ(cache.find("large"), nullptr);
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, OfNoSizeOrNoAgeKeepsNothing) {
  Numbers none(0, 60s), at_once(1 << 20, 0s);
  for (Numbers* cache : {&none, &at_once}) {
    cache->put("a", std::make_shared<const int>(1), 1);
    EXPECT_EQ(cache->find("a"), nullptr);
  }
}

}  // namespace
}  // namespace updraft::server
