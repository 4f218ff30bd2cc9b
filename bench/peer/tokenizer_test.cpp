// The tokenizer gives llama.cpp's ids for whatever bytes there are.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "gguf/convert.h"
#include "peer/model.h"
#include "peer/test_model.h"
#include "text/tokenizer.h"

namespace updraft::bench {
namespace {

std::string utf8(char32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

// What people type, what breaks tokenizers, and what is not text at all; strings are made by putting these together.
constexpr std::array fragments = {std::string_view("a"),
                                  std::string_view("Word"),
                                  std::string_view("holiday sale"),
                                  std::string_view("don"),
                                  std::string_view("'s"),
                                  std::string_view("'S"),
                                  std::string_view("'re"),
                                  std::string_view("'ve"),
                                  std::string_view("'ll"),
                                  std::string_view("'LL"),
                                  std::string_view("'d"),
                                  std::string_view("'t"),
                                  std::string_view("'m"),
                                  std::string_view("'"),
                                  std::string_view("''"),
                                  std::string_view("\u2019s"),
                                  std::string_view(" "),
                                  std::string_view("  "),
                                  std::string_view("   "),
                                  std::string_view("\t"),
                                  std::string_view("\n"),
                                  std::string_view("\r\n"),
                                  std::string_view("\n\n\n"),
                                  std::string_view("\v"),
                                  std::string_view("\f"),
                                  std::string_view("\u0085"),
                                  std::string_view("\u00a0"),
                                  std::string_view("\u2003"),
                                  std::string_view("\u2028"),
                                  std::string_view("\u3000"),
                                  std::string_view("\u200b"),
                                  std::string_view("\u180e"),
                                  std::string_view("\ufeff"),
                                  std::string_view("0"),
                                  std::string_view("7"),
                                  std::string_view("2024"),
                                  std::string_view("3.14159"),
                                  std::string_view("1,000"),
                                  std::string_view("\u0663\u0664"),
                                  std::string_view("\u00bd"),
                                  std::string_view("\u2167"),
                                  std::string_view("\u00b2"),
                                  std::string_view("\U0001d7d8"),
                                  std::string_view("\u4e94"),
                                  std::string_view("!"),
                                  std::string_view("..."),
                                  std::string_view("?!"),
                                  std::string_view("#"),
                                  std::string_view("@"),
                                  std::string_view("%"),
                                  std::string_view("$5"),
                                  std::string_view("_"),
                                  std::string_view("-"),
                                  std::string_view("\u2014"),
                                  std::string_view("\""),
                                  std::string_view("\\"),
                                  std::string_view("{}[]()<>"),
                                  std::string_view("\u00e9"),
                                  std::string_view("e\u0301"),
                                  std::string_view("\u00df"),
                                  std::string_view("\u0130"),
                                  std::string_view("\u01c5"),
                                  std::string_view("\u041f\u0440\u0438\u0432\u0435\u0442"),
                                  std::string_view("\u0645\u0631\u062d\u0628\u0627"),
                                  std::string_view("\u05e9\u05dc\u05d5\u05dd"),
                                  std::string_view("\u0928\u092e\u0938\u094d\u0924\u0947"),
                                  std::string_view("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"),
                                  std::string_view("\u65e5\u672c\u8a9e"),
                                  std::string_view("\ud55c\uad6d\uc5b4"),
                                  std::string_view("\U0001f600"),
                                  std::string_view("\U0001f468\u200d\U0001f469\u200d\U0001f467"),
                                  std::string_view("\U0001f1eb\U0001f1f7"),
                                  std::string_view("\u2764\ufe0f"),
                                  std::string_view("\U0001f44d\U0001f3fd"),
                                  std::string_view("\u202e"),
                                  std::string_view("\u0000", 1),
                                  std::string_view("\x01"),
                                  std::string_view("\x7f"),
                                  std::string_view("<|im_start|>"),
                                  std::string_view("<|im_end|>"),
                                  std::string_view("<|endoftext|>"),
                                  std::string_view("<|query|>"),
                                  std::string_view("<|"),
                                  std::string_view("|>"),
                                  std::string_view("<repo_name>"),
                                  std::string_view("<file_sep>"),
                                  std::string_view("http://a.b/c?d=e&f"),
                                  std::string_view("\u0120"),
                                  std::string_view("\u010a"),
                                  std::string_view("\xff"),
                                  std::string_view("\x80"),
                                  std::string_view("\xc3"),
                                  std::string_view("\xe2\x82"),
                                  std::string_view("\xf0\x9f\x98"),
                                  std::string_view("\xc0\x80"),
                                  std::string_view("\xed\xa0\x80"),
                                  std::string_view("\xf4\x90\x80\x80"),
                                  std::string_view("\xf8\x88\x80\x80\x80"),
                                  std::string_view("\xfe")};

std::string hex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
    out += ' ';
  }
  return out;
}

// Once for each pre-tokenizer, on the same vocabulary.
class Tokenizer : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shipped_model())) GTEST_SKIP() << "no model at " << shipped_model();
    const auto model = gguf::File::open(shipped_model());
    ASSERT_TRUE(model) << model.error().message;
    auto contents = gguf::copy_metadata(*model);
    ASSERT_TRUE(contents) << contents.error().message;
    for (auto& [key, value] : contents->metadata)
      if (key == "tokenizer.ggml.pre") value = std::string(GetParam());
    file_.emplace(*contents, std::string("vocabulary-") + GetParam());

    const auto file = gguf::File::open(file_->path());
    ASSERT_TRUE(file) << file.error().message;
    auto tokenizer = text::Tokenizer::from(*file);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    tokenizer_.emplace(std::move(*tokenizer));
    auto peer = Peer::open(file_->path(), {.vocabulary_only = true});
    ASSERT_TRUE(peer) << peer.error().message;
    peer_.emplace(std::move(*peer));
  }

  void expect_same_ids(std::string_view text) {
    if (HasFailure()) return;  // one is enough to work on
    const auto ids = tokenizer_->encode(text);
    const auto expected = peer_->tokenize(text);
    ++asked_;
    if (!expected)
      ++refused_;
    else
      EXPECT_EQ(ids, *expected) << "bytes " << hex(text);
  }
  void TearDown() override {
    RecordProperty("refused_by_peer", refused_);
    EXPECT_LT(refused_, asked_ / 2 + 1);
  }

  int asked_ = 0, refused_ = 0;
  std::optional<TemporaryModel> file_;
  std::optional<text::Tokenizer> tokenizer_;
  std::optional<Peer> peer_;
};

