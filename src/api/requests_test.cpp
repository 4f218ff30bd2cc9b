#include "api/requests.h"

#include <gtest/gtest.h>

#include "text/base64.h"

namespace updraft::api {
namespace {

template <class T>
std::string message(const Result<T>& result) {
  return result ? "" : result.error().message;
}

TEST(Requests, ASuggestionHasDefaultsForAllButTheText) {
  const auto request = read_suggest(R"({"text": "holiday sale"})").value();
  EXPECT_EQ(request.text, "holiday sale");
  ASSERT_EQ(request.tasks.size(), 4U);
  EXPECT_EQ(request.tasks[2].task, Task::template_);
  EXPECT_EQ(request.tasks[2].n, 8);
  EXPECT_FALSE(request.candidates_given);
  EXPECT_FALSE(request.stream);
  EXPECT_FALSE(request.understood);
}

TEST(Requests, ASuggestionTakesAllThatIsAskedFor) {
  const auto request =
      read_suggest(R"({"text": "sofa", "tasks": ["image", "query"], "n": 3, "words": {"min": 2, "max": 9},
    "return": 4, "seed": 7, "temperature": 0.5, "candidates": 2, "raw": true, "stream": true})")
          .value();
  ASSERT_EQ(request.tasks.size(), 2U);
  EXPECT_EQ(request.tasks[0].task, Task::image);
  EXPECT_EQ(request.tasks[1].words->max, 9);
  EXPECT_EQ(request.tasks[1].ret, 4);
  EXPECT_EQ(request.tasks[1].seed, 7U);
  EXPECT_EQ(request.tasks[1].candidates, 2);
  EXPECT_TRUE(request.candidates_given && request.raw && request.stream);
}

TEST(Requests, WhatThePersonCorrectedIsTakenForWhatWasUnderstood) {
  const auto request =
      read_suggest(R"({"understood": {"intent": "blue sofa", "goal": "generate", "category": "home_realestate",
    "facets": {"colors": ["blue", "grey"], "style": "modern"}}})")
          .value();
  ASSERT_TRUE(request.understood);
  EXPECT_EQ(request.understood->text, "blue sofa");
  EXPECT_EQ(request.understood->goals.front().name, "generate");
  ASSERT_EQ(request.understood->facets.size(), 2U);
  EXPECT_EQ(request.understood->facets[0].value, "blue, grey");
}

TEST(Requests, WhatIsNoJsonIsToldApartFromValuesThatCannotBeTaken) {
  for (const std::string_view broken : {"", "{", "nope", "{\"text\": \"\xff\"}", "{\"text\": \"\\ud800\"}"}) {
    EXPECT_EQ(read_suggest(broken).error().code, ErrorCode::corrupt) << broken;
  }
  for (const std::string_view wrong : {"[]",
                                       "7",
                                       "{}",
                                       R"({"text": ""})",
                                       R"({"text": " \n"})",
                                       R"({"text": null})",
                                       R"({"text": 7})",
                                       R"({"text": "a", "n": 0})",
                                       R"({"text": "a", "n": 33})",
                                       R"({"text": "a", "n": 1.5})",
                                       R"({"text": "a", "n": "8"})",
                                       R"({"text": "a", "n": 1e99})",
                                       R"({"text": "a", "tasks": []})",
                                       R"({"text": "a", "tasks": ["query", "query"]})",
                                       R"({"text": "a", "tasks": ["intent"]})",
                                       R"({"text": "a", "words": {"min": 5}})",
                                       R"({"text": "a", "words": {"min": 5, "max": 2}})",
                                       R"({"text": "a", "seed": -1})",
                                       R"({"text": "a", "temperature": 2.5})",
                                       R"({"text": "a", "understood": {}})",
                                       R"({"text": "a", "understood": {"intent": "b", "goal": "win"}})",
                                       R"({"text": "a", "raw": 1})",
                                       R"({"text": "a", "colour": "red"})"}) {
    const auto refused = read_suggest(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument) << wrong;
    EXPECT_EQ(refused.error().message.find('\n'), std::string::npos);
  }
  EXPECT_NE(message(read_suggest(R"({"text": "a", "colour": "red"})")).find("'colour'"), std::string::npos);
  EXPECT_NE(message(read_suggest(R"({"text": "a", "words": {"min": 1, "max": 2, "mean": 1}})")).find("'words.mean'"),
            std::string::npos);
}

