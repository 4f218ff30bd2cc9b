// Tokens are those that Hugging Face's tokenizers 0.23 give with the same description, and can be told by hand.
#include "pair/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "pair/tiny_pair.h"
#include "text/byte_spelling.h"
#include "text/utf8.h"

namespace updraft::pair {
namespace {

using nlohmann::json;
using Tokens = std::vector<std::string>;

// As CLIP's, with a few merges.
json clip() {
  const Tokens merges = {"r e",     "re d</w>", "b o", "bo a",     "boa t</w>", "c a",    "ca t</w>",
                         "' s</w>", "1 0</w>",  "t h", "th e</w>", "Ã ©</w>",   "! !</w>"};
  Tokens tokens;
  for (const char* end : {"", "</w>"}) {
    for (const char32_t c : text::spelling_of_bytes) {
      text::append_utf8(tokens.emplace_back(), c);
      tokens.back() += end;
    }
  }
  for (std::string merge : merges) tokens.push_back(merge.erase(merge.find(' '), 1));
  tokens.insert(tokens.end(), {"<|startoftext|>", "<|endoftext|>"});
  json vocabulary;
  for (std::size_t id = 0; id < tokens.size(); ++id) vocabulary[tokens[id]] = id;
  return {{"normalizer",
           {{"type", "Sequence"},
            {"normalizers",
             {{{"type", "NFC"}},
              {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
              {{"type", "Lowercase"}}}}}},
          {"pre_tokenizer",
           {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"},
               {"pattern", {{"Regex", R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"}}},
               {"behavior", "Removed"},
               {"invert", true}},
              {{"type", "ByteLevel"}, {"add_prefix_space", false}}}}}},
          {"post_processor",
           {{"type", "RobertaProcessing"},
            {"cls", {"<|startoftext|>", tokens.size() - 2}},
            {"sep", {"<|endoftext|>", tokens.size() - 1}}}},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<|endoftext|>"},
            {"continuing_subword_prefix", ""},
            {"end_of_word_suffix", "</w>"},
            {"vocab", vocabulary},
            {"merges", merges}}}};
}

// As SigLIP's.
json siglip() {
  json vocabulary = json::array();
  const std::vector<std::pair<const char*, double>> tokens = {
      {"<pad>", 0},  {"</s>", 0}, {"<unk>", 0}, {"▁", -4},   {"▁red", -5}, {"▁boat", -5.5},
      {"s", -3},     {"b", -6},   {"o", -6.1},  {"a", -6.2}, {"t", -6.3},  {"▁b", -6.4},
      {"oat", -5.2}, {"re", -5},  {"d", -4.9},  {"▁bo", -6}, {"at", -5},   {"é", -7}};
  for (const auto& [token, score] : tokens) vocabulary.push_back({token, score});
  return {
      {"added_tokens",
       {{{"id", 1}, {"content", "</s>"}, {"special", true}}, {{"id", 2}, {"content", "<unk>"}, {"special", true}}}},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers",
         {{{"type", "NFKC"}},
          {{"type", "Lowercase"}},
          {{"type", "Replace"}, {"pattern", {{"Regex", R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])"}}}, {"content", ""}},
          {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
          {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}}}}},
      {"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", {{{"Sequence", {{"id", "A"}}}}, {{"SpecialToken", {{"id", "</s>"}}}}}},
        {"special_tokens", {{"</s>", {{"id", "</s>"}, {"ids", {1}}}}}}}},
      {"model", {{"type", "Unigram"}, {"unk_id", 2}, {"vocab", vocabulary}, {"byte_fallback", false}}}};
}

Tokenizer make(const json& described) {
  auto tokenizer = Tokenizer::parse(described.dump());
  if (!tokenizer) throw std::runtime_error(tokenizer.error().message);
  return *std::move(tokenizer);
}

// The tokens by their names.
Tokens tokens(const json& described, const std::string& text, std::size_t max_tokens = 64) {
  std::map<std::int64_t, std::string> names;
  const json& vocabulary = described["model"]["vocab"];
  if (vocabulary.is_object()) {
    for (const auto& [token, id] : vocabulary.items()) names[id] = token;
  } else {
    for (std::size_t id = 0; id < vocabulary.size(); ++id) names[static_cast<std::int64_t>(id)] = vocabulary[id][0];
  }
  Tokens all;
  for (const std::int64_t id : make(described).encode(text, max_tokens)) all.push_back(names.at(id));
  return all;
}

Tokens framed(Tokens inner) {
  inner.insert(inner.begin(), "<|startoftext|>");
  inner.emplace_back("<|endoftext|>");
  return inner;
}

