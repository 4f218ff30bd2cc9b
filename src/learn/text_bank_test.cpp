#include "learn/text_bank.h"

#include <gtest/gtest.h>

#include "encode/small_bert.h"
#include "files/test_folder.h"

namespace updraft::learn {
namespace {

class TextBankTest : public testing::Test {
 protected:
  TextBankTest() {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nred\nfox\nblue\nnight\n");
    write_encoder(1);
  }
  void write_encoder(unsigned seed) {
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(7, seed)));
  }
  // The texts' points, through the cache; counts those that were made.
  Result<std::vector<std::vector<float>>> points(const std::vector<std::string>& texts, bool stop = false) {
    const auto encoder = encode::TextEncoder::load(folder_.path(), {.threads = 1}).value();
    TextBank bank;
    for (const std::string& text : texts) bank.add(text);
    n_made_ = 0;
    const auto done = bank.encode(encoder, folder_ / "points", [&](std::size_t n, std::size_t) {
      n_made_ = n;
      return !stop;
    });
    if (!done) return tl::unexpected(done.error());
    std::vector<std::vector<float>> all;
    for (std::size_t i = 0; i < bank.size(); ++i) {
      all.emplace_back(bank.point(i).begin(), bank.point(i).end());
      EXPECT_EQ(all.back(), encoder.encode(bank.text(i))) << bank.text(i);
    }
    return all;
  }

  files::test::Folder folder_;
  std::size_t n_made_ = 0;
};

TEST_F(TextBankTest, KeepsEachTextOnce) {
  TextBank bank;
  EXPECT_EQ(bank.add("red fox"), 0U);
  EXPECT_EQ(bank.add(""), 1U);
  EXPECT_EQ(bank.add("red fox"), 0U);
  EXPECT_EQ(bank.size(), 2U);
}

TEST_F(TextBankTest, MakesOnlyThePointsThatTheFileLacks) {
  ASSERT_TRUE(points({"red fox", "blue night"}).has_value());
  EXPECT_EQ(n_made_, 2U);
  ASSERT_TRUE(points({"night", "blue night", "red fox", ""}).has_value());
  EXPECT_EQ(n_made_, 2U);
  ASSERT_TRUE(points({"night", "blue night", "red fox", ""}).has_value());
  EXPECT_EQ(n_made_, 0U);
}

TEST_F(TextBankTest, GoesOnWhereAStoppedRunEnded) {
  EXPECT_EQ(points({"red fox"}, /*stop=*/true).error().code, ErrorCode::cancelled);
  const std::string whole = folder_.read("points");
  folder_.write("points", whole + whole.substr(8, 100));  // a record that was not finished
  ASSERT_TRUE(points({"red fox", "blue"}).has_value());
  EXPECT_EQ(n_made_, 1U);
  ASSERT_TRUE(points({"red fox", "blue"}).has_value());
  EXPECT_EQ(n_made_, 0U);
}

TEST_F(TextBankTest, RefusesTheFileOfAnotherEncoderAndLeavesItAlone) {
  ASSERT_TRUE(points({"red fox"}).has_value());
  const std::string before = folder_.read("points");
  write_encoder(2);
  const auto refused = points({"red fox"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("points"), std::string::npos);
  EXPECT_EQ(folder_.read("points"), before);
  folder_.write("points", "abc");
  EXPECT_FALSE(points({"red fox"}).has_value());
}

}  // namespace
}  // namespace updraft::learn
