#include "text/tokenizer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "gguf/convert.h"
#include "gguf/writer.h"
#include "text/pre_tokenizer.h"
#include "text/utf8.h"

namespace updraft::text {
namespace {

const std::string testdata = std::string(UPDRAFT_SOURCE_DIR) + "/src/text/testdata/";

// What stands in a file about its tokenizer, to be written with changes.
gguf::Contents metadata_of(const std::string& path) {
  return gguf::convert(gguf::File::open(path).value(), gguf::TensorType::f32).value();
}

gguf::Contents small_vocabulary() { return metadata_of(testdata + "small_vocabulary.gguf"); }

gguf::WriteValue& value(gguf::Contents& contents, std::string_view key) {
  const auto found = std::find_if(contents.metadata.begin(), contents.metadata.end(),
                                  [key](const auto& kv) { return kv.first == key; });
  return found->second;
}

void remove(gguf::Contents& contents, std::string_view key) {
  std::erase_if(contents.metadata, [key](const auto& kv) { return kv.first == key; });
}

Result<Tokenizer> tokenizer_of(const gguf::Contents& contents) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("tokenizer-" + std::to_string(::getpid()) + ".gguf");
  EXPECT_TRUE(gguf::write(path, contents));
  const auto file = gguf::File::open(path);
  std::filesystem::remove(path);
  return Tokenizer::from(file.value());
}

// A vocabulary of a few tokens; id 0 is a control token.
gguf::Contents tiny(std::vector<std::string> tokens, std::vector<std::string> merges) {
  tokens.insert(tokens.begin(), "<end>");
  std::vector<std::int32_t> types(tokens.size(), 1);
  types[0] = 3;
  gguf::Contents contents;
  contents.metadata = {
      {"tokenizer.ggml.model", std::string("gpt2")},    {"tokenizer.ggml.pre", std::string("gpt-2")},
      {"tokenizer.ggml.tokens", std::move(tokens)},     {"tokenizer.ggml.token_type", std::move(types)},
      {"tokenizer.ggml.merges", std::move(merges)},     {"tokenizer.ggml.bos_token_id", std::uint32_t{0}},
      {"tokenizer.ggml.eos_token_id", std::uint32_t{0}}};
  return contents;
}

std::vector<TokenId> numbers(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<TokenId>(in), {}};
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text[++i] == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The ids that llama.cpp gives, with both pre-tokenizers.
TEST(Tokenizer, GivesTheIdsOfLlamaCpp) {
  auto contents = small_vocabulary();
  const auto smollm = tokenizer_of(contents).value();
  value(contents, "tokenizer.ggml.pre") = std::string("gpt-2");
  const auto gpt2 = tokenizer_of(contents).value();
  std::ifstream in(testdata + "golden_ids.txt");
  int texts = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) continue;
    const auto first = line.find('\t'), second = line.find('\t', first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const std::string text = unescaped(line.substr(0, first));
    EXPECT_EQ(smollm.encode(text), numbers(line.substr(first + 1, second - first - 1))) << line;
    EXPECT_EQ(gpt2.encode(text), numbers(line.substr(second + 1))) << line;
    ++texts;
  }
  EXPECT_GT(texts, 300);
}

// Byte-pair encoding as it is defined, on strings: joins the pair of the lowest rank until there is none.
class SlowBpe {
 public:
  explicit SlowBpe(const std::vector<std::string>& merges) {
    for (std::size_t i = 0; i < merges.size(); ++i) {
      const auto space = merges[i].find(' ', 1);
      ranks_.emplace(std::pair(merges[i].substr(0, space), merges[i].substr(space + 1)), i);
    }
  }
  [[nodiscard]] std::vector<std::string> pieces(std::string_view ascii_letters) const {
    std::vector<std::string> parts;
    for (const char c : ascii_letters) parts.emplace_back(1, c);
    for (;;) {
      std::size_t best = ranks_.size(), where = 0;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto rank = ranks_.find({parts[i], parts[i + 1]});
        if (rank != ranks_.end() && rank->second < best) {
          best = rank->second;
          where = i;
        }
      }
      if (best == ranks_.size()) return parts;
      parts[where] += parts[where + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    }
  }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> ranks_;
};

