#include "reward/cross_scorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "files/test_folder.h"
#include "gguf/types.h"
#include "reward/small_cross_scorer.h"

namespace updraft::reward {
namespace {

constexpr CrossScorerShape small = {.dimension = 12, .width = 8, .hidden = 6};

class CrossScorerFile : public testing::Test {
 protected:
  CrossScorerFile() : contents_(test::random_weights(small).contents("a test")) {}

  Result<CrossScorer> load() {
    const auto written = gguf::write(folder_ / "scorer.gguf", contents_);
    EXPECT_TRUE(written.has_value());
    return CrossScorer::load(folder_ / "scorer.gguf", small.dimension);
  }
  void expect_refused(ErrorCode code, const std::string& word) {
    const auto scorer = load();
    ASSERT_FALSE(scorer.has_value()) << word;
    EXPECT_EQ(scorer.error().code, code) << scorer.error().message;
    EXPECT_NE(scorer.error().message.find(word), std::string::npos) << scorer.error().message;
    EXPECT_NE(scorer.error().message.find("scorer.gguf"), std::string::npos) << scorer.error().message;
    contents_ = test::random_weights(small).contents("a test");
  }
  gguf::WriteTensor& tensor(const std::string& name) {
    return *std::find_if(contents_.tensors.begin(), contents_.tensors.end(),
                         [&](const gguf::WriteTensor& t) { return t.name == name; });
  }