TEST(ClipsTokenizer, JoinsPairsInTheOrderInWhichTheyWereLearnt) {
  const json described = clip();
  EXPECT_EQ(tokens(described, "red boat"), framed({"red</w>", "boat</w>"}));
  EXPECT_EQ(tokens(described, "Red  BOATS!"), framed({"red</w>", "boa", "t", "s</w>", "!</w>"}));
  EXPECT_EQ(tokens(described, "the cat's 10"), framed({"the</w>", "cat</w>", "'s</w>", "1</w>", "0</w>"}));
  EXPECT_EQ(tokens(described, "don't"), framed({"d", "o", "n</w>", "'", "t</w>"}));
  EXPECT_EQ(tokens(described, "''s !'s"), framed({"'", "'</w>", "s</w>", "!", "'</w>", "s</w>"}));
  EXPECT_EQ(tokens(described, ""), framed({}));
}

TEST(ClipsTokenizer, SpellsBytes) {
  const json described = clip();
  EXPECT_EQ(tokens(described, "café"), framed({"ca", "f", "Ã©</w>"}));
  EXPECT_EQ(tokens(described, "cafe\xCC\x81!!"), framed({"ca", "f", "Ã©</w>", "!!</w>"}));
  EXPECT_EQ(tokens(described, "日本 x"), framed({"æ", "Ĺ", "¥", "æ", "ľ", "¬</w>", "x</w>"}));
}

TEST(ClipsTokenizer, SpecialTokensInATextArePlainText) {
  const auto ids = make(clip()).encode("<|endoftext|>", 64);
  EXPECT_GT(ids.size(), 3U);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), ids.back()), 1);
}