TEST(Tokenizer, JoinsLikeTheDefinitionInShortAndLongWords) {
  std::vector<std::string> tokens = {"a", "b", "c"}, merges;
  std::mt19937 random(3);
  for (int i = 0; i < 150; ++i) {
    const std::string left = tokens[random() % tokens.size()], right = tokens[random() % tokens.size()];
    if (left.size() + right.size() > 12) continue;
    const std::string pair = left + " " + right;
    if (std::find(merges.begin(), merges.end(), pair) != merges.end()) continue;
    merges.push_back(pair);
    if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end()) tokens.push_back(left + right);
  }
  const auto tokenizer = tokenizer_of(tiny(tokens, merges)).value();
  const SlowBpe slow(merges);
  for (int round = 0; round < 3000; ++round) {
    std::string word;
    for (auto length = 1 + random() % 130; length > 0; --length) word += "aabbbc"[random() % 6];
    std::vector<std::string> got;
    for (const TokenId id : tokenizer.encode(word)) got.emplace_back(tokenizer.bytes(id));
    ASSERT_EQ(got, slow.pieces(word)) << word;
  }
}

TEST(Tokenizer, WhatIsNoTokenFallsApartIntoItsCharacters) {
  const auto tokenizer = tokenizer_of(tiny({"a", "b", "abc"}, {"a b", "ab c"})).value();
  EXPECT_EQ(tokenizer.encode("ab"), (std::vector<TokenId>{1, 2}));
  EXPECT_EQ(tokenizer.encode("abc"), (std::vector<TokenId>{3}));
  EXPECT_EQ(tokenizer.encode("bca"), (std::vector<TokenId>{2, 1}));  // nothing stands for "c"
}

TEST(Tokenizer, MergesThatJoinNothingAreIgnored) {
  const auto tokenizer = tokenizer_of(tiny({"a", "b", "ab"}, {"", " ", "a", "a ", " b", "a b", "a b"})).value();
  EXPECT_EQ(tokenizer.encode("ab"), (std::vector<TokenId>{3}));
}

TEST(Tokenizer, NeverWritesControlTokens) {
  const auto tokenizer = tokenizer_of(small_vocabulary()).value();
  EXPECT_EQ(tokenizer.bos(), 1);
  EXPECT_EQ(tokenizer.eos(), 2);
  for (TokenId id = 0; id < 17; ++id) EXPECT_TRUE(tokenizer.is_control(id)) << id;
  EXPECT_FALSE(tokenizer.is_control(17));
  for (const std::string text : {"<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>"}) {
    const auto ids = tokenizer.encode(text);
    EXPECT_TRUE(std::none_of(ids.begin(), ids.end(), [&](TokenId id) { return tokenizer.is_control(id); })) << text;
    EXPECT_EQ(tokenizer.decode(ids), text);
  }
  // Even where merges spell one.
  const auto hostile = tokenizer_of(tiny({"<", "e", "n", "d", ">"}, {"< e", "<e n", "<en d", "<end >"})).value();
  EXPECT_EQ(hostile.encode("<end>"), (std::vector<TokenId>{1, 2, 3, 4, 5}));
}

TEST(Tokenizer, FindsControlTokensByName) {
  const auto tokenizer = tokenizer_of(small_vocabulary()).value();
  EXPECT_EQ(tokenizer.control("<|im_start|>"), 1);
  EXPECT_EQ(tokenizer.control("<|im_end|>"), 2);
  EXPECT_EQ(tokenizer.control("<|nobody|>"), -1);
  EXPECT_EQ(tokenizer.control("a"), -1);  // a token, but no control token
}

TEST(Tokenizer, DecodesControlTokensAndForeignIdsToNothing) {
  const auto tokenizer = tokenizer_of(small_vocabulary()).value();
  std::vector<TokenId> ids = {1, -1, static_cast<TokenId>(tokenizer.size()), 2147483647};
  const auto text = tokenizer.encode("holiday sale");
  ids.insert(ids.begin() + 1, text.begin(), text.end());
  EXPECT_EQ(tokenizer.decode(ids), "holiday sale");
  EXPECT_FALSE(tokenizer.is_control(-1));
  EXPECT_FALSE(tokenizer.is_control(static_cast<TokenId>(tokenizer.size())));
}

