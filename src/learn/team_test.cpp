#include "learn/team.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "learn/test_ranks.h"

namespace updraft::learn {
namespace {

// Sets variables, and takes all of a meeting's away at the end.
using Variables = std::map<std::string, std::string>;
class Environment {
 public:
  explicit Environment(const Variables& variables) {
    clear();
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { clear(); }

 private:
  static void clear() {
    for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "LOCAL_RANK"}) unsetenv(name);
  }
};

TEST(Meeting, IsOfOneWithoutAnEnvironment) {
  const Environment environment(Variables{});
  const auto meeting = meeting_from_environment();
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->size, 1);
}

TEST(Meeting, IsReadAsTorchrunSetsIt) {
  const Environment environment(
      {{"RANK", "3"}, {"WORLD_SIZE", "8"}, {"MASTER_ADDR", "node0"}, {"MASTER_PORT", "1234"}, {"LOCAL_RANK", "1"}});
  const auto meeting = meeting_from_environment();
  ASSERT_TRUE(meeting) << meeting.error().message;
  EXPECT_EQ(meeting->rank, 3);
  EXPECT_EQ(meeting->size, 8);
  EXPECT_EQ(meeting->address, "node0");
  EXPECT_EQ(meeting->port, 1234);
  EXPECT_EQ(meeting->local_rank, 1);
}

TEST(Meeting, NamesTheVariableThatIsWrong) {
  const std::map<std::string, Variables> wrong = {
      {"RANK", {{"WORLD_SIZE", "2"}, {"RANK", "2"}}},
      {"WORLD_SIZE", {{"WORLD_SIZE", "two"}}},
      {"MASTER_PORT", {{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_PORT", "99999"}}}};
  for (const auto& [name, variables] : wrong) {
    const Environment environment(variables);
    const auto meeting = meeting_from_environment();
    ASSERT_FALSE(meeting) << name;
    EXPECT_TRUE(meeting.error().message.starts_with(name + ":")) << meeting.error().message;
  }
  const Environment environment(Variables{{"WORLD_SIZE", "2"}});
  EXPECT_FALSE(meeting_from_environment());
}

TEST(Team, SumsAndSpreadsInPlace) {
  std::array<at::Tensor, 2> sums, copies;
  const auto ends = test::as_ranks([&](Team& team) -> Result<> {
    at::Tensor& values = sums[static_cast<std::size_t>(team.rank())];
    at::Tensor& copy = copies[static_cast<std::size_t>(team.rank())];
    values = at::full({5}, team.rank() + 1.5, at::kFloat);
    copy = at::full({2}, team.rank() + 7, at::kLong);
    if (auto done = team.sum(values); !done) return done;
    return team.spread(copy);
  });
  for (std::size_t rank = 0; rank < 2; ++rank) {
    ASSERT_TRUE(ends[rank]) << ends[rank].error().message;
    EXPECT_TRUE(at::equal(sums[rank], at::full({5}, 4.0, at::kFloat))) << rank;
    EXPECT_TRUE(at::equal(copies[rank], at::full({2}, 7, at::kLong))) << rank;
  }
}

#ifndef UPDRAFT_NCCL
TEST(Team, SaysSoWhenItIsBuiltWithoutNccl) {
  const auto team = Team::join({.backend = Backend::nccl});
  ASSERT_FALSE(team);
  EXPECT_EQ(team.error().code, ErrorCode::unsupported);
}
#endif

TEST(Team, SaysSoWhenTheOthersDoNotCome) {
  const auto alone = Team::join({.rank = 0, .size = 2, .port = test::free_port(), .patience = std::chrono::seconds(1)});
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().message.find("rank 0 of 2 could not join"), std::string::npos) << alone.error().message;
}

}  // namespace
}  // namespace updraft::learn
