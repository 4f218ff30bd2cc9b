#include "files/mapping.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "files/test_folder.h"

namespace updraft::files {
namespace {

TEST(Mapping, ShowsTheFilesBytesEvenWhenMoved) {
  const test::Folder folder;
  auto mapping = Mapping::open(folder.write("a", std::string("one\0two", 7)));
  ASSERT_TRUE(mapping.has_value());
  const Mapping moved = std::move(*mapping);
  EXPECT_EQ(moved.text(), std::string_view("one\0two", 7));
  EXPECT_EQ(moved.bytes().size(), 7U);
}

TEST(Mapping, ReleasedBytesAreStillReadAndThoseOfOthersLeftAlone) {
  const test::Folder folder;
  const std::string text(100'000, 'x');
  const auto mapping = Mapping::open(folder.write("a", text)).value();
  mapping.release(mapping.bytes().subspan(5, 90'000));
  EXPECT_EQ(mapping.text(), text);
  const std::vector<std::byte> heap(100'000, std::byte{7});
  mapping.release(heap);
  EXPECT_EQ(std::count(heap.begin(), heap.end(), std::byte{7}), 100'000);
}

TEST(Mapping, OfAnEmptyFileIsEmpty) {
  const test::Folder folder;
  EXPECT_TRUE(Mapping::open(folder.write("a", "")).value().bytes().empty());
}

TEST(Mapping, RefusesWhatIsNoFileAndNamesIt) {
  const test::Folder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto error = [&](const std::string& name) { return Mapping::open(folder / name).error(); };
  EXPECT_EQ(error("missing").code, ErrorCode::not_found);
  EXPECT_TRUE(error("missing").message.starts_with((folder / "missing").string() + ": "));
  EXPECT_EQ(error(".").code, ErrorCode::io);
  EXPECT_EQ(error("pipe").code, ErrorCode::io);
}

}  // namespace
}  // namespace updraft::files
