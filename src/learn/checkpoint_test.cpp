#include "learn/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/test_folder.h"

namespace updraft::learn {
namespace {

namespace fs = std::filesystem;

constexpr Shape shape{.n_vocab = 33, .n_layers = 1, .d_model = 8, .n_heads = 2, .n_kv_heads = 1, .d_ff = 12};

// A run's state whose numbers all tell the step.
struct State {
  explicit State(std::int64_t step) {
    const auto s = static_cast<float>(step);
    parameters.value.fill_(s);
    optimizer.mean.fill_(s + 0.25F);
    optimizer.variance.fill_(s + 0.5F);
    progress = {.step = step, .tokens = 100 * step, .seconds = 2.5};
  }
  [[nodiscard]] Result<> save(const fs::path& path) const {
    return save_checkpoint(path, parameters, optimizer, progress);
  }
  Result<> load(const fs::path& path) {
    const auto loaded = load_checkpoint(path, parameters, optimizer);
    if (!loaded) return tl::unexpected(loaded.error());
    progress = *loaded;
    return {};
  }
  [[nodiscard]] bool is(const State& other) const {
    return at::equal(parameters.value, other.parameters.value) && at::equal(optimizer.mean, other.optimizer.mean) &&
           at::equal(optimizer.variance, other.optimizer.variance) && progress.step == other.progress.step &&
           progress.tokens == other.progress.tokens && progress.seconds == other.progress.seconds;
  }

  Parameters parameters{shape};
  AdamW optimizer{parameters.value.numel()};
  Progress progress;
};

class Checkpoint : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(State(1).save(path_)); }

  void expect_corrupt(const std::string& what) {
    State state(0);
    const auto loaded = state.load(path_);
    ASSERT_FALSE(loaded) << what;
    EXPECT_EQ(loaded.error().code, ErrorCode::corrupt) << what;
    EXPECT_TRUE(loaded.error().message.starts_with(path_.string() + ": ")) << loaded.error().message;
    EXPECT_EQ(loaded.error().message.find('\n'), std::string::npos) << loaded.error().message;
  }

  files::test::Folder folder_;
  fs::path path_ = folder_ / "checkpoint.bin";
};

TEST_F(Checkpoint, HoldsAllOfARunsState) {
  State state(0);
  ASSERT_TRUE(state.load(path_));
  EXPECT_TRUE(state.is(State(1)));
}

TEST_F(Checkpoint, ThatIsCutOffOrTooLongIsRefused) {
  const std::string whole = folder_.read("checkpoint.bin");
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{7}, std::size_t{40}, whole.size() / 2, whole.size() - 1}) {
    folder_.write("checkpoint.bin", whole.substr(0, length));
    expect_corrupt("cut at " + std::to_string(length));
  }
  folder_.write("checkpoint.bin", whole + "x");
  expect_corrupt("one byte more");
}

TEST_F(Checkpoint, WithOneWrongBitIsRefused) {
  const std::string whole = folder_.read("checkpoint.bin");
  for (std::size_t at = 0; at < whole.size(); at += at < 64 ? 1 : 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    folder_.write("checkpoint.bin", damaged);
    expect_corrupt("bit at byte " + std::to_string(at));
  }
}

TEST_F(Checkpoint, OfAnotherModelIsRefused) {
  Shape wider = shape;
  wider.d_ff += 1;
  Parameters parameters(wider);
  AdamW optimizer(parameters.value.numel());
  const auto loaded = load_checkpoint(path_, parameters, optimizer);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::corrupt);
}

// Runs of the first version may still be under way.
TEST_F(Checkpoint, OfTheFirstVersionIsRead) {
  std::string old = folder_.read("checkpoint.bin");
  old[7] = '1';
  folder_.write("checkpoint.bin", old.substr(0, old.size() - 8));
  State state(0);
  ASSERT_TRUE(state.load(path_));
  EXPECT_TRUE(state.is(State(1)));
}

// A limit of file size ends the process at that very byte with a signal, as kill -9 would there.
TEST_F(Checkpoint, ThatIsBeingReplacedStaysWholeWhenTheProcessIsKilled) {
  const std::uintmax_t size = fs::file_size(path_);
  const State next(2);
  for (const std::uintmax_t limit : {std::uintmax_t{0}, std::uintmax_t{20}, size / 3, size - 1}) {
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit cut{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &cut);
      static_cast<void>(next.save(path_));
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the limit of " << limit << " bytes did not end it";
    State state(0);
    ASSERT_TRUE(state.load(path_)) << limit;
    EXPECT_TRUE(state.is(State(1))) << limit;
  }
  ASSERT_TRUE(next.save(path_));
  State state(0);
  ASSERT_TRUE(state.load(path_));
  EXPECT_TRUE(state.is(next));
}

}  // namespace
}  // namespace updraft::learn
