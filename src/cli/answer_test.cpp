#include "cli/answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace updraft::cli {
namespace {

Answer some_answer() {
  Answer answer;
  answer.task = Task::template_;
  answer.suggestions.items = {{.text = "holiday sale flyer", .words = 3, .score = 0.75, .task = Task::template_},
                              {.text = "one", .words = 1, .score = 0.5, .task = Task::template_}};
  answer.suggestions.timings = {.load_ms = 40.5,
                                .prefill_ms = 10,
                                .decode_ms = 50,
                                .choice_ms = 4.5,
                                .total_ms = 65,
                                .prompt_tokens = 12,
                                .decoded_tokens = 100,
                                .peak_rss_mb = 180.25};
  return answer;
}

TEST(ToJson, HoldsEverything) {
  const std::string line = to_json({"holiday sale", {}}, some_answer());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(line), nlohmann::json::parse(R"({
    "intent": "holiday sale", "typed": "holiday sale", "task": "template",
    "suggestions": [{"text": "holiday sale flyer", "words": 3, "score": 0.75, "task": "template"},
                    {"text": "one", "words": 1, "score": 0.5, "task": "template"}],
    "timings": {"load_ms": 40.5, "prefill_ms": 10.0, "decode_ms": 50.0, "choice_ms": 4.5, "total_ms": 65.0, "prompt_tokens": 12,
                "decoded_tokens": 100, "peak_rss_mb": 180.25}})"));
}

TEST(ToJson, TellsFirstWhatWasSeen) {
  Seen seen;
  seen.kind = "icon";
  seen.written = "\033[31m";
  const std::string line = to_json({"icon of a hat", {}, seen}, some_answer());
  EXPECT_TRUE(line.starts_with(R"({"seen":{"kind":"icon",)")) << line;
  EXPECT_EQ(line.find('\033'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line).at("typed"), "icon of a hat");
}

TEST(ToJson, WithoutSuggestionsHoldsAnEmptyList) {
  EXPECT_TRUE(nlohmann::json::parse(to_json({"x", {}}, {})).at("suggestions").is_array());
}

TEST(ToJson, EscapesControlsAndKeepsTheirMeaning) {
  const std::string intent = "\033[31m \u009B \x7F \u00A0 ü\n";
  const std::string line = to_json({intent, {}}, {});
  EXPECT_EQ(line.find('\033'), std::string::npos);
  EXPECT_EQ(line.find('\x7F'), std::string::npos);
  EXPECT_EQ(line.find("\u009B"), std::string::npos);
  EXPECT_NE(line.find("ü"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line).at("intent"), intent);
}

TEST(ToJson, StaysValidWithInvalidBytes) {
  EXPECT_EQ(nlohmann::json::parse(to_json({"a\xFF", {}}, {})).at("intent"), "a\uFFFD");
}

TEST(ToText, GroupsByTask) {
  EXPECT_EQ(to_text({"holiday sale", {}}, std::vector{some_answer(), some_answer()}, false, {}),
            "holiday sale\n\n"
            "template\n  holiday sale flyer\n  one\n\n"
            "template\n  holiday sale flyer\n  one\n");
}

TEST(ToText, WithDetailsAlignsWordsAndScoresAndTellsTheCost) {
  EXPECT_EQ(to_text({"holiday sale", {}}, std::vector{some_answer()}, true, {}),
            "holiday sale\n\n"
            "template\n"
            "   3 words    0.75  holiday sale flyer\n"
            "   1 word     0.50  one\n\n"
            "cost\n"
            "  prompt      12 tokens     10.0 ms   1200 tokens/s\n"
            "  decoded    100 tokens     50.0 ms   2000 tokens/s\n"
            "  chosen                     4.5 ms\n"
            "  total                     65.0 ms, model loaded in 40 ms, memory at most 180 MB\n");
}

TEST(ToText, WrapsAndColoursForATerminal) {
  EXPECT_EQ(to_text({"sale", {}}, std::vector{some_answer()}, false, {.colour = true, .width = 15}),
            "\033[1msale\033[0m\n\n\033[1;36mtemplate\033[0m\n"
            "\033[2m  \033[0mholiday sale\n  flyer\n\033[2m  \033[0mone\n");
}

Wanted understood(double confidence) {
  Intent intent;
  intent.text = "christmas sale flyer";
  intent.goals = {{"template", 0.97}, {"search", 0.03}};
  intent.categories = {{"retail", 0.9}};
  intent.facets = {{"format", "flyer"}, {"occasion", "christmas\033[31m"}};
  intent.confidence = confidence;
  return {"need a flyer for our xmas sale pls", intent};
}

TEST(ToText, SaysInALineWhatWasUnderstood) {
  EXPECT_EQ(to_text(understood(0.9), std::vector{some_answer()}, false, {}),
            "need a flyer for our xmas sale pls\n"
            "understood: christmas sale flyer (template 0.97, retail; format flyer, occasion christmas\uFFFD[31m; "
            "confidence 0.90)\n\n"
            "template\n  holiday sale flyer\n  one\n");
}

TEST(ToText, SaysWhereHardlyAnythingWasUnderstood) {
  EXPECT_EQ(to_text(understood(0.18), std::vector{some_answer()}, false, {}),
            "need a flyer for our xmas sale pls\n"
            "understood: hardly (confidence 0.18), taken as it was typed\n\n"
            "template\n  holiday sale flyer\n  one\n");
}

TEST(ToJson, TellsWhatWasUnderstood) {
  const auto line = nlohmann::json::parse(to_json(understood(0.9), some_answer()));
  EXPECT_EQ(line.at("intent"), "christmas sale flyer");
  EXPECT_EQ(line.at("typed"), "need a flyer for our xmas sale pls");
  EXPECT_EQ(line.at("understood").at("goal"), "template");
  EXPECT_EQ(line.at("understood").at("facets").at("format"), "flyer");
}

TEST(Wanted, IsWhatWasTypedUnlessItWasLikelyUnderstood) {
  EXPECT_EQ(understood(0.51).intent(), "christmas sale flyer");
  EXPECT_EQ(understood(0.5).intent(), "need a flyer for our xmas sale pls");
}

}  // namespace
}  // namespace updraft::cli
