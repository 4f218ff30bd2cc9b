#include "sight/tags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace updraft::sight {
namespace {

const std::vector<std::string> heads = {"cat", "tree"}, classes = {"tabby", "tree", "tiger / big cat"};

gguf::Contents contents() {
  std::vector<float> weight(64);
  weight[0] = 2;        // of "cat": the first hidden value
  weight[32 + 1] = -1;  // of "tree": the second one, against it
  return Tags::contents(heads, weight, std::vector<float>{-1, 0.5}, classes).value();
}

Result<Tags> loaded(const gguf::Contents& of) {
  const auto bytes = gguf::to_bytes(of).value();
  const auto file = gguf::File::parse(bytes);
  if (!file) return tl::unexpected(file.error());
  return Tags::from(*file);
}

encode::EncodedImage image() {
  encode::EncodedImage image;
  image.logits = {0, 0, static_cast<float>(std::log(2.0))};  // 0.25, 0.25, 0.5
  image.hidden.resize(32);
  image.hidden[0] = 1.5;
  image.hidden[1] = 3;
  return image;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Tags, HeadsSpeakForDrawingsAndClassesForPhotos) {
  const Tags tags = loaded(contents()).value();
  EXPECT_EQ(std::vector<std::string>(tags.names().begin(), tags.names().end()),
            (std::vector<std::string>{"cat", "tree", "tabby", "tiger"}));
  const auto drawing = tags.scores(image(), 0), photo = tags.scores(image(), 1), both = tags.scores(image(), 0.5);
  EXPECT_NEAR(drawing[0], sigmoid(2), 0.01);
  EXPECT_NEAR(drawing[1], sigmoid(-2.5), 0.01);
  EXPECT_EQ(drawing[2], 0);
  EXPECT_EQ(photo[0], 0);
  EXPECT_NEAR(photo[1], 0.25, 1e-6);
  EXPECT_NEAR(photo[3], 0.5, 1e-6);
  EXPECT_NEAR(both[1], (drawing[1] + photo[1]) / 2, 1e-9);
}

TEST(Tags, WithoutAFileTheClassesAreTheTags) {
  const Tags tags = Tags::of_classes(classes);
  const auto scores = tags.scores(image(), 0);  // though it is a drawing
  EXPECT_NEAR(scores[2], 0.5, 1e-6);
  EXPECT_EQ(tags.names()[2], "tiger");
}

TEST(Tags, TheLikeliestStandFirstAndTheUnlikelyAreLeftOut) {
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  const std::vector<double> scores = {0.1, 0.9, 0.01, 0.1};
  const auto best = likeliest(names, scores, 3, 0.05);
  ASSERT_EQ(best.size(), 3U);
  EXPECT_EQ(best[0].name + best[1].name + best[2].name, "bad");
  EXPECT_EQ(likeliest(names, scores, 10, 0.5).size(), 1U);
  EXPECT_TRUE(likeliest({}, {}, 10, 0.5).empty());
}

TEST(Tags, RefusesFilesThatAreNotWhatTheyMustBe) {
  ASSERT_TRUE(loaded(contents()).has_value());
  const auto code_of = [](const std::function<void(gguf::Contents&)>& change) {
    gguf::Contents damaged = contents();
    change(damaged);
    const auto tags = loaded(damaged);
    return tags ? ErrorCode::cancelled : tags.error().code;
  };
  const auto set = [](const std::string& key, gguf::WriteValue value) {
    return [=](gguf::Contents& c) {
      for (auto& entry : c.metadata) {
        if (entry.first == key) entry.second = value;
      }
    };
  };
  using Names = std::vector<std::string>;
  using Numbers = std::vector<std::uint32_t>;
  EXPECT_EQ(code_of(set("general.architecture", std::string("bert"))), ErrorCode::unsupported);
  EXPECT_EQ(code_of(set("image-tags.names", Names{"cat"})), ErrorCode::corrupt);  // fewer than heads and classes say
  EXPECT_EQ(code_of(set("image-tags.names", Names{"cat", "tree", "", "d"})), ErrorCode::corrupt);
  EXPECT_EQ(code_of(set("image-tags.names", Names{"cat", "tree", "a\033[31m", "d"})), ErrorCode::corrupt);
  EXPECT_EQ(code_of(set("image-tags.of_class", Numbers{0, 1, 4})), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](gguf::Contents& c) { c.tensors.erase(c.tensors.begin()); }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](gguf::Contents& c) { c.tensors.pop_back(); }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](gguf::Contents& c) {
              const float nan = std::nanf("");
              std::copy_n(reinterpret_cast<const std::byte*>(&nan), 4, c.tensors[1].data.begin());
            }),
            ErrorCode::corrupt);
}

TEST(Tags, NoTruncationAndNoDamagedByteGetsThrough) {
  const auto bytes = gguf::to_bytes(contents()).value();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto file = gguf::File::parse(std::span(bytes).first(n));
    if (!file || !Tags::from(*file)) continue;
    EXPECT_GT(n + 32, bytes.size());  // only what fills up the end is missing
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0xFF};
    const auto file = gguf::File::parse(damaged);
    if (!file) continue;
    const auto tags = Tags::from(*file);
    if (!tags || tags->classes() != classes.size() || tags->hidden() != 32) continue;  // the reader refuses those
    for (const double score : tags->scores(image(), 0.5)) EXPECT_TRUE(score >= 0 && score <= 1) << at;
  }
}

}  // namespace
}  // namespace updraft::sight