TEST(Requests, ATextHasSoManyCharactersWhateverTheirBytes) {
  std::string longest;
  for (std::size_t i = 0; i < max_text_characters; ++i) longest += "\U0001F384";
  EXPECT_LE(longest.size(), max_utterance_bytes);
  EXPECT_TRUE(read_intent(R"({"text": ")" + longest + R"("})"));
  EXPECT_FALSE(read_intent(R"({"text": ")" + longest + R"(a"})"));
}

TEST(Requests, DeepNestingIsRefused) {
  const std::string deep =
      R"({"text": "a", "understood": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(read_suggest(deep));
}

TEST(Requests, APictureIsDecodedAndHasAnEnd) {
  EXPECT_EQ(read_intent(R"({"image": {"data": "TWFu"}})").value().picture, "Man");
  for (const std::string_view wrong :
       {R"({"image": {}})", R"({"image": {"data": ""}})", R"({"image": {"data": "TWF"}})", R"({"image": "TWFu"})",
        R"({"image": {"data": 7}})", R"({"image": {"data": "TWFu", "type": "png"}})"}) {
    EXPECT_FALSE(read_intent(wrong)) << wrong;
  }
  const std::string large = text::to_base64(std::string(max_picture_bytes + 3, 'x'));
  EXPECT_NE(message(read_intent(R"({"image": {"data": ")" + large + R"("}})")).find("8 MB"), std::string::npos);
}

TEST(Requests, ASearchIsReadWithFiltersAndQueries) {
  const auto request =
      read_search(R"({"text": "tree", "queries": ["fir", "pine"], "filters": {"folder": ["a", "b"], "format": "svg"},
    "limit": 5, "cursor": "1-5", "facets": ["folder"], "explain": true})")
          .value();
  EXPECT_EQ(request.options.queries.size(), 2U);
  EXPECT_EQ(request.options.filters.size(), 3U);
  EXPECT_TRUE(request.options.facets && request.explain && !request.write_queries && !request.raw);
  EXPECT_TRUE(read_search(R"({"text": "tree"})").value().write_queries) << "where nobody says otherwise";
  EXPECT_FALSE(read_search(R"({"text": "tree", "queries": []})").value().write_queries);
  EXPECT_FALSE(read_search(R"({"text": "tree", "queries": false})").value().write_queries);
  EXPECT_TRUE(read_search(R"({"text": "tree", "queries": true, "raw": true})").value().raw);
  for (const std::string_view wrong :
       {R"({"text": "tree", "limit": 101})", R"({"text": "tree", "filters": {"a": []}})",
        R"({"text": "tree", "filters": {"a": 7}})", R"({"text": "tree", "queries": "fir"})",
        R"({"text": "tree", "facets": true})"}) {
    EXPECT_FALSE(read_search(wrong)) << wrong;
  }
}

TEST(Requests, RecommendationsNeedSomethingToGoBy) {
  EXPECT_FALSE(read_recommend("{}"));
  EXPECT_FALSE(read_recommend(R"({"events": [{"asset": "a", "event": "eaten"}]})"));
  const auto request =
      read_recommend(R"({"assets": ["a"], "events": [{"asset": "b", "event": "click", "time": 5}], "lambda": 1})")
          .value();
  EXPECT_EQ(request.options.like.front(), "a");
  EXPECT_EQ(request.options.events.front().kind, EventKind::click);
  const auto weighed = read_recommend(R"({"assets": ["a"], "popularity": 0, "appeal": 0.75})").value();
  EXPECT_EQ(weighed.options.popularity, 0);
  EXPECT_EQ(weighed.options.appeal, 0.75);
  EXPECT_FALSE(read_recommend(R"({"assets": ["a"], "appeal": 2})"));
}

