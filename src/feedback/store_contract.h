// For tests: what every store of feedback keeps (store_contract_test.cpp). A backend's test instantiates the suite with
// a way to get an empty place: INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_file));
#pragma once

#include <gtest/gtest.h>

#include <memory>
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

class StoreContract : public testing::TestWithParam<MakePlace> {
 protected:
  StoreContract() : place_(GetParam()()), store_(must(FeedbackStore::open(place_->name()))) {}

  std::unique_ptr<Place> place_;
  FeedbackStore store_;
};

}  // namespace updraft::feedback::test
