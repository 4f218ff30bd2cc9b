#include "catalogue/embedded_words.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "catalogue/stored.h"
#include "files/test_folder.h"

namespace updraft::catalogue {
namespace {

// Words as a catalogue has them: the first stands nearly everywhere, the last in few titles.
std::string word(std::size_t i) { return "word" + std::string(1, static_cast<char>('a' + i)); }
constexpr std::size_t n_words = 20;

std::size_t below(std::size_t n, std::mt19937& random) { return random() % n; }

std::string some_words(std::size_t most, std::mt19937& random) {
  std::string text;
  for (std::size_t n = below(most + 1, random); n > 0; --n) {
    text += word(below(1 + below(1 + below(n_words, random), random), random)) + " ";
  }
  return text;
}

class BestRows : public testing::Test {
 protected:
  void SetUp() override {
    auto database = sqlite::Database::open(folder_ / "catalogue.sqlite", sqlite::Database::Mode::write);
    ASSERT_TRUE(database && migrate(**database, format));
    database_ = *std::move(database);
    auto transaction = sqlite::Transaction::begin(*database_, sqlite::Transaction::Kind::write);
    ASSERT_TRUE(transaction);
    auto put = database_->prepare("INSERT INTO texts(rowid, title, tags, description) VALUES (?, ?, ?, ?)");
    ASSERT_TRUE(put);
    std::mt19937 random(3);
    for (std::size_t i = 1; i <= n_rows; ++i) {
      const std::string title = some_words(4, random), tags = some_words(6, random), text = some_words(12, random);
      ASSERT_TRUE(put->with(static_cast<std::int64_t>(i), std::string_view(title), std::string_view(tags),
                            std::string_view(text))
                      .run());
    }
    ASSERT_TRUE(transaction->commit());
  }

  static constexpr std::size_t n_rows = 1'500;
  files::test::Folder folder_;
  std::unique_ptr<sqlite::Database> database_;
};

std::string told(const Result<std::vector<RankedRow>>& ranked) {
  if (!ranked) return ranked.error().message;
  std::ostringstream out;
  out.precision(12);
  for (const RankedRow& one : *ranked) out << one.row << " " << one.score << "\n";
  return out.str();
}

TEST_F(BestRows, AreThoseThatRankingEachRowFinds) {
  std::mt19937 random(4);
  for (int query = 0; query < 60; ++query) {
    std::vector<std::string> words;
    for (std::size_t n = 1 + below(5, random); n > 0; --n) words.push_back(word(below(n_words, random)));
    std::optional<std::vector<Row>> allowed;
    if (query % 3 == 2) {
      allowed.emplace();
      for (std::size_t i = 1; i <= n_rows; ++i) {
        if (below(2, random) == 0) allowed->push_back(static_cast<Row>(i));
      }
    }
    for (const std::size_t k : {1U, 10U, 200U}) {
      const auto best = best_rows(*database_, words, n_rows, allowed, k);
      ASSERT_EQ(told(best), told(rank_rows(*database_, words, allowed, k))) << "of query " << query << ", k = " << k;
      ASSERT_FALSE(best->empty());
    }
  }
}

TEST_F(BestRows, AreFoundForWordsThatTheIndexReadsInItsOwnWay) {
  const std::vector<std::vector<std::string>> queries = {
      {"wordb", "wordbs", "wordf"},   // one stem
      {"wordb wordc", "wordd"},       // two words in a row
      {"...", "wordc", "wordk"},      // none
      {"wordd", "wordd", "nothing"},  // twice
  };
  for (const auto& words : queries) {
    for (const std::size_t k : {1U, 20U}) {
      const auto best = best_rows(*database_, words, n_rows, {}, k);
      ASSERT_EQ(told(best), told(rank_rows(*database_, words, {}, k))) << words[0];
      ASSERT_FALSE(best->empty());
    }
  }
}

TEST_F(BestRows, AreNoneOfWordsThatNoRowHolds) {
  const std::vector<std::string> words = {"nothing"};
  EXPECT_EQ(told(best_rows(*database_, words, n_rows, {}, 10)), "");
  EXPECT_EQ(told(best_rows(*database_, {}, n_rows, {}, 10)), "");
  EXPECT_EQ(told(best_rows(*database_, words, n_rows, std::vector<Row>(), 10)), "");
}

TEST_F(BestRows, TellWhatTheDatabaseSaysOfAFailure) {
  const sqlite::Database& database = *database_;
  ASSERT_TRUE(database.run("DROP TABLE texts"));
  const std::vector<std::string> words = {word(0)};
  EXPECT_FALSE(best_rows(database, words, n_rows, {}, 10));
}

}  // namespace
}  // namespace updraft::catalogue