TEST(ClipsTokenizer, OfALongTextTheBeginningCounts) {
  const json described = clip();
  EXPECT_EQ(tokens(described, "red boat red boat", 4), framed({"red</w>", "boat</w>"}));
  EXPECT_EQ(make(described).encode(std::string(100'000, 'a'), 77).size(), 77U);
  EXPECT_EQ(make(described).encode(std::string(100'000, ' ') + "red", 77).size(), 2U);
}

TEST(ClipsTokenizer, ReadsMergesAsPairsAndOpenClipsPattern) {
  json described = clip();
  for (json& merge : described["model"]["merges"]) {
    const std::string both = merge;
    merge = {both.substr(0, both.find(' ')), both.substr(both.find(' ') + 1)};
  }
  std::string expression = described["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"];
  described["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] =
      R"(<\|startoftext\|>|<\|endoftext\|>|)" + expression;
  EXPECT_EQ(tokens(described, "red boat"), framed({"red</w>", "boat</w>"}));
}

TEST(SiglipsTokenizer, TakesTheLikeliestTokens) {
  const json described = siglip();
  EXPECT_EQ(tokens(described, "red boats"), (Tokens{"▁red", "▁boat", "s", "</s>"}));
  EXPECT_EQ(tokens(described, "Red, BOAT!"), (Tokens{"▁red", "▁boat", "</s>"}));
  EXPECT_EQ(tokens(described, "boatboat"), (Tokens{"▁boat", "b", "oat", "</s>"}));
  EXPECT_EQ(tokens(described, ""), (Tokens{"</s>"}));
  EXPECT_EQ(tokens(described, "ＲＥＤ café"), (Tokens{"▁red", "▁", "<unk>", "a", "<unk>", "é", "</s>"}));
}

TEST(SiglipsTokenizer, WhatIsUnknownIsOneToken) {
  EXPECT_EQ(tokens(siglip(), "  zebra  red "), (Tokens{"▁", "<unk>", "b", "<unk>", "a", "▁red", "</s>"}));
  EXPECT_EQ(tokens(siglip(), "日本 red"), (Tokens{"▁", "<unk>", "▁red", "</s>"}));
}

TEST(SiglipsTokenizer, SplitsAtAnyWhiteSpaceWhereToldTo) {
  json described = siglip();
  described["normalizer"] = nullptr;
  const json metaspace = described["pre_tokenizer"];
  described["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace}}};
  EXPECT_EQ(tokens(described, " red\t\tboat "), (Tokens{"▁red", "▁boat", "</s>"}));
  const auto ids = make(described).encode("</s>", 64);  // nothing but plain text
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1), 1);
}

TEST(BertsTokenizer, CutsWordsIntoPieces) {
  json described = test::tokenizer();
  described["model"]["vocab"] = {{"[PAD]", 0}, {"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3},
                                 {"red", 4},   {"boat", 5},  {"##s", 6},   {"!", 7}};
  EXPECT_EQ(tokens(described, "Red boats!"), (Tokens{"[CLS]", "red", "boat", "##s", "!", "[SEP]"}));
  EXPECT_EQ(tokens(described, "zebra réd"), (Tokens{"[CLS]", "[UNK]", "red", "[SEP]"}));
  EXPECT_EQ(tokens(described, "red boats red", 4), (Tokens{"[CLS]", "red", "boat", "[SEP]"}));
}

TEST(PairsTokenizer, KnowsItsWords) {
  for (const json& described : {clip(), siglip(), test::tokenizer()}) {
    const Tokenizer tokenizer = make(described);
    EXPECT_TRUE(tokenizer.is_word("red"));
    EXPECT_FALSE(tokenizer.is_word("rde"));
    EXPECT_FALSE(tokenizer.is_word(""));
  }
}

TEST(PairsTokenizer, AnyBytesAreAText) {
  for (const json& described : {clip(), siglip(), test::tokenizer()}) {
    const Tokenizer tokenizer = make(described);
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text = {'r', static_cast<char>(byte), static_cast<char>(byte ^ 0x40), 'd'};
      for (const std::int64_t id : tokenizer.encode(text, 16)) {
        EXPECT_TRUE(id >= 0 && static_cast<std::size_t>(id) < tokenizer.size()) << byte;
      }
    }
  }
}

void expect_refused(const json& described, ErrorCode code, const std::string& why) {
  const auto tokenizer = Tokenizer::parse(described.dump());
  ASSERT_FALSE(tokenizer) << why;
  EXPECT_EQ(tokenizer.error().code, code) << tokenizer.error().message;
  EXPECT_NE(tokenizer.error().message.find(why), std::string::npos) << tokenizer.error().message;
}

TEST(PairsTokenizer, RefusesWhatItWouldMisread) {
  json described = clip();
  described["model"]["end_of_word_suffix"] = nullptr;
  expect_refused(described, ErrorCode::unsupported, "do not end in '</w>'");
  described = clip();
  described["pre_tokenizer"] = {{"type", "ByteLevel"}};
  expect_refused(described, ErrorCode::unsupported, "does not cut a text as CLIP's");
  described = clip();
  described["normalizer"]["normalizers"].push_back({{"type", "Nmt"}});
  expect_refused(described, ErrorCode::unsupported, "'Nmt'");
  described = clip();
  described["normalizer"]["normalizers"][1]["pattern"]["Regex"] = "a|b";
  expect_refused(described, ErrorCode::unsupported, "the pattern 'a|b'");
  described = siglip();
  described["model"]["byte_fallback"] = true;
  expect_refused(described, ErrorCode::unsupported, "falls back to bytes");
  described = siglip();
  described["pre_tokenizer"]["replacement"] = "_";
  expect_refused(described, ErrorCode::unsupported, "U+2581");
  described = test::tokenizer();
  described["normalizer"]["lowercase"] = false;
  expect_refused(described, ErrorCode::unsupported, "in lower case");
  described["model"]["type"] = "WordLevel";
  expect_refused(described, ErrorCode::unsupported, "'WordLevel'");
}

TEST(PairsTokenizer, TellsWhatIsWrong) {
  json described = clip();
  described["model"]["merges"].push_back("no such");
  expect_refused(described, ErrorCode::corrupt, "merge 13 is of tokens that the vocabulary has not");
  described["model"]["merges"] = 7;
  expect_refused(described, ErrorCode::corrupt, "no merges");
  described["model"]["vocab"]["a"] = -1;
  expect_refused(described, ErrorCode::corrupt, "an id that is none");
  described = siglip();
  described["model"]["unk_id"] = 1000;
  expect_refused(described, ErrorCode::corrupt, "no token for what it does not know");
  described["model"]["vocab"][3][1] = "high";
  expect_refused(described, ErrorCode::corrupt, "tokens with their scores");
  described = siglip();
  described["post_processor"]["special_tokens"] = json::object();
  expect_refused(described, ErrorCode::corrupt, "post_processor");
  described = test::tokenizer();
  described["model"]["vocab"]["red"] = 5;
  expect_refused(described, ErrorCode::corrupt, "the vocabulary's ids");
  expect_refused(json::array(), ErrorCode::corrupt, "not a JSON object");
  expect_refused(json::object(), ErrorCode::corrupt, "no model");
}

// Whatever one value is replaced by: refused, or it encodes.
TEST(PairsTokenizer, AnyWrongValueIsRefusedOrHarmless) {
  for (const json& described : {clip(), siglip(), test::tokenizer()}) {
    const json flat = [&] {
      json small = described;
      small["model"].erase("vocab");
      small["model"].erase("merges");
      return small.flatten();
    }();
    for (const auto& [place, value] : flat.items()) {
      for (const json& other : {json(), json(7), json("x"), json::array(), json::object(), json(-1)}) {
        json changed = described;
        changed[json::json_pointer(place)] = other;
        const auto tokenizer = Tokenizer::parse(changed.dump());
        if (tokenizer) {
          EXPECT_LE(tokenizer->encode("Red boats!", 8).size(), 8U) << place;
        } else {
          EXPECT_EQ(tokenizer.error().message.find('\n'), std::string::npos) << place;
        }
      }
    }
  }
}

}  // namespace
}  // namespace updraft::pair
