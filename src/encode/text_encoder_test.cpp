#include "encode/text_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "corpus/corpus.h"
#include "encode/convert.h"
#include "encode/golden.h"
#include "encode/small_bert.h"
#include "files/mapping.h"
#include "files/test_folder.h"

namespace updraft::encode {
namespace {

class SmallEncoder : public testing::Test {
 protected:
  SmallEncoder() {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\n");
    folder_.write("model.safetensors", test::as_safetensors(test::small_bert(5)));
  }
  files::test::Folder folder_;
};

TEST_F(SmallEncoder, PutsTextsThatMeanTheSameOnOnePoint) {
  const auto encoder = TextEncoder::load(folder_.path());
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  EXPECT_EQ(encoder->dimension(), test::small_d);
  const auto sale = encoder->encode("Red SALE");
  EXPECT_EQ(encoder->encode(" r\u00e9d sale"), sale);
  EXPECT_NEAR(cosine(sale, sale), 1, 1e-6);
  EXPECT_LT(cosine(sale, encoder->encode("sale red")), 0.999);
}

TEST_F(SmallEncoder, KnowsTheWordsOfItsVocabulary) {
  const auto encoder = TextEncoder::load(folder_.path());
  ASSERT_TRUE(encoder.has_value());
  EXPECT_TRUE(encoder->is_word("sale"));
  EXPECT_TRUE(encoder->is_word("R\u00e9d"));
  for (const std::string_view other : {"", "slae", "red sale", "\xff"}) EXPECT_FALSE(encoder->is_word(other)) << other;
}

TEST_F(SmallEncoder, EncodesAnyNumberOfTextsOfAnyLength) {
  const auto encoder = TextEncoder::load(folder_.path());
  ASSERT_TRUE(encoder.has_value());
  std::string long_text;
  for (int i = 0; i < 1000; ++i) long_text += i % 3 == 0 ? "red " : "sale ";
  const std::vector<std::string_view> one_round = {"", "red", long_text, "sale", "\xff"};
  std::vector<std::string_view> texts;
  for (int i = 0; i < 30; ++i) texts.insert(texts.end(), one_round.begin(), one_round.end());
  const auto points = encoder->encode(texts);
  const auto d = static_cast<std::size_t>(test::small_d);
  ASSERT_EQ(points.size(), texts.size() * d);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto alone = encoder->encode(texts[i]);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), points.begin() + static_cast<std::ptrdiff_t>(i * d))) << i;
  }
  EXPECT_TRUE(encoder->encode(std::span<const std::string_view>()).empty());
}

TEST_F(SmallEncoder, NamesTheFileThatIsWrong) {
  const auto error = [&] { return TextEncoder::load(folder_.path()).error(); };
  folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\none\n");
  EXPECT_EQ(error().code, ErrorCode::corrupt);
  folder_.write("vocab.txt", "nothing");
  EXPECT_NE(error().message.find("vocab.txt"), std::string::npos);
  folder_.write("model.safetensors", "nothing");
  EXPECT_NE(error().message.find("model.safetensors"), std::string::npos);
  std::filesystem::remove(folder_ / "model.safetensors");
  EXPECT_EQ(error().code, ErrorCode::not_found);
}

TEST_F(SmallEncoder, AFolderAndItsGgufFileGiveTheSame) {
  for (const auto type : {gguf::TensorType::f32, gguf::TensorType::q8_0}) {
    const auto path = folder_ / "small.gguf";
    ASSERT_TRUE(gguf::write(path, convert(folder_.path(), type).value()));
    const auto from_file = TextEncoder::load(path), from_folder = TextEncoder::load(folder_.path(), {.type = type});
    ASSERT_TRUE(from_file.has_value()) << from_file.error().message;
    ASSERT_TRUE(from_folder.has_value()) << from_folder.error().message;
    EXPECT_EQ(from_file->encode("red sale"), from_folder->encode("red sale"));
  }
}

TEST_F(SmallEncoder, RefusesAnyTruncatedGgufFileByName) {
  const auto whole = gguf::to_bytes(convert(folder_.path(), gguf::TensorType::q8_0).value()).value();
  const std::string bytes(reinterpret_cast<const char*>(whole.data()), whole.size());
  for (std::size_t n = 0; n < bytes.size(); n += 997) {
    const auto path = folder_.write("cut.gguf", bytes.substr(0, n));
    const auto encoder = TextEncoder::load(path);
    ASSERT_FALSE(encoder.has_value()) << n;
    EXPECT_TRUE(encoder.error().message.starts_with(path.string())) << encoder.error().message;
  }
}

TEST_F(SmallEncoder, RefusesAVocabularyThatIsLongerThanTheEmbedding) {
  auto contents = convert(folder_.path(), gguf::TensorType::q8_0).value();
  for (auto& [key, value] : contents.metadata) {
    if (key == "tokenizer.ggml.tokens") std::get<std::vector<std::string>>(value).emplace_back("more");
  }
  const auto path = folder_ / "longer.gguf";
  ASSERT_TRUE(gguf::write(path, contents));
  EXPECT_EQ(TextEncoder::load(path).error().code, ErrorCode::corrupt);
}

