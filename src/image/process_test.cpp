#include "image/process.h"

#include <gtest/gtest.h>

#include <thread>

#include "image/written.h"

namespace updraft::image {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

using test::Bytes;

std::string text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

TEST(Process, GivesItsInputToAProgramAndReturnsTheOutput) {
  const Bytes input(3'000'000, std::byte{'x'});  // more than any pipe holds
  const auto output = run({.arguments = {"cat"}, .input = input, .seconds = 60});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(*output, input);
}

TEST(Process, SaysWhyAProgramFailed) {
  const auto failed =
      run({.arguments = {"sh", "-c", "echo first >&2; echo second >&2; exit 3"}, .input = {}, .seconds = 60});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::corrupt);
  EXPECT_EQ(failed.error().message, "first");
  const auto absent = run({.arguments = {"no-such-program"}, .input = {}, .seconds = 60});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, ErrorCode::unsupported);
  EXPECT_EQ(absent.error().message, "no-such-program is not installed");
}

TEST(Process, EndsAProgramThatTakesTooLong) {
  for (const std::string script : {"sleep 1000", "while :; do :; done", "trap '' TERM XCPU; while :; do :; done"}) {
    const auto late = run({.arguments = {"sh", "-c", script}, .input = {}, .seconds = 0.2});
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code, ErrorCode::cancelled) << script;
  }
}

TEST(Process, BoundsMemoryAndOutput) {
  const auto large = run({.arguments = {"sh", "-c", "x=x; while :; do x=$x$x; done"},
                          .input = {},
                          .seconds = 60,
                          .memory_bytes = 64U << 20U});
  EXPECT_FALSE(large.has_value());
  const auto talkative = run({.arguments = {"yes"}, .input = {}, .seconds = 60, .output_bytes = 1000});
  EXPECT_FALSE(talkative.has_value());
}

TEST(Process, ShowsTheProgramNothingOfOurs) {
  ASSERT_EQ(setenv("UPDRAFT_SECRET", "secret", 1), 0);
  const int open_file = dup(2);
  const auto output = run({.arguments = {"sh", "-c", "env; ls /proc/$$/fd; pwd"}, .input = {}, .seconds = 60});
  close(open_file);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_FALSE(has(text_of(*output), "secret"));
  EXPECT_PRED2(has, text_of(*output), "0\n1\n2\n/\n");
}

TEST(Process, RunsFromManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::array<bool, 8> same{};
  for (std::size_t i = 0; i < same.size(); ++i) {
    threads.emplace_back([&same, i] {
      const Bytes input(10'000, static_cast<std::byte>(i));
      const auto output = run({.arguments = {"cat"}, .input = input, .seconds = 60});
      same[i] = output && *output == input;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(same.begin(), same.end(), true), same.size());
}

}  // namespace
}  // namespace updraft::image
