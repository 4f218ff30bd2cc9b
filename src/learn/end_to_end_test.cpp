// Two processes of updraft-train, as torchrun would start them, and what becomes of one when the other is killed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "learn/small_run.h"
#include "learn/test_ranks.h"

namespace updraft::learn {
namespace {

namespace fs = std::filesystem;

struct Ended {
  int exit_code = -1;  // -signal, when one ended it
  std::string last_line;
};

// A running program whose stderr is read only as far as the test wants. What it prints a step soon fills the pipe, so
// it cannot run far ahead of the test, however fast it is.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::vector<std::pair<std::string, std::string>>& variables) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    id_ = ::fork();
    if (id_ == 0) {
      for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
      ::dup2(ends[1], STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    err_ = ends[0];
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (id_ > 0) {
      send(SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
    ::close(err_);
  }

  void send(int signal) const { ::kill(id_, signal); }

  // Reads stderr until a line starts so; false at its end.
  bool wait_for_line(const std::string& start) {
    while (read_line()) {
      if (line_.starts_with(start)) return true;
    }
    return false;
  }

  // Waits until it has ended by itself or by a signal; ctest's time limit is the bound.
  Ended end() {
    while (read_line()) {
    }
    int status = 0;
    ::waitpid(std::exchange(id_, -1), &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), line_};
  }

 private:
  // The next line into line_; at the end, false, and line_ stays.
  bool read_line() {
    std::string line;
    for (char c = 0; ::read(err_, &c, 1) == 1;) {
      if (c == '\n') {
        line_ = line;
        return true;
      }
      line += c;
    }
    return false;
  }

  pid_t id_ = -1;
  int err_ = -1;
  std::string line_;
};

class TwoProcesses : public testing::Test {
 protected:
  static constexpr int n_steps = 60;

  [[nodiscard]] std::unique_ptr<Process> start(const std::string& run, int rank, std::uint16_t port,
                                               const std::vector<std::string>& more = {}) const {
    const TrainOptions options = runs_.options(run, n_steps);
    std::vector<std::string> command = {
        UPDRAFT_TRAIN_PROGRAM, "distil", "--base", options.base, "--data", options.data, "--run", options.run,
        "--steps", std::to_string(n_steps), "--tokens-a-step", "256", "--rate", "1e-3", "--shortlist", "1024",
        "--threads", "1",
        // After every step: where a killed leader's run goes on does not depend on time.
        "--checkpoint-minutes", "0"};
    command.insert(command.end(), more.begin(), more.end());
    return std::make_unique<Process>(
        command, std::vector<std::pair<std::string, std::string>>{{"WORLD_SIZE", "2"},
                                                                  {"RANK", std::to_string(rank)},
                                                                  {"MASTER_ADDR", "127.0.0.1"},
                                                                  {"MASTER_PORT", std::to_string(port)}});
  }

  // Both from wherever the run is to its end.
  void finish(const std::string& run) const {
    const std::uint16_t port = test::free_port();
    const auto leader = start(run, 0, port), other = start(run, 1, port);
    const Ended led = leader->end(), followed = other->end();
    EXPECT_EQ(led.exit_code, 0) << led.last_line;
    EXPECT_EQ(followed.exit_code, 0) << followed.last_line;
  }

  void expect_losses_of_an_undisturbed_run(const std::string& run) const {
    finish("undisturbed");
    const auto whole = runs_.losses("undisturbed"), parts = runs_.losses(run);
    ASSERT_EQ(whole.size(), static_cast<std::size_t>(n_steps));
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 1e-3 * whole[i]) << "step " << i + 1;
  }

  test::SmallRuns runs_;
};

TEST_F(TwoProcesses, OneKilledTheLeaderSavesAndEnds) {
  const std::uint16_t port = test::free_port();
  const auto leader = start("run", 0, port), other = start("run", 1, port);
  ASSERT_TRUE(leader->wait_for_line("step 5/")) << leader->end().last_line;
  other->send(SIGKILL);
  const Ended led = leader->end();
  EXPECT_EQ(led.exit_code, 1);
  EXPECT_TRUE(led.last_line.starts_with("updraft-train: stopped after step ")) << led.last_line;
  EXPECT_TRUE(led.last_line.ends_with("the same commands go on from there")) << led.last_line;
  EXPECT_TRUE(fs::exists(runs_.folder() / "run/checkpoint.bin"));
  EXPECT_LT(runs_.losses("run").size(), static_cast<std::size_t>(n_steps));
  finish("run");
  expect_losses_of_an_undisturbed_run("run");
}

TEST_F(TwoProcesses, TheLeaderKilledTheOtherEndsAndTheLastCheckpointIsThere) {
  const std::uint16_t port = test::free_port();
  const auto leader = start("run", 0, port), other = start("run", 1, port);
  ASSERT_TRUE(leader->wait_for_line("step 5/")) << leader->end().last_line;
  leader->send(SIGKILL);
  const Ended followed = other->end();
  EXPECT_EQ(followed.exit_code, 1);
  EXPECT_TRUE(followed.last_line.starts_with("updraft-train: stopped after step ")) << followed.last_line;
  EXPECT_TRUE(followed.last_line.ends_with("the same commands go on from the leader's last checkpoint"))
      << followed.last_line;
  EXPECT_EQ(leader->end().exit_code, -SIGKILL);
  EXPECT_TRUE(fs::exists(runs_.folder() / "run/checkpoint.bin"));
  finish("run");
  expect_losses_of_an_undisturbed_run("run");
}

// As when its machine has vanished from the network: nothing tells the leader, whose patience ends.
TEST_F(TwoProcesses, OneThatHangsIsGivenUp) {
  const std::uint16_t port = test::free_port();
  const std::vector<std::string> patience = {"--patience", "12"};
  const auto leader = start("run", 0, port, patience), other = start("run", 1, port, patience);
  ASSERT_TRUE(leader->wait_for_line("step 3/")) << leader->end().last_line;
  other->send(SIGSTOP);
  const Ended led = leader->end();
  EXPECT_EQ(led.exit_code, 1);
  EXPECT_TRUE(led.last_line.starts_with("updraft-train: stopped after step ")) << led.last_line;
  EXPECT_TRUE(fs::exists(runs_.folder() / "run/checkpoint.bin"));
}

TEST_F(TwoProcesses, ADamagedCheckpointEndsBoth) {
  fs::create_directory(runs_.folder() / "run");
  runs_.folder().write("run/checkpoint.bin", "updraft2 and nothing behind it");
  const std::uint16_t port = test::free_port();
  const auto leader = start("run", 0, port), other = start("run", 1, port);
  const Ended led = leader->end(), followed = other->end();
  EXPECT_EQ(led.exit_code, 2);
  EXPECT_NE(led.last_line.find("run/checkpoint.bin: not a checkpoint"), std::string::npos) << led.last_line;
  EXPECT_EQ(followed.exit_code, 1);
  EXPECT_NE(followed.last_line.find("another process of the team is gone"), std::string::npos) << followed.last_line;
}

TEST_F(TwoProcesses, NcclIsRefusedWhereTheBuildHasNone) {
#ifndef UPDRAFT_NCCL
  const auto one = start("run", 0, test::free_port(), {"--backend", "nccl"});
  const Ended ended = one->end();
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.last_line.find("no NCCL"), std::string::npos) << ended.last_line;
#else
  GTEST_SKIP() << "this build has NCCL";
#endif
}

}  // namespace
}  // namespace updraft::learn