// The fuzz target begins with it.
TEST(TextEncoder, ReadsTheSmallFileOfTheTestdata) {
  const auto encoder = TextEncoder::load(test::testdata + "small_encoder.gguf");
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  EXPECT_EQ(encoder->dimension(), 32);
  EXPECT_LT(cosine(encoder->encode("sale"), encoder->encode("aa")), 0.999);
}

const std::filesystem::path shipped = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";

// The float weights, where they are: UPDRAFT_MINILM_FLOAT, or what tools/fetch minilm fetched.
class MiniLm : public testing::Test {
 protected:
  void SetUp() override {
    const char* set = std::getenv("UPDRAFT_MINILM_FLOAT");
    folder_ = set != nullptr ? set : UPDRAFT_SOURCE_DIR "/.cache/minilm";
    if (set == nullptr && !std::filesystem::exists(folder_ / "model.safetensors")) {
      GTEST_SKIP() << "the float weights of all-MiniLM-L6-v2 are not here; tools/fetch minilm fetches them";
    }
  }
  std::filesystem::path folder_;
};

void expect_golden(const std::filesystem::path& path, gguf::TensorType type, double tolerance) {
  const auto all = test::read_golden();
  std::vector<std::string_view> texts;
  for (const test::Golden& golden : all) texts.push_back(golden.text);
  const auto encoder = TextEncoder::load(path, {.type = type});
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  ASSERT_EQ(encoder->dimension(), 384);
  const auto points = encoder->encode(texts);
  std::vector<float> ours, theirs;  // the values that are known, of all texts
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all[i].values.size(); ++j) {
      ours.push_back(points[i * 384 + j]);
      theirs.push_back(static_cast<float>(all[i].values[j]));
      EXPECT_NEAR(ours.back(), theirs.back(), tolerance) << all[i].text << " in " << gguf::traits(type).name;
    }
  }
  const auto dot = [](const std::vector<float>& a, const std::vector<float>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  EXPECT_GE(dot(ours, theirs), 0.999 * std::sqrt(dot(ours, ours) * dot(theirs, theirs)));
}

// Values of a point of unit length are about 0.05 large.
TEST_F(MiniLm, AgreesWithTheReference) {
  expect_golden(folder_, gguf::TensorType::f32, 1e-4);
  expect_golden(folder_, gguf::TensorType::f16, 3e-4);
}

// Intents and prompts of the corpus: some of every record that training never sees.
std::vector<std::string> real_sentences() {
  const auto corpus = corpus::read(UPDRAFT_SOURCE_DIR "/data");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < corpus.value().held_out.size(); ++i) {
    const corpus::Record& record = corpus->held_out[i];
    texts.push_back(record.intent);
    const auto& prompts = record.prompts[i % task_count];
    if (!prompts.empty()) texts.push_back(prompts[i / task_count % prompts.size()]);
  }
  return texts;
}

TEST_F(MiniLm, TheShippedFilePointsWhereFloatsDo) {
  const std::vector<std::string> sentences = real_sentences();
  ASSERT_GE(sentences.size(), 500U);
  const std::vector<std::string_view> texts(sentences.begin(), sentences.end());
  const auto exact = TextEncoder::load(folder_, {.type = gguf::TensorType::f32}), encoder = TextEncoder::load(shipped);
  ASSERT_TRUE(exact.has_value()) << exact.error().message;
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  const auto expected = exact->encode(texts), points = encoder->encode(texts);
  double least = 1, sum = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double near = cosine(std::span(points).subspan(i * 384, 384), std::span(expected).subspan(i * 384, 384));
    EXPECT_GE(near, 0.999) << texts[i];
    least = std::min(least, near);
    sum += near;
  }
  EXPECT_GE(sum, 0.9997 * static_cast<double>(texts.size()));
  std::printf("cosine of %zu sentences: at least %.5f, mean %.5f\n", texts.size(), least,
              sum / static_cast<double>(texts.size()));
}

TEST_F(MiniLm, TheShippedFileIsWhatConvertMakes) {
  const auto bytes = gguf::to_bytes(convert(folder_, gguf::TensorType::q8_0).value()).value();
  const auto mapping = files::Mapping::open(shipped);
  ASSERT_TRUE(mapping.has_value()) << mapping.error().message;
  EXPECT_TRUE(std::ranges::equal(mapping->bytes(), bytes));
}

TEST(ShippedMiniLm, AgreesWithTheReference) { expect_golden(shipped, gguf::TensorType::q8_0, 0.015); }

TEST(ShippedMiniLm, KnowsWhatIsAlike) {
  const auto encoder = TextEncoder::load(shipped);
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  const auto sale = encoder->encode("holiday sale");
  EXPECT_GT(cosine(sale, encoder->encode("Christmas discount offers")), 0.5);
  EXPECT_LT(cosine(sale, encoder->encode("human skeleton diagram")), 0.2);
}

}  // namespace
}  // namespace updraft::encode