  files::test::Folder folder_;
  gguf::Contents contents_;
};

TEST_F(CrossScorerFile, ScoresWithEachTasksOwnWeights) {
  // Weights by which the logit can be told by hand: one unit hears the cosine, the other one lexical feature.
  CrossScorerWeights weights(small);
  const auto c = static_cast<std::size_t>(small.compared()), w = static_cast<std::size_t>(small.width);
  const auto h = static_cast<std::size_t>(small.hidden), t = static_cast<std::size_t>(Task::related);
  const auto number_kept = static_cast<std::size_t>(LexicalFeature::number_kept);
  weights.hidden[t * c * h + 2 * w * h] = 2;
  weights.hidden[t * c * h + (2 * w + 1 + number_kept) * h + 1] = 1;
  weights.hidden_bias[t * h] = -0.5F;
  weights.output[t * h] = 3;
  weights.output[t * h + 1] = -1;
  weights.output_bias[t] = 0.25F;
  std::vector<float> points(3 * 12);  // two prompts, the intent
  points[0] = 1;
  points[12] = 0.6F, points[13] = 0.8F;
  points[24] = 1;
  std::array<LexicalFeatures, 2> lexical = {};
  lexical[0][number_kept] = 1;
  const CrossScorer scorer(weights);
  const auto all = std::span<const float>(points);
  const auto logits = scorer.logits(Task::related, all.subspan(24), all, lexical);
  ASSERT_EQ(logits.size(), 2U);
  EXPECT_NEAR(logits[0], 0.25 + 3 * (2 * 1 - 0.5) - 1, 1e-5);
  EXPECT_NEAR(logits[1], 0.25 + 3 * (2 * 0.6 - 0.5), 1e-5);
  EXPECT_EQ(scorer.logits(Task::query, all.subspan(24), all, lexical), (std::vector<double>{0, 0}));
  EXPECT_TRUE(scorer.logits(Task::query, all.subspan(24), all, {}).empty());
}

TEST_F(CrossScorerFile, HearsTheProductAndTheDistanceOfTheProjectedPoints) {
  CrossScorerWeights weights(small);
  const auto h = static_cast<std::size_t>(small.hidden), w = static_cast<std::size_t>(small.width);
  weights.intent[1] = 1;        // u[1] = the intent's first value
  weights.prompt[w + 1] = 0.5;  // v[1] = half of the prompt's second
  weights.hidden[1 * h] = 1;    // of query is behind that of intent
  const std::size_t t = static_cast<std::size_t>(Task::query) * static_cast<std::size_t>(small.compared()) * h;
  weights.hidden[t + 1 * h] = 1;
  weights.hidden[t + (w + 1) * h + 1] = 1;
  weights.output[static_cast<std::size_t>(Task::query) * h] = 1;
  weights.output[static_cast<std::size_t>(Task::query) * h + 1] = 10;
  std::vector<float> intent(12), prompt(12);
  intent[0] = 1;
  prompt[1] = 1;
  const LexicalFeatures lexical = {};
  const auto logits = CrossScorer(weights).logits(Task::query, intent, prompt, {&lexical, 1});
  EXPECT_NEAR(logits[0], 12 * 0.5 + 10 * std::sqrt(12.0) * 0.5, 1e-4);
}

TEST_F(CrossScorerFile, GivesWhatItsWeightsGave) {
  const auto scorer = load();
  ASSERT_TRUE(scorer.has_value()) << scorer.error().message;
  EXPECT_EQ(scorer->shape().width, small.width);
  std::vector<float> intent(12, std::sqrt(1 / 12.0F)), prompt(12);
  prompt[3] = 1;
  const LexicalFeatures lexical = {0.5F, 1};
  const CrossScorer before(test::random_weights(small));
  for (const Task task : prompt_tasks) {
    EXPECT_NEAR(scorer->logits(task, intent, prompt, {&lexical, 1})[0],
                before.logits(task, intent, prompt, {&lexical, 1})[0], 0.01);
  }
}

TEST_F(CrossScorerFile, IsRefusedWhereItIsNoneOrOfAnotherKind) {
  EXPECT_EQ(CrossScorer::load(folder_ / "nothing.gguf", small.dimension).error().code, ErrorCode::not_found);
  contents_.metadata[0].second = "llama";
  expect_refused(ErrorCode::unsupported, "cross-scorer");
  contents_.metadata[3].second = std::uint32_t{99};
  expect_refused(ErrorCode::unsupported, "version");
  contents_.metadata[4].second = std::uint32_t{3};
  expect_refused(ErrorCode::unsupported, "lexical_features");
  contents_.metadata.pop_back();
  expect_refused(ErrorCode::corrupt, "lexical_features");
  contents_.metadata.clear();
  expect_refused(ErrorCode::corrupt, "general.architecture");
}

TEST_F(CrossScorerFile, IsRefusedWhereATensorIsMissingOrMisshapenOrHoldsNoNumbers) {
  const gguf::Contents whole = test::random_weights(small).contents("a test");
  for (const gguf::WriteTensor& t : whole.tensors) {
    const std::string name = t.name;
    std::erase_if(contents_.tensors, [&](const gguf::WriteTensor& other) { return other.name == name; });
    EXPECT_FALSE(load().has_value()) << name;
    contents_ = test::random_weights(small).contents("a test");
    tensor(name).shape.front() -= 1;
    tensor(name).data.resize(tensor(name).data.size() - t.data.size() / t.shape.front());
    if (tensor(name).shape.front() > 0) {
      EXPECT_FALSE(load().has_value()) << name;
    }
    contents_ = test::random_weights(small).contents("a test");
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      gguf::WriteTensor& spoilt = tensor(name);
      gguf::quantize(spoilt.type, {&bad, 1}, std::span(spoilt.data).first(gguf::row_bytes(spoilt.type, 1)));
      expect_refused(ErrorCode::corrupt, name);
    }
  }
}

TEST_F(CrossScorerFile, IsRefusedWhereItsSizeIsNotSupported) {
  contents_ = test::random_weights({8, 8, 6}).contents("a test");
  expect_refused(ErrorCode::unsupported, "dimension 8, not 12");
  for (const CrossScorerShape& shape :
       {CrossScorerShape{5000, 1, 1}, CrossScorerShape{12, 600, 1}, CrossScorerShape{12, 1, 2000}}) {
    contents_ = test::random_weights(shape).contents("a test");
    expect_refused(ErrorCode::unsupported, "size");
  }
}

TEST_F(CrossScorerFile, IsRefusedCutAtAnyPlaceAndSurvivesAnyByteChanged) {
  ASSERT_TRUE(load().has_value());
  const std::string whole = folder_.read("scorer.gguf");
  for (std::size_t length = 0; length + 64 < whole.size(); length += 17) {  // what pads the end may go
    folder_.write("cut.gguf", whole.substr(0, length));
    EXPECT_FALSE(CrossScorer::load(folder_ / "cut.gguf", small.dimension).has_value()) << length;
  }
  // In the part that describes the tensors; many changes are found, none may do harm.
  std::size_t n_refused = 0, n_changed = 0;
  for (std::size_t at = 0; at < 1500; at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x5a);
    folder_.write("changed.gguf", changed);
    n_refused += CrossScorer::load(folder_ / "changed.gguf", small.dimension).has_value() ? 0 : 1;
    ++n_changed;
  }
  EXPECT_GT(n_refused, n_changed / 4);
}

TEST_F(CrossScorerFile, IsFoundBesideTheTextEncoder) {
  const auto found = [&] { return CrossScorer::beside(folder_ / "encoder.gguf", small.dimension); };
  ASSERT_TRUE(found().has_value());
  EXPECT_FALSE(found()->has_value());
  ASSERT_TRUE(gguf::write(folder_ / "cross-scorer.gguf", contents_).has_value());
  ASSERT_TRUE(found().has_value());
  EXPECT_TRUE(found()->has_value());
  folder_.write("cross-scorer.gguf", "nothing");
  EXPECT_FALSE(found().has_value()) << "a file that is wrong is no reason to go on without";
}

}  // namespace
}  // namespace updraft::reward
