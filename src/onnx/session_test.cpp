#include "onnx/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "files/test_folder.h"
#include "onnx/tiny_model.h"

namespace updraft::onnx {
namespace {

using test::Network;

// y = x * w, x [any, 2], w [2, 3].
std::string product() {
  return Network()
      .input("x", test::floats, {-1, 2})
      .output("y", test::floats, {-1, 3})
      .weights("w", {2, 3}, {1, 2, 3, 10, 20, 30})
      .node("MatMul", {"x", "w"}, "y")
      .file();
}

// Rows of a table, by whole numbers of one type.
std::string look_up(test::Element type) {
  return Network()
      .input("ids", type, {1, -1})
      .output("rows", test::floats, {1, -1, 2})
      .weights("table", {3, 2}, {0, 1, 10, 11, 20, 21})
      .node("Gather", {"table", "ids"}, "rows")
      .file();
}

class SessionTest : public testing::Test {
 protected:
  [[nodiscard]] Result<Session> open(const std::string& file) const {
    return Session::open(folder_.write("model.onnx", file), {.runtime = test::runtime(), .threads = 1});
  }
  files::test::Folder folder_;
};

Result<Output> multiply(const Session& session, const std::vector<float>& x, const std::vector<std::int64_t>& shape) {
  const Input input{"x", shape, std::span<const float>(x)};
  return session.run(std::span(&input, 1), "y");
}

TEST_F(SessionTest, TellsWhatGoesInAndWhatComesOut) {
  const auto session = open(product());
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_EQ(session->inputs().size(), 1U);
  EXPECT_EQ(session->inputs()[0].name, "x");
  EXPECT_EQ(session->inputs()[0].type, Type::float32);
  EXPECT_EQ(session->inputs()[0].shape, (std::vector<std::int64_t>{-1, 2}));
  ASSERT_NE(find(session->outputs(), "y"), nullptr);
  EXPECT_EQ(find(session->outputs(), "y")->shape, (std::vector<std::int64_t>{-1, 3}));
  EXPECT_EQ(find(session->outputs(), "x"), nullptr);
}

TEST_F(SessionTest, Computes) {
  const auto session = open(product()).value();
  const auto y = multiply(session, {1, 2, 3, 4}, {2, 2});
  ASSERT_TRUE(y) << y.error().message;
  EXPECT_EQ(y->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(y->values, (std::vector<float>{21, 42, 63, 43, 86, 129}));
}

TEST_F(SessionTest, TakesWholeNumbersOfBothWidths) {
  const std::vector<std::int64_t> wide = {2, 0};
  const std::vector<std::int32_t> narrow = {2, 0};
  const auto of_wide = open(look_up(test::int64s)).value(), of_narrow = open(look_up(test::int32s)).value();
  EXPECT_EQ(of_wide.inputs()[0].type, Type::int64);
  EXPECT_EQ(of_narrow.inputs()[0].type, Type::int32);
  const Input in_wide{"ids", {1, 2}, std::span<const std::int64_t>(wide)};
  const Input in_narrow{"ids", {1, 2}, std::span<const std::int32_t>(narrow)};
  const std::vector<float> rows = {20, 21, 0, 1};
  EXPECT_EQ(of_wide.run(std::span(&in_wide, 1), "rows")->values, rows);
  EXPECT_EQ(of_narrow.run(std::span(&in_narrow, 1), "rows")->values, rows);
  const auto mixed = of_wide.run(std::span(&in_narrow, 1), "rows");
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("model.onnx: "), std::string::npos) << mixed.error().message;
}

TEST_F(SessionTest, RefusesWhatDoesNotFit) {
  const auto session = open(product()).value();
  EXPECT_EQ(multiply(session, {1, 2, 3}, {2, 2}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(multiply(session, {1, 2}, {1, -2}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(multiply(session, {1, 2}, {std::int64_t{1} << 40, std::int64_t{1} << 40}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_FALSE(multiply(session, {1, 2, 3}, {1, 3}));
  const std::vector<float> x = {1, 2};
  const Input other{"z", {1, 2}, std::span<const float>(x)}, good{"x", {1, 2}, std::span<const float>(x)};
  EXPECT_FALSE(session.run(std::span(&other, 1), "y"));
  EXPECT_FALSE(session.run(std::span(&good, 1), "z"));
  EXPECT_FALSE(session.run({}, "y"));
  EXPECT_TRUE(session.run(std::span(&good, 1), "y"));  // and is none the worse for it
}

TEST_F(SessionTest, ComputesForSeveralThreadsAtATime) {
  const auto session = open(product()).value();
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto y = multiply(session, {1, static_cast<float>(i)}, {1, 2});
        right[t] += y && y->values[0] == 1 + 10.0F * static_cast<float>(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 50));
}

TEST_F(SessionTest, AFileThatIsNoneIsAnErrorOfOneLineThatNamesIt) {
  const std::string good = product();
  std::vector<std::string> files = {"", "x", std::string(1000, '\xFF'), good.substr(0, good.size() / 2),
                                    Network().input("x", test::floats, {1}).node("NoSuchThing", {"x"}, "y").file()};
  for (const std::string& file : files) {
    const auto session = open(file);
    ASSERT_FALSE(session);
    EXPECT_NE(session.error().message.find("model.onnx: "), std::string::npos) << session.error().message;
    EXPECT_EQ(session.error().message.find('\n'), std::string::npos) << session.error().message;
  }
  const Session::Options options{.runtime = test::runtime(), .threads = 1};
  EXPECT_EQ(Session::open(folder_ / "none.onnx", options).error().code, ErrorCode::not_found);
  EXPECT_EQ(Session::open(folder_.path(), options).error().code, ErrorCode::io);
}

TEST_F(SessionTest, EveryTruncationIsRefusedOrRuns) {
  const std::string good = product();
  for (std::size_t n = 0; n < good.size(); ++n) {
    const auto session = open(good.substr(0, n));
    if (!session) continue;
    (void)multiply(*session, {1, 2}, {1, 2});
  }
}

}  // namespace
}  // namespace updraft::onnx