// A token for each byte (what prints stands for itself, the rest for U+0100 and on), and a few merges.
gguf::Contents all_bytes() {
  std::vector<std::string> tokens;
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool prints = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    append_utf8(tokens.emplace_back(), prints ? byte : next++);
  }
  for (const char* joined : {"th", "the", "\u0120t", "\u0120the", "\u00c3\u00a9"}) tokens.emplace_back(joined);
  return tiny(std::move(tokens), {"t h", "th e", "\u0120 t", "\u0120 the", "\u00c3 \u00a9"});
}

TEST(Tokenizer, EveryByteHasItsToken) {
  const auto tokenizer = tokenizer_of(all_bytes()).value();
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_EQ(tokenizer.bytes(byte + 1), std::string(1, static_cast<char>(byte))) << byte;
  EXPECT_EQ(tokenizer.encode(" the \u00e9"), (std::vector<TokenId>{260, 33, 261}));
}

TEST(Tokenizer, AnyBytesSurviveTheRoundTripOnceRepaired) {
  const auto tokenizer = tokenizer_of(all_bytes()).value();
  std::mt19937 random(4);
  for (int round = 0; round < 30000; ++round) {
    std::string text, bytes;
    for (auto length = random() % 20; length > 0; --length) {
      const auto c = static_cast<char32_t>(random() % (random() % 2 ? 0x250 : 0x110000));
      append_utf8(text, c >= 0xD800 && c < 0xE000 ? U'x' : c);
      bytes += static_cast<char>(random());
    }
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(bytes)), repair_utf8(bytes));
  }
}

TEST(Tokenizer, AMegabyteWithoutASpaceIsNoTrouble) {
  const auto tokenizer = tokenizer_of(small_vocabulary()).value();
  std::string text;
  std::mt19937 random(5);
  while (text.size() < 1 << 20) text += "etaoinshrdlu"[random() % 12];
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  const std::string same(1 << 20, 'e');
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(same)), same);
}

testing::AssertionResult refused(const gguf::Contents& contents, ErrorCode code, std::string_view reason) {
  const auto tokenizer = tokenizer_of(contents);
  if (tokenizer) return testing::AssertionFailure() << "it was read";
  const auto& [got, message] = tokenizer.error();
  if (got != code || message.find(reason) == std::string::npos || message.find(".gguf: ") == std::string::npos)
    return testing::AssertionFailure() << message;
  return testing::AssertionSuccess();
}

TEST(Tokenizer, OtherKindsAreUnsupported) {
  auto contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.model") = std::string("llama");
  EXPECT_TRUE(refused(contents, ErrorCode::unsupported, "tokenizer 'llama'"));
  contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.pre") = std::string("qwen2");
  EXPECT_TRUE(refused(contents, ErrorCode::unsupported, "pre-tokenizer 'qwen2'"));
  contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.token_type") = std::vector<std::int32_t>{3, 4};
  EXPECT_TRUE(refused(contents, ErrorCode::unsupported, "user-defined"));
}

TEST(Tokenizer, WhatIsMissingIsNamed) {
  for (const std::string key : {"model", "pre", "tokens", "merges", "bos_token_id", "eos_token_id"}) {
    auto contents = tiny({"a"}, {});
    remove(contents, "tokenizer.ggml." + key);
    EXPECT_TRUE(refused(contents, ErrorCode::corrupt, "tokenizer.ggml." + key));
  }
}

TEST(Tokenizer, ContradictionsAreRefused) {
  EXPECT_TRUE(refused(tiny({"a", "b", "a"}, {}), ErrorCode::corrupt, "token 3 occurs twice"));
  auto contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.token_type") = std::vector<std::int32_t>{1, 1, 1};
  EXPECT_TRUE(refused(contents, ErrorCode::corrupt, "tokenizer.ggml.token_type has 3 elements"));
  contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.eos_token_id") = std::uint32_t{2};
  EXPECT_TRUE(refused(contents, ErrorCode::corrupt, "tokenizer.ggml.eos_token_id is 2"));
  contents = tiny({"a"}, {});
  value(contents, "tokenizer.ggml.tokens") = std::vector<std::string>{};
  EXPECT_TRUE(refused(contents, ErrorCode::corrupt, "0 tokens"));
}

TEST(Tokenizer, WithoutTypesNoTokenIsAControlToken) {
  auto contents = tiny({"a"}, {});
  remove(contents, "tokenizer.ggml.token_type");
  EXPECT_FALSE(tokenizer_of(contents)->is_control(0));
}

}  // namespace
}  // namespace updraft::text
