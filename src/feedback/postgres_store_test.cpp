// The store on a real PostgreSQL server, which the tests start: in a temporary folder, reached by a socket there.
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <csignal>
#include <thread>

#include "feedback/postgres.h"
#include "feedback/store_contract.h"
#include "files/test_folder.h"

namespace updraft::feedback {
namespace {

using namespace test;
namespace fs = std::filesystem;

const std::string password = "s3cret/+%";
const std::string password_in_url = "s3cret%2F%2B%25";

class Server {
 public:
  Server() {
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;  // it refuses to run as root
    if (user != nullptr) {
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
    }
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) bin_ = version.path() / "bin";
    folder_.write("password", password);
    own(folder_.path());
    own(folder_ / "password");
    wait(start({bin_ / "initdb", "--pgdata", folder_ / "data", "--username", "postgres", "--auth", "scram-sha-256",
                "--pwfile", folder_ / "password", "--encoding", "UTF8", "--no-locale", "--no-sync"}));
    run();
  }
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void run() {
    process_ = start({bin_ / "postgres", "-D", folder_ / "data", "-k", folder_.path(), "-c", "listen_addresses=", "-c",
                      "fsync=off", "-c", "max_connections=30"});
    const LibPq& libpq = *must(LibPq::load());
    const ServerUrl server = must(ServerUrl::parse(libpq, url("postgres")));
    std::string error;
    for (int i = 0; i < 600; ++i) {
      const auto connection = Connection::open(libpq, server);
      if (connection) return;
      error = connection.error().message;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    throw std::runtime_error("the server does not start: " + error + "\n" + folder_.read("log"));
  }
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGQUIT);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
  }

  [[nodiscard]] std::string url(const std::string& database, const std::string& secret = password_in_url) const {
    return "postgresql://postgres:" + secret + "@/" + database + "?host=" + folder_.path().string();
  }
  // Runs statements in a database.
  void sql(const std::string& database, const std::string& statements) const {
    const LibPq& libpq = *must(LibPq::load());
    const ServerUrl server = must(ServerUrl::parse(libpq, url(database)));
    Connection connection = must(Connection::open(libpq, server));
    static_cast<void>(must(connection.run(statements.c_str())));
  }

 private:
  void own(const fs::path& path) const {
    if (uid_ != 0 && ::chown(path.c_str(), uid_, gid_) != 0) throw std::runtime_error("cannot give files away");
  }
  pid_t start(const std::vector<std::string>& command) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (uid_ != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(gid_) != 0 || ::setuid(uid_) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // it never outlives the test
    if (::chdir("/") != 0) ::_exit(126);
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  void wait(pid_t child) const {
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) {
      throw std::runtime_error("initdb failed: " + folder_.read("log"));
    }
  }

  files::test::Folder folder_;
  fs::path bin_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t process_ = 0;
};

Server& server() {
  static Server started;
  return started;
}

class NewDatabase final : public Place {
 public:
  NewDatabase() { server().sql("postgres", "CREATE DATABASE " + name_); }
  ~NewDatabase() override { server().sql("postgres", "DROP DATABASE " + name_ + " WITH (FORCE)"); }
  [[nodiscard]] std::string name() const override { return server().url(name_); }
  [[nodiscard]] const std::string& database() const { return name_; }

 private:
  static inline int count = 0;
  std::string name_ = "store" + std::to_string(++count);
};

std::unique_ptr<Place> make_database() { return std::make_unique<NewDatabase>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(&make_database));

TEST(PostgresStore, ConnectsAgainWhenTheServerWasAway) {
  const NewDatabase place;
  auto store = must(FeedbackStore::open(place.name()));
  ASSERT_TRUE(store.add(events("a", 2)));
  server().stop();
  const auto away = store.add(events("b", 1));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::io);
  EXPECT_EQ(away.error().message.find('\n'), std::string::npos) << away.error().message;
  EXPECT_TRUE(away.error().message.starts_with(store.place() + ": ")) << away.error().message;
  EXPECT_FALSE(store.each([](const FeedbackEvent&) { return true; }));
  EXPECT_FALSE(store.stats());
  server().run();
  ASSERT_TRUE(store.add(events("b", 1)));
  EXPECT_EQ(ids(store), "a0 a1 b0");
  server().sql("postgres",
               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + place.database() + "'");
  EXPECT_TRUE(store.add(events("c", 1))) << "a connection that was lost is made anew without a word";
}

TEST(PostgresStore, NeverTellsAPassword) {
  const NewDatabase place;
  EXPECT_EQ(must(FeedbackStore::open(place.name())).place().find("s3cret"), std::string::npos);
  const std::string wrong = "wr0ng-secret";
  for (const std::string& url :
       {server().url("postgres", wrong), server().url("no_such_database"), "postgresql://ann:" + wrong + "@[::1/x",
        "postgresql://ann:" + wrong + "@/x?nonsense=1", "postgresql://ann:" + wrong + "%zz@/x",
        "postgresql://ann:" + wrong + "@localhost:1/x",
        "postgresql://ann:" + wrong + "@no-such-host.invalid/x?connect_timeout=2"}) {
    const auto refused = FeedbackStore::open(url);
    ASSERT_FALSE(refused) << url;
    const std::string& message = refused.error().message;
    EXPECT_EQ(message.find(wrong), std::string::npos) << message;
    EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(PostgresStore, RefusesATableOfANewerVersionAndAnotherEncoding) {
  const NewDatabase place;
  ASSERT_TRUE(FeedbackStore::open(place.name()));
  server().sql(place.database(), "UPDATE updraft_feedback_format SET version = 1000");
  const auto newer = FeedbackStore::open(place.name());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::unsupported);
  EXPECT_NE(newer.error().message.find("newer updraft"), std::string::npos);
  server().sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  const auto latin = FeedbackStore::open(server().url("latin"));
  ASSERT_FALSE(latin);
  EXPECT_NE(latin.error().message.find("LATIN1; it must be UTF8"), std::string::npos) << latin.error().message;
}

TEST(PostgresStore, BringsATableOfTheFirstVersionUpToDate) {
  const NewDatabase place;
  server().sql(place.database(), read_testdata("version_1_postgres.sql"));
  auto store = must(FeedbackStore::open(place.name()));
  expect_version_1(store);
  server().sql(place.database(), "DROP INDEX updraft_feedback_by_asset");  // an error where there is none
}

TEST(PostgresStore, ToldOfARowThatIsNoEventSaysSo) {
  const NewDatabase place;
  const auto store = must(FeedbackStore::open(place.name()));
  server().sql(place.database(),
               "INSERT INTO updraft_feedback(id, kind, person, session, intent, task, prompt, position, words, ret,"
               " asset, at) VALUES ('x', 'hover', '', '', 'a', 'query', 'b', 0, 1, 9, '', 0)");
  const auto done = store.each([](const FeedbackEvent&) { return true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace updraft::feedback
