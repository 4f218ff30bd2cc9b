// The text encoder gives llama.cpp's tokens and points on the same file.
#include <gtest/gtest.h>

#include "corpus/corpus.h"
#include "encode/text_encoder.h"
#include "encode/word_piece.h"
#include "peer/model.h"

namespace updraft::bench {
namespace {

const std::filesystem::path shipped_encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";

std::vector<std::string> texts() {
  const auto corpus = corpus::read(UPDRAFT_SOURCE_DIR "/data");
  std::vector<std::string> all;
  for (const corpus::Record& record : corpus.value().held_out) {
    all.push_back(record.intent);
    for (const auto& prompts : record.prompts) {
      if (!prompts.empty()) all.push_back(prompts.front());
    }
  }
  return all;
}

TEST(Encoder, AgreesOnPoints) {
  const auto all = texts();
  ASSERT_GT(all.size(), 1000U);
  const auto encoder = encode::TextEncoder::load(shipped_encoder, {.threads = 1});
  ASSERT_TRUE(encoder) << encoder.error().message;
  auto peer = Peer::open(shipped_encoder, {.threads = 1, .context = 512, .streams = 1, .text_encoder = true});
  ASSERT_TRUE(peer) << peer.error().message;
  const std::vector<std::string_view> views(all.begin(), all.end());
  const auto ours = encoder->encode(views);
  const auto theirs = peer->encode(all);
  ASSERT_TRUE(theirs) << theirs.error().message;
  ASSERT_EQ(ours.size(), theirs->size());
  const auto d = static_cast<std::size_t>(encoder->dimension());
  double sum = 0, least = 1;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double near = encode::cosine(std::span(ours).subspan(i * d, d), std::span(*theirs).subspan(i * d, d));
    EXPECT_GT(near, 0.998) << all[i];  // both round, each in its own places
    sum += near;
    least = std::min(least, near);
  }
  RecordProperty("least", std::to_string(least));
  EXPECT_GT(sum / static_cast<double>(all.size()), 0.9995);
}

TEST(Encoder, AgreesOnTokens) {
  const auto file = gguf::File::open(shipped_encoder);
  ASSERT_TRUE(file) << file.error().message;
  const auto pieces = encode::WordPiece::from(*file);
  ASSERT_TRUE(pieces) << pieces.error().message;
  const auto peer = Peer::open(shipped_encoder, {.vocabulary_only = true});
  ASSERT_TRUE(peer) << peer.error().message;
  for (const std::string& text : texts()) {
    auto ours = pieces->encode(text, 256);
    ours.erase(ours.begin());  // [CLS]
    ours.pop_back();           // [SEP]
    EXPECT_EQ(ours, peer->tokenize(text).value()) << text;
  }
}

}  // namespace
}  // namespace updraft::bench
