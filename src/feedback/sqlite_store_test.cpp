#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>

#include "feedback/store_contract.h"
#include "files/test_folder.h"
#include "sqlite/database.h"

namespace updraft::feedback {
namespace {

using namespace test;

class File final : public Place {
 public:
  [[nodiscard]] std::string name() const override { return folder_ / "feedback.sqlite"; }

 private:
  files::test::Folder folder_;
};

std::unique_ptr<Place> make_file() { return std::make_unique<File>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_file));

class SqliteStore : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / "feedback.sqlite"; }
  [[nodiscard]] Result<FeedbackStore> open() const { return FeedbackStore::open(path()); }
  [[nodiscard]] std::string refusal() const {
    const auto store = open();
    return store ? "" : store.error().message;
  }
  files::test::Folder folder_;
};

// A child that adds batches of three as fast as it can and tells each one that was acknowledged.
TEST_F(SqliteStore, LosesNothingThatWasAcknowledgedWhenKilled) {
  std::set<int> acknowledged;
  int next = 0;
  for (int kill = 0; kill < 12; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      auto store = open();
      for (int batch = next; store; ++batch) {
        if (!store->add(events("b" + std::to_string(batch) + "-", 3))) break;
        if (::write(pipe[1], &batch, sizeof batch) != sizeof batch) break;
      }
      ::_exit(1);
    }
    ::close(pipe[1]);
    // Later and later within a batch: the next one has begun for some microseconds more each time.
    int batch = 0;
    for (int n = 0; n < 5 && ::read(pipe[0], &batch, sizeof batch) == sizeof batch; ++n) acknowledged.insert(batch);
    ::usleep(static_cast<useconds_t>(150 * kill));
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &batch, sizeof batch) == sizeof batch) acknowledged.insert(batch);
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";

    const auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    std::map<std::string, int> batches;
    ASSERT_TRUE(store->each([&](const FeedbackEvent& e) {
      ++batches[e.id.substr(1, e.id.find('-') - 1)];
      return true;
    }));
    for (const int told : acknowledged) ASSERT_EQ(batches[std::to_string(told)], 3) << "batch " << told;
    for (const auto& [number, n] : batches) ASSERT_EQ(n, 3) << "half of batch " << number;
    next = *acknowledged.rbegin() + 2;
  }
  EXPECT_GE(acknowledged.size(), 60U);
}

TEST_F(SqliteStore, SaysThatTheDiskIsFullAndLivesOn) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto store = open();
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->add(events("before", 10)));
  rlimit all{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &all), 0);
  const rlimit cut{300'000, all.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &cut), 0);
  std::string stored = "before0 before1 before2 before3 before4 before5 before6 before7 before8 before9", error;
  for (int i = 0; i < 1000 && error.empty(); ++i) {
    const auto done = store->add(std::vector{event("e" + std::to_string(i))});
    if (done)
      stored += " e" + std::to_string(i);
    else
      error = done.error().message;
  }
  EXPECT_NE(error.find("disk"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos);
  EXPECT_EQ(ids(*store), stored) << "it can still be read";
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &all), 0);
  ASSERT_TRUE(store->add(events("after", 1))) << "there is room again";
  EXPECT_EQ(ids(*store), stored + " after0");
}

TEST_F(SqliteStore, SaysThatAnotherProcessHoldsItAndLivesOn) {
  auto store = open();
  ASSERT_TRUE(store);
  {
    const auto other = sqlite::Database::open(path(), sqlite::Database::Mode::write);
    ASSERT_TRUE(other);
    const auto held = sqlite::Transaction::begin(**other, sqlite::Transaction::Kind::write);
    ASSERT_TRUE(held);
    const auto done = store->add(events("a", 1));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::io);
    EXPECT_EQ(done.error().message, path() + ": another process holds it");
    EXPECT_EQ(ids(*store), "");
  }
  ASSERT_TRUE(store->add(events("a", 1)));
}