TEST(Requests, ACompletionIsReadAsOpenAisClientsSendIt) {
  const auto request =
      read_completion(R"({"model": "updraft-135m", "prompt": ["a", "b"], "n": 2, "max_tokens": 16, "temperature": 0,
    "top_p": 0.5, "seed": -3, "stop": ["\n"], "stream": true, "echo": false, "user": null, "task": "image"})");
  ASSERT_TRUE(request) << message(request);
  EXPECT_EQ(request->prompts.size(), 2U);
  EXPECT_EQ(request->max_tokens, 16U);
  EXPECT_EQ(request->stop.front(), "\n");
  const auto good =
      read_completion(R"({"model": "m", "prompt": "a", "n": null, "stop": "x", "task": "image"})").value();
  EXPECT_EQ(good.options.n, 1);
  EXPECT_EQ(good.stop.front(), "x");
  EXPECT_EQ(good.options.task, Task::image);
  EXPECT_FALSE(read_completion(R"({"model": "m", "prompt": "a", "echo": true})"));
  EXPECT_FALSE(read_completion(R"({"model": "m", "prompt": "a", "logprobs": 5})"));
  EXPECT_FALSE(read_completion(R"({"prompt": "a"})"));
  EXPECT_FALSE(read_completion(R"({"model": "m", "prompt": []})"));
}

TEST(Requests, WhatOpenAisClientsSendByThemselvesIsTakenAndWhatCannotBeDoneIsNamed) {
  const std::string start = R"({"model": "m", "prompt": "a", )";
  EXPECT_TRUE(
      read_completion(start + R"("frequency_penalty": 0, "presence_penalty": 0.0, "best_of": 1, "logit_bias": {},
    "echo": false, "suffix": "", "logprobs": null, "stop": [], "user": "ann", "max_tokens": 16384})"));
  for (const auto& [name, value] : {std::pair("frequency_penalty", "0.5"),
                                    {"presence_penalty", "-1"},
                                    {"best_of", "0"},
                                    {"best_of", "257"},
                                    {"logit_bias", R"({"50256": -100})"},
                                    {"logprobs", "0"},
                                    {"echo", "true"},
                                    {"suffix", R"("b")"},
                                    {"stop", R"(["1", "2", "3", "4", "5"])"},
                                    {"stream_options", "true"},
                                    {"stream_options", R"({"include_obfuscation": true})"}}) {
    const auto refused = read_completion(start + '"' + name + "\": " + value + "}");
    ASSERT_FALSE(refused) << name << ": " << value;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message.find(name), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(read_completion(start + R"("stream": true, "stream_options": {"include_usage": true}})")->include_usage);
  const auto candidates = [&](const char* more) { return read_completion(start + more)->options.candidates; };
  EXPECT_EQ(candidates(R"("n": 2, "best_of": 2})"), 4);
  EXPECT_EQ(candidates(R"("n": 2, "best_of": 11})"), 6);
  EXPECT_EQ(candidates(R"("n": 1, "best_of": 20})"), 8);
}

TEST(Requests, TokensAreRefusedByNameInsteadOfBeingTakenForThoseOfAnotherTokenizer) {
  for (const std::string tokens : {"[1, 2]", "[[1, 2], [3]]", R"(["a", 2])"}) {
    EXPECT_NE(message(read_embedding(R"({"model": "m", "input": )" + tokens + "}")).find("'input' holds tokens"),
              std::string::npos);
    EXPECT_NE(message(read_completion(R"({"model": "m", "prompt": )" + tokens + "}")).find("'prompt' holds tokens"),
              std::string::npos);
  }
}

TEST(Requests, AnEmbeddingTakesOneTextOrSeveral) {
  EXPECT_EQ(read_embedding(R"({"model": "m", "input": "a"})").value().texts.size(), 1U);
  const auto two = read_embedding(R"({"model": "m", "input": ["a", "b"], "encoding_format": "base64"})").value();
  EXPECT_EQ(two.texts.size(), 2U);
  EXPECT_TRUE(two.base64);
  EXPECT_EQ(two.dimensions, std::nullopt);
  EXPECT_EQ(read_embedding(R"({"model": "m", "input": "a", "dimensions": 384})").value().dimensions, 384U);
  EXPECT_FALSE(read_embedding(R"({"model": "m", "input": []})"));
}

TEST(Requests, FeedbackTellsWhichEventIsWrong) {
  const std::string good =
      R"({"id": "1", "kind": "click", "intent": "a", "task": "query", "prompt": "b", "position": 0, "words": 3, "return": 9})";
  EXPECT_EQ(read_feedback(R"({"events": [)" + good + "]}").value().size(), 1U);
  EXPECT_NE(message(read_feedback(R"({"events": [)" + good + R"(, {"id": "2"}]})")).find("event 2"), std::string::npos);
  EXPECT_FALSE(read_feedback("{}"));
}

}  // namespace
}  // namespace updraft::api
