#include "teacher/record_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "files/test_folder.h"

namespace updraft::teacher {
namespace {

using Lines = std::vector<std::string>;

class RecordFileTest : public testing::Test {
 protected:
  files::test::Folder folder_;
  const std::filesystem::path path_ = folder_ / "new.jsonl";
};

TEST_F(RecordFileTest, GoesOnWhereItWas) {
  {
    auto file = RecordFile::open(path_);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_TRUE(file->lines().empty());
    EXPECT_TRUE(file->append(R"({"a":1})").has_value());
    EXPECT_TRUE(file->append(R"({"b":2})").has_value());
  }
  auto file = RecordFile::open(path_);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->lines(), (Lines{R"({"a":1})", R"({"b":2})"}));
  EXPECT_TRUE(file->append("{}").has_value());
  EXPECT_EQ(folder_.read("new.jsonl"), "{\"a\":1}\n{\"b\":2}\n{}\n");
}

TEST_F(RecordFileTest, CutsOffATornLastLine) {
  const std::string whole = "{\"a\":1}\n{\"b\":22}\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    folder_.write("new.jsonl", whole.substr(0, size));
    auto file = RecordFile::open(path_);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->append("{}").has_value());
    Lines expected;
    if (size >= 7) expected.push_back(R"({"a":1})");  // whole, and only its line end is missing
    if (size >= 16) expected.push_back(R"({"b":22})");
    EXPECT_EQ(file->lines(), expected) << size;
    std::string content;
    for (const std::string& line : expected) content += line + '\n';
    EXPECT_EQ(folder_.read("new.jsonl"), content + "{}\n") << size;
  }
}

TEST_F(RecordFileTest, IsHeldByOneAtATime) {
  auto first = RecordFile::open(path_);
  ASSERT_TRUE(first.has_value());
  const auto second = RecordFile::open(path_);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("another program"), std::string::npos);
}

TEST_F(RecordFileTest, SaysWhatCannotBeOpened) {
  for (const auto& path : {folder_ / "nowhere/new.jsonl", folder_.path(), std::filesystem::path("/dev/null")}) {
    const auto file = RecordFile::open(path);
    ASSERT_FALSE(file.has_value()) << path;
    EXPECT_EQ(file.error().code, ErrorCode::io);
    EXPECT_NE(file.error().message.find(path.string()), std::string::npos);
  }
}

TEST_F(RecordFileTest, LosesNoLineWhenTheProgramIsKilled) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = RecordFile::open(path_);
    for (int i = 0; file; ++i) {
      if (!file->append("{\"number\":" + std::to_string(i) + ",\"text\":\"" + std::string(3000, 'x') + "\"}")) break;
      if (::write(told[1], "x", 1) != 1) break;
    }
    ::_exit(1);
  }
  char byte = 0;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(::read(told[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(told[1]);
  std::size_t promised = 50;
  while (::read(told[0], &byte, 1) == 1) ++promised;
  ::close(told[0]);
  const auto file = RecordFile::open(path_);
  ASSERT_TRUE(file.has_value());
  ASSERT_GE(file->lines().size(), promised);
  for (std::size_t i = 0; i < file->lines().size(); ++i) {
    EXPECT_TRUE(file->lines()[i].starts_with("{\"number\":" + std::to_string(i) + ","));
    EXPECT_TRUE(file->lines()[i].ends_with("x\"}"));
  }
}

TEST_F(RecordFileTest, LeavesNoHalfALineWhenTheDiskIsFull) {
  const pid_t child = ::fork();
  if (child == 0) {  // the limit is the whole process's
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto file = RecordFile::open(path_);
    bool right = file && file->append(std::string(600, 'a'));
    const auto full = file->append(std::string(600, 'b'));
    right = right && !full && full.error().code == ErrorCode::io;
    right = right && file->append(std::string(100, 'c'));
    ::_exit(right ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(folder_.read("new.jsonl"), std::string(600, 'a') + '\n' + std::string(100, 'c') + '\n');
}

}  // namespace
}  // namespace updraft::teacher