TEST_P(Tokenizer, AgreesOnTheCorpus) {
  const std::vector<std::string> lines = corpus_lines();
  ASSERT_GT(lines.size(), 1000U);
  for (const std::string& line : lines) expect_same_ids(line);
}

TEST_P(Tokenizer, AgreesOnEveryCodePoint) {
  // Behind and before letters, spaces, digits, punctuation and itself; surrogates, too, as some programs write them.
  constexpr int together = 16;
  std::string text;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const std::string s = utf8(c);
    text += s + "a" + s + " " + s + s + "1" + s + "  " + s + "." + s + " '" + s + "\n" + s;
    if (c % together == together - 1) {
      expect_same_ids(text);
      text.clear();
    }
  }
}

TEST_P(Tokenizer, AgreesOnEveryFragmentAndPairOfFragments) {
  expect_same_ids("");
  for (const std::string_view a : fragments) {
    expect_same_ids(a);
    for (const std::string_view b : fragments) expect_same_ids(std::string(a) + std::string(b));
  }
}

TEST_P(Tokenizer, AgreesOnRandomStringsOfFragments) {
  std::mt19937 random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += fragments[random() % fragments.size()];
    expect_same_ids(text);
  }
}

TEST_P(Tokenizer, AgreesOnRandomBytes) {
  std::mt19937 random(2);
  for (int i = 0; i < 50'000; ++i) {
    std::string text(random() % 64, '\0');
    for (char& c : text) c = static_cast<char>(random());
    expect_same_ids(text);
  }
}

TEST_P(Tokenizer, AgreesOnLongRuns) {
  for (const std::string_view fragment : fragments) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += fragment;
    expect_same_ids(text);
  }
  expect_same_ids(std::string(100'000, 'a'));
}

INSTANTIATE_TEST_SUITE_P(Pre, Tokenizer, testing::Values("smollm", "gpt-2"),
                         [](const auto& pre) { return std::string(pre.param) == "smollm" ? "SmolLM" : "Gpt2"; });

}  // namespace
}  // namespace updraft::bench
