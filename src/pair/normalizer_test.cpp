#include "pair/normalizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "text/base64.h"

namespace updraft::pair {
namespace {

using nlohmann::json;

std::string normalized(const json& described, const std::string& text) {
  const auto normalizer = Normalizer::from(described);
  return normalizer ? (*normalizer)(text) : "refused: " + normalizer.error().message;
}

json replace(const char* kind, const std::string& pattern, const std::string& by) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", by}};
}

TEST(Normalizer, KnowsUnicodesForms) {
  EXPECT_EQ(normalized({{"type", "NFC"}}, "e\xCC\x81ﬁ"), "éﬁ");
  EXPECT_EQ(normalized({{"type", "NFD"}}, "éﬁ"), "e\xCC\x81ﬁ");
  EXPECT_EQ(normalized({{"type", "NFKC"}}, "e\xCC\x81ﬁ"), "éfi");
  EXPECT_EQ(normalized({{"type", "NFKD"}}, "éﬁ"),
            "e\xCC\x81"
            "fi");
}

TEST(Normalizer, KnowsWhatTokenizersDo) {
  EXPECT_EQ(normalized(nullptr, " A "), " A ");
  EXPECT_EQ(normalized({{"type", "Lowercase"}}, "ÀB"), "àb");
  EXPECT_EQ(normalized({{"type", "Lowercase"}}, "İ"), "i\xCC\x87");
  EXPECT_EQ(normalized({{"type", "Strip"}}, " \t a b\xC2\xA0"), "a b");
  EXPECT_EQ(normalized({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}}, " a "), " a");
  EXPECT_EQ(normalized({{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}}, " a "), "a ");
  EXPECT_EQ(normalized({{"type", "Strip"}}, "  "), "");
  EXPECT_EQ(normalized({{"type", "Prepend"}, {"prepend", "▁"}}, "a"), "▁a");
  EXPECT_EQ(normalized({{"type", "Prepend"}, {"prepend", "▁"}}, ""), "");
}

TEST(Normalizer, Replaces) {
  EXPECT_EQ(normalized(replace("String", "ab", "x"), "ababa"), "xxa");
  EXPECT_EQ(normalized(replace("Regex", "\\s+", " "), "a \t\n b "), "a b ");
  EXPECT_EQ(normalized(replace("Regex", " {2,}", "▁"), "a b   c "), "a b▁c ");
  EXPECT_EQ(normalized(replace("Regex", "[!?]", "."), "a!?b"), "a..b");
  EXPECT_EQ(normalized(replace("Regex", "[!?]+", "."), "a!?b"), "a.b");
  EXPECT_EQ(normalized(replace("Regex", R"([\]\-\\^])", ""), "[a]-^\\b"), "[ab");
  for (const char* pattern : {"[a-z]", "[^a]", "[\\w]", "[[:punct:]]", "[a&&b]", "[]", "[", "(a)", "", "a", "[\\]"}) {
    EXPECT_TRUE(normalized(replace("Regex", pattern, ""), "").starts_with("refused: the pattern")) << pattern;
  }
}

TEST(Normalizer, DoesAllInTheirOrder) {
  const json both = {{"type", "Sequence"}, {"normalizers", {{{"type", "Lowercase"}}, replace("String", "a", "B")}}};
  EXPECT_EQ(normalized(both, "A"), "B");
  EXPECT_TRUE(normalized({{"type", "Sequence"}, {"normalizers", {both}}}, "").starts_with("refused"));
  EXPECT_TRUE(normalized(7, "").starts_with("refused"));
}

// A double array of 512 units that replaces "a" by "xy", and "ab" by nothing; other bytes stay. The root's children are
// 256 units further, a's children at 0 from there.
std::string rules() {
  std::vector<std::uint32_t> units(512);
  const auto offset = [](std::uint32_t by) { return by << 10U; };
  constexpr std::uint32_t has_value = 0x100, is_value = 0x80000000;
  const std::uint32_t a = 256 ^ 'a', below_a = 16, b = (a ^ below_a) ^ 'b', below_b = 32;
  units[0] = offset(256);
  units[a] = offset(below_a) | has_value | 'a';
  units[a ^ below_a] = is_value | 0;
  units[b] = offset(below_b) | has_value | 'b';
  units[b ^ below_b] = is_value | 3;
  std::string bytes;
  const auto append = [&](std::uint32_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
  };
  append(static_cast<std::uint32_t>(units.size() * 4));
  for (const std::uint32_t unit : units) append(unit);
  return bytes + std::string("xy\0\0", 4);
}

TEST(Normalizer, FollowsPrecompiledRules) {
  const auto described = [](const std::string& bytes) {
    return json{{"type", "Precompiled"}, {"precompiled_charsmap", text::to_base64(bytes)}};
  };
  EXPECT_EQ(normalized(described(rules()), "cabaéa"), "cxyéxy");
  EXPECT_EQ(normalized({{"type", "Precompiled"}, {"precompiled_charsmap", nullptr}}, "a"), "a");
  const std::string good = rules();
  for (std::size_t n = 1; n < good.size(); ++n) {
    const std::string out = normalized(described(good.substr(0, n)), "abracadabra");
    EXPECT_TRUE(out.starts_with("refused: the precompiled_charsmap") || out.size() < 100) << n;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xFF);
    EXPECT_LT(normalized(described(bad), "abracadabra").size(), 100U) << at;
  }
}

TEST(Normalizer, ReadsNoMoreThanItNeeds) {
  EXPECT_EQ(normalized(nullptr, std::string(100'000, 'a')).size(), max_text_bytes);
  EXPECT_EQ(normalized(replace("String", "a", std::string(64, 'b')), std::string(100'000, 'a')).size(), max_text_bytes);
  EXPECT_TRUE(normalized(replace("String", "a", std::string(65, 'b')), "a").starts_with("refused"));
}

}  // namespace
}  // namespace updraft::pair
