#include "files/replacement.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iterator>

#include "files/test_folder.h"

namespace updraft::files {
namespace {

std::ptrdiff_t files_in(const test::Folder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

TEST(Replacement, TakesTheTargetsPlaceOnlyWhenCommitted) {
  const test::Folder folder;
  const auto target = folder.write("a", "old");
  auto file = Replacement::create(target);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(std::as_bytes(std::span(std::string_view("new")))));
  EXPECT_EQ(folder.read("a"), "old");
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(folder.read("a"), "new");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(Replacement, VanishesWhenItIsGivenUp) {
  const test::Folder folder;
  const auto target = folder.write("a", "old");
  {
    auto file = Replacement::create(target);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write(std::as_bytes(std::span(std::string_view("half")))));
    EXPECT_EQ(files_in(folder), 2);
  }
  EXPECT_EQ(folder.read("a"), "old");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(Replacement, LeftoversOfTheDeadAreRemoved) {
  const test::Folder folder;
  const auto target = folder.write("a", "old");
  const pid_t child = ::fork();
  if (child == 0) {  // killed while it writes
    auto file = Replacement::create(target);
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto running = Replacement::create(target);
  folder.write("a.tmp-", "");
  folder.write("a.tmp-b-0", "");
  folder.write("b.tmp-" + std::to_string(child) + "-0", "");
  ASSERT_EQ(files_in(folder), 6);
  remove_leftovers(target);
  EXPECT_EQ(files_in(folder), 5);
  EXPECT_FALSE(std::filesystem::exists(folder / ("a.tmp-" + std::to_string(child) + "-0")));
}

TEST(Replacement, OfATextCreatesWhatIsMissing) {
  const test::Folder folder;
  ASSERT_TRUE(replace(folder / "a", "text"));
  EXPECT_EQ(folder.read("a"), "text");
}

TEST(Replacement, NamesATargetThatCannotBe) {
  const test::Folder folder;
  const auto target = folder / "nowhere/a";
  const auto done = replace(target, "text");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::io);
  EXPECT_TRUE(done.error().message.starts_with(target.string() + ": ")) << done.error().message;
}

}  // namespace
}  // namespace updraft::files
