#include "gguf/writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

namespace updraft::gguf {
namespace {

// A directory of the test's own, so that whatever is left behind is seen.
class Writer : public testing::Test {
 protected:
  Writer() { std::filesystem::create_directories(folder); }
  ~Writer() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    return names;
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) /
      ("writer-" + std::to_string(::getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::filesystem::path path = folder / "model.gguf";
};

Contents one_tensor(std::size_t values) {
  Contents contents;
  contents.tensors.push_back({"t", TensorType::f32, {values}, std::vector<std::byte>(values * 4)});
  return contents;
}

testing::AssertionResult refused(const Result<>& result, ErrorCode code, std::string_view reason) {
  if (result) return testing::AssertionFailure() << "it was written";
  if (result.error().code != code || result.error().message.find(reason) == std::string::npos)
    return testing::AssertionFailure() << result.error().message;
  return testing::AssertionSuccess();
}

TEST_F(Writer, AnEmptyFileCanBeRead) {
  ASSERT_TRUE(write(path, {}));
  const auto file = File::open(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->metadata().empty());
  EXPECT_TRUE(file->tensors().empty());
}

TEST_F(Writer, ReplacesAFileAndLeavesNothingElseBehind) {
  ASSERT_TRUE(write(path, one_tensor(3)));
  ASSERT_TRUE(write(path, one_tensor(5)));
  EXPECT_EQ(File::open(path)->tensor("t")->columns(), 5u);
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
}

TEST_F(Writer, KeepsToTheAlignmentThatTheMetadataAsksFor) {
  auto contents = one_tensor(3);
  contents.metadata.emplace_back("general.alignment", std::uint32_t{256});
  contents.tensors.push_back({"u", TensorType::f32, {1}, std::vector<std::byte>(4, std::byte{7})});
  ASSERT_TRUE(write(path, contents));
  const auto file = File::open(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensor("u")->data[0], std::byte{7});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->tensor("u")->data.data()) % 256, 0u);
}

TEST_F(Writer, ContentsThatNobodyCouldReadAreRefused) {
  const auto tensor = [](TensorType type, std::vector<std::uint64_t> shape, std::size_t bytes) {
    Contents contents;
    contents.tensors.push_back({"t", type, std::move(shape), std::vector<std::byte>(bytes)});
    return contents;
  };
  const auto wrong = ErrorCode::invalid_argument;
  EXPECT_TRUE(refused(write(path, tensor(TensorType::f32, {3}, 11)), wrong, "11 bytes of data, its shape needs 12"));
  EXPECT_TRUE(refused(write(path, tensor(TensorType::f32, {}, 4)), wrong, "dimensions"));
  EXPECT_TRUE(refused(write(path, tensor(TensorType::f32, {1, 1, 1, 1, 1}, 4)), wrong, "dimensions"));
  EXPECT_TRUE(refused(write(path, tensor(TensorType::f32, {0}, 0)), wrong, "impossible shape"));
  EXPECT_TRUE(refused(write(path, tensor(TensorType::f32, {1ull << 32, 1ull << 32}, 0)), wrong, "impossible shape"));
  EXPECT_TRUE(refused(write(path, tensor(TensorType::q8_0, {31}, 34)), wrong, "blocks"));
  EXPECT_TRUE(refused(write(path, tensor(static_cast<TensorType>(14), {32}, 34)), wrong, "unknown type"));
  auto contents = one_tensor(1);
  contents.tensors.push_back(contents.tensors.front());
  EXPECT_TRUE(refused(write(path, contents), wrong, "tensor 't' occurs twice"));
  contents = {};
  contents.metadata = {{"k", true}, {"k", false}};
  EXPECT_TRUE(refused(write(path, contents), wrong, "key 'k' occurs twice"));
  contents.metadata = {{"general.alignment", std::uint32_t{24}}};
  EXPECT_TRUE(refused(write(path, contents), wrong, "general.alignment"));
  EXPECT_TRUE(files().empty());
}

TEST_F(Writer, AFolderThatIsNotThereIsAnError) {
  EXPECT_TRUE(refused(write(folder / "nowhere" / "model.gguf", {}), ErrorCode::io, "model.gguf: cannot create"));
}

// A limit on the size of files stands in for a full disk: write() fails in the middle.
TEST_F(Writer, AFullDiskLeavesTheOldFileAndNothingElse) {
  ASSERT_TRUE(write(path, one_tensor(3)));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1 << 16, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto result = write(path, one_tensor(1 << 18));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(refused(result, ErrorCode::io, "model.gguf: cannot write"));
  EXPECT_EQ(File::open(path)->tensor("t")->columns(), 3u);
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
}

TEST_F(Writer, TheBytesInMemoryAreThoseOfTheFile) {
  ASSERT_TRUE(write(path, one_tensor(3)));
  const auto bytes = to_bytes(one_tensor(3)).value();
  std::ifstream in(path, std::ios::binary);
  const std::string written(std::istreambuf_iterator<char>(in), {});
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(written)), bytes));
}

TEST_F(Writer, LeftoversOfACrashAreNotInTheWay) {
  std::ofstream(path.string() + ".tmp-" + std::to_string(::getpid()) + "-0") << "half";
  ASSERT_TRUE(write(path, one_tensor(3)));
  EXPECT_TRUE(File::open(path));
}

}  // namespace
}  // namespace updraft::gguf