TEST_F(SqliteStore, RefusesWhatIsNone) {
  folder_.write("feedback.sqlite", std::string(8192, 'x'));
  EXPECT_EQ(refusal(), path() + ": it is damaged, or another program's file");
  std::filesystem::remove(path());
  {
    const auto other = sqlite::Database::open(path(), sqlite::Database::Mode::write);
    ASSERT_TRUE((*other)->run("CREATE TABLE mine(x)"));
  }
  EXPECT_EQ(refusal(), path() + ": there is another program's database in the store of feedback's place");
  std::filesystem::remove(path());
  ASSERT_TRUE(open());
  {
    const auto newer = sqlite::Database::open(path(), sqlite::Database::Mode::write);
    ASSERT_TRUE((*newer)->run("PRAGMA user_version = 1000"));
  }
  EXPECT_EQ(refusal(), path() + ": the store of feedback was made by a newer updraft");
  const auto nowhere = FeedbackStore::open(folder_ / "no/such/folder.sqlite");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::not_found);
  EXPECT_FALSE(FeedbackStore::open(folder_.path()));
  EXPECT_FALSE(FeedbackStore::open(""));
}

TEST_F(SqliteStore, BringsAFileOfTheFirstVersionUpToDate) {
  {
    const auto old = sqlite::Database::open(path(), sqlite::Database::Mode::write);
    ASSERT_TRUE(old);
    const auto made = (*old)->run(read_testdata("version_1.sql"));
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_EQ((*old)->integer("PRAGMA user_version").value(), 1);
  }
  auto store = must(open());
  expect_version_1(store);
  const auto now = sqlite::Database::open(path(), sqlite::Database::Mode::read);
  ASSERT_TRUE(now);
  EXPECT_EQ((*now)->integer("PRAGMA user_version").value(), 2);
}

TEST_F(SqliteStore, SumsAssetsUpFromAnIndexAlone) {
  ASSERT_TRUE(must(open()).add(events("e", 3)));
  const auto database = sqlite::Database::open(path(), sqlite::Database::Mode::read);
  ASSERT_TRUE(database);
  auto plan =
      must((*database)->prepare("EXPLAIN QUERY PLAN SELECT asset, position, count(*) FILTER (WHERE kind = 'like')"
                                " FROM events WHERE asset <> '' GROUP BY asset, user, session, position"));
  ASSERT_TRUE(must(plan.step()));
  EXPECT_EQ(plan.text(3), "SCAN events USING COVERING INDEX events_by_asset");
}

// Some bytes of each part of the file are overwritten: whatever that was, nobody crashes.
TEST_F(SqliteStore, SurvivesADamagedFile) {
  {
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->add(events("e", 60)));
  }
  const std::string whole = folder_.read("feedback.sqlite");
  ASSERT_GT(whole.size(), 20'000U);
  int damaged = 0;
  for (std::size_t at = 0; at < whole.size(); at += 331) {
    std::string bytes = whole;
    for (std::size_t i = at; i < std::min(at + 8, bytes.size()); ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0xA5);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    folder_.write("feedback.sqlite", bytes);
    auto store = open();
    const auto tell = [&](const auto& result) {
      if (result) return;
      ++damaged;
      EXPECT_EQ(result.error().message.find('\n'), std::string::npos) << result.error().message;
      EXPECT_TRUE(result.error().message.starts_with(path())) << result.error().message;
    };
    tell(store);
    if (!store) continue;
    tell(store->each([](const FeedbackEvent& e) { return check(e).has_value(); }));
    tell(store->stats());
    tell(store->add(events("new", 2)));
    tell(store->delete_user("ann"));
  }
  EXPECT_GT(damaged, 10);
}

TEST_F(SqliteStore, LeavesNothingOfADeletedUserInItsFiles) {
  auto store = open();
  ASSERT_TRUE(store);
  FeedbackEvent secret = event("1", "ann");
  secret.intent = "surprise party for grandmother";
  secret.asset = "grandmother's cake";
  ASSERT_TRUE(store->add(std::vector{secret, event("2", "bob")}));
  const auto holds = [&](const std::string& text) {
    return (folder_.read("feedback.sqlite") + folder_.read("feedback.sqlite-wal")).find(text) != std::string::npos;
  };
  ASSERT_TRUE(holds("grandmother"));
  ASSERT_TRUE(store->delete_user("ann"));
  EXPECT_FALSE(holds("grandmother"));
  EXPECT_TRUE(holds("bob"));
}

TEST_F(SqliteStore, IsNobodyElsesBusiness) {
  ASSERT_TRUE(open());
  struct stat about {};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace updraft::feedback
