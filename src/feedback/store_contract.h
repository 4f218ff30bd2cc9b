// For tests: what every store of feedback keeps (store_contract_test.cpp). A backend's test instantiates the suite with
// a way to get an empty place: INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_file));
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "updraft/feedback.h"

namespace updraft::feedback::test {

// Gone with the object.
class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  virtual ~Place() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // as FeedbackStore::open takes it
};
using MakePlace = std::unique_ptr<Place> (*)();

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

[[nodiscard]] inline FeedbackEvent event(const std::string& id, const std::string& user = "") {
  return {.id = id,
          .kind = FeedbackKind::like,
          .user = user,
          .session = "s",
          .intent = "caf\xC3\xA9 'menu'; DROP TABLE \"events\" --",
          .task = Task::image,
          .prompt = "a prompt of {braces}, \\backslashes\\ and \"quotes\" \xF0\x9F\x98\x80",
          .position = 3,
          .words = 12,
          .ret = 8,
          .asset = "asset/7",
          .at = FeedbackTime(std::chrono::milliseconds(1764151200250))};
}

[[nodiscard]] inline std::vector<FeedbackEvent> events(const std::string& prefix, int n) {
  std::vector<FeedbackEvent> all;
  for (int i = 0; i < n; ++i) all.push_back(event(prefix + std::to_string(i)));
  return all;
}

[[nodiscard]] inline std::string ids(const FeedbackStore& store, FeedbackTime since = {}) {
  std::string out;
  const auto visit = [&](const FeedbackEvent& e) {
    out.append(out.empty() ? "" : " ").append(e.id);
    return true;
  };
  if (auto done = store.each(visit, since); !done) throw std::runtime_error(done.error().message);
  return out;
}

// A file of src/feedback/testdata.
[[nodiscard]] inline std::string read_testdata(const std::string& name) {
  std::ostringstream content;
  content << std::ifstream(UPDRAFT_SOURCE_DIR "/src/feedback/testdata/" + name).rdbuf();
  return content.str();
}

// Of a store that was made from version_1.sql or version_1_postgres.sql.
inline void expect_version_1(FeedbackStore& store) {
  std::vector<FeedbackEvent> all;
  ASSERT_TRUE(store.each([&](const FeedbackEvent& e) {
    all.push_back(e);
    return true;
  }));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].kind, FeedbackKind::like);
  EXPECT_EQ(all[1].user, "ann");
  EXPECT_EQ(all[1].asset, "holiday/tree");
  EXPECT_EQ(all[2].prompt, "caf\xC3\xA9 menu");
  EXPECT_EQ(all[2].task, Task::image);
  EXPECT_EQ(all[2].at, FeedbackTime(std::chrono::milliseconds(1764151202250)));
  const Appeals appeals = must(store.appeals());
  EXPECT_EQ(appeals.size(), 2U);
  EXPECT_GT(appeals.at("holiday/tree"), 0.5);
  EXPECT_LT(appeals.at("food/cake"), 0.5);
  EXPECT_EQ(must(store.add(std::vector{event("b"), event("new")})).known, 1U);
  EXPECT_EQ(must(store.delete_user("ann")), 2U);
  EXPECT_EQ(ids(store), "c new");
}

class StoreContract : public testing::TestWithParam<MakePlace> {
 protected:
  StoreContract() : place_(GetParam()()), store_(must(FeedbackStore::open(place_->name()))) {}

  std::unique_ptr<Place> place_;
  FeedbackStore store_;
};

}  // namespace updraft::feedback::test
