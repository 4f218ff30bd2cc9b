// Recommending as a user of the library does, with the text encoder that comes with updraft.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "encode/text_encoder.h"
#include "files/test_folder.h"
#include "updraft/catalogue.h"

namespace updraft {
namespace {

const std::string encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";

constexpr const char* lines =
    R"({"id": "tree", "title": "Christmas tree", "tags": ["holiday", "winter"], "colour": "green"}
{"id": "tree again", "title": "Christmas tree", "tags": ["holiday", "winter"], "colour": "blue"}
{"id": "snowman", "title": "Snowman with a carrot nose", "tags": ["winter", "snow"], "colour": "white"}
{"id": "snowman again", "title": "Snowman with a carrot nose", "tags": ["winter", "snow"], "colour": "blue"}
{"id": "gift", "title": "Wrapped christmas gift", "tags": ["holiday", "present"], "colour": "red", "popularity": 900}
{"id": "santa", "title": "Santa Claus", "tags": ["holiday", "christmas"], "colour": "red"}
{"id": "boat", "title": "Red sailing boat", "tags": ["water", "vehicle"], "colour": "red"}
{"id": "ship", "title": "Blue ship on the sea", "tags": ["water", "vehicle"], "colour": "blue"}
{"id": "canoe", "title": "Wooden canoe", "tags": ["water", "river"], "colour": "brown"}
{"id": "cat", "title": "Sleeping kitten", "tags": ["animal", "pet"], "colour": "black"}
{"id": "dog", "title": "Puppy with a ball", "tags": ["animal", "pet"], "colour": "brown"}
)";

class RecommendTest : public testing::TestWithParam<bool> {
 protected:
  RecommendTest() {
    IndexOptions options;
    if (GetParam()) options.text_encoder = encoder;
    options.threads = 1;
    std::string all = lines;
    for (int i = 0; i < 30; ++i) {  // so that no word above is a common one
      all +=
          R"({"id": "other )" + std::to_string(i) + R"(", "title": "Spreadsheet cell )" + std::to_string(i) + "\"}\n";
    }
    if (!index(folder_.write("assets.jsonl", all), folder_ / "c", options)) throw std::runtime_error("no catalogue");
    auto opened = Catalogue::open(folder_ / "c", {.text_encoder = options.text_encoder, .threads = 1});
    if (!opened) throw std::runtime_error(opened.error().message);
    catalogue_.emplace(std::move(*opened));
  }

  [[nodiscard]] RecommendAnswer recommend(const RecommendOptions& options) const {
    auto answer = catalogue_->recommend(options);
    if (!answer) throw std::runtime_error(answer.error().message);
    return std::move(*answer);
  }
  [[nodiscard]] std::vector<std::string> ids(const RecommendOptions& options) const {
    std::vector<std::string> out;
    for (const Recommendation& item : recommend(options).items) out.push_back(item.asset.id);
    return out;
  }
  [[nodiscard]] ErrorCode error(const RecommendOptions& options) const {
    const auto answer = catalogue_->recommend(options);
    return answer ? ErrorCode::cancelled : answer.error().code;
  }
  static std::size_t place(const std::vector<std::string>& ids, const std::string& id) {
    return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
  }

  files::test::Folder folder_;
  std::optional<Catalogue> catalogue_;
};

using RecommendByMeaningToo = RecommendTest;
INSTANTIATE_TEST_SUITE_P(WithAndWithoutAnEncoder, RecommendTest, testing::Bool());
INSTANTIATE_TEST_SUITE_P(WithAnEncoder, RecommendByMeaningToo, testing::Values(true));

TEST_P(RecommendTest, GivesWhatIsNearAndNotTheSame) {
  const auto found = ids({.like = {"tree"}});
  ASSERT_GE(found.size(), 3U);
  const std::set<std::string> first(found.begin(), found.begin() + 2);
  for (const std::string& id : first) EXPECT_TRUE(id == "gift" || id == "santa" || id == "snowman") << id;
  EXPECT_EQ(place(found, "tree"), found.size());
  EXPECT_EQ(place(found, "tree again"), found.size()) << "nothing differs but the colour";
}

TEST_P(RecommendTest, GivesNothingTwice) {
  const auto found = ids({.text = "winter snow"});
  EXPECT_LT(place(found, "snowman"), found.size());
  EXPECT_EQ(place(found, "snowman again"), found.size());
}

TEST_P(RecommendTest, TellsWhy) {
  const RecommendOptions options{
      .text = "boat on the water",
      .like = {"cat"},
      .events = {{"santa", EventKind::view, 3}, {"santa", EventKind::like, 2}, {"gone", EventKind::click, 1}}};
  const auto answer = recommend(options);
  EXPECT_EQ(answer.unknown, std::vector<std::string>{"gone"});
  std::set<std::string> seen;
  for (const Recommendation& item : answer.items) {
    ASSERT_FALSE(item.reasons.empty());
    double sum = 0;
    for (const Reason& reason : item.reasons) sum += reason.share;
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_GT(item.score, 0);
    EXPECT_LE(item.score, 1);
    const Reason& why = item.reasons.front();
    if (item.asset.id == "canoe") {
      EXPECT_EQ(why.kind, ReasonKind::text);
    } else if (item.asset.id == "dog") {
      EXPECT_EQ(why.kind, ReasonKind::like);
    } else if (item.asset.id == "gift") {
      EXPECT_EQ(why.kind, ReasonKind::event);
      EXPECT_EQ(why.index, 1U) << "the like says more than the view";
    }
    seen.insert(item.asset.id);
  }
  for (const std::string id : {"canoe", "dog", "gift"}) EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_P(RecommendTest, GoesByAPictureWhereThereArePoints) {
  const auto eye = encode::TextEncoder::load(encoder, {.threads = 1}).value();
  const std::vector<float> point = eye.encode("sailing boat");
  const RecommendOptions by_picture{.points = {point}, .popularity = 0};
  if (!GetParam()) {
    EXPECT_EQ(error(by_picture), ErrorCode::invalid_argument) << "nothing is left to go by";
    EXPECT_FALSE(ids({.text = "canoe", .points = {point}}).empty());
    return;
  }
  const auto answer = recommend(by_picture);
  ASSERT_FALSE(answer.items.empty());
  EXPECT_EQ(answer.items.front().asset.id, "boat") << "what is seen on it is no asset that is named";
  ASSERT_EQ(answer.items.front().reasons.size(), 1U);
  EXPECT_EQ(answer.items.front().reasons.front().kind, ReasonKind::picture);
  const auto both = recommend({.text = "kitten", .points = {point}});
  std::set<ReasonKind> kinds;
  for (const Recommendation& item : both.items) kinds.insert(item.reasons.front().kind);
  EXPECT_EQ(kinds, (std::set{ReasonKind::text, ReasonKind::picture}));
  EXPECT_EQ(error({.points = {{1, 0, 0}}}), ErrorCode::invalid_argument) << "of another dimension";
  EXPECT_EQ(error({.points = {std::vector<float>(384, 1)}}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.points = std::vector(5, point)}), ErrorCode::invalid_argument);
}

TEST_P(RecommendTest, ForgetsWhatWasDismissedUnlessItWasTakenBack) {
  const auto dismissed = ids({.text = "winter", .events = {{"snowman", EventKind::dismiss}}});
  EXPECT_EQ(place(dismissed, "snowman"), dismissed.size());
  EXPECT_EQ(place(dismissed, "snowman again"), dismissed.size()) << "it hardly differs";
  EXPECT_EQ(error({.events = {{"cat", EventKind::dismiss}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.events = {{"cat", EventKind::click, 1}, {"cat", EventKind::dismiss, 2}}}),
            ErrorCode::invalid_argument)
      << "the newest counts";
  const auto taken_back = ids({.events = {{"cat", EventKind::dismiss, 1}, {"cat", EventKind::like, 2}}});
  EXPECT_EQ(place(taken_back, "dog"), 0U);
}

TEST_P(RecommendTest, CountsNewerEventsMore) {
  std::vector<Event> events = {{"boat", EventKind::click, 100}};
  for (int i = 0; i < 10; ++i) events.push_back({"elsewhere", EventKind::view, 50.0 + i});
  events.push_back({"cat", EventKind::click, 10});
  const auto newest_boat = ids({.events = events});
  EXPECT_LT(place(newest_boat, "ship"), place(newest_boat, "dog"));
  std::swap(events.front().time, events.back().time);
  const auto newest_cat = ids({.events = events});
  EXPECT_LT(place(newest_cat, "dog"), place(newest_cat, "ship"));
}

TEST_P(RecommendTest, WeighsPopularityIn) {
  const auto score = [&](double popularity) {
    for (const Recommendation& item : recommend({.like = {"tree"}, .lambda = 1, .popularity = popularity}).items) {
      if (item.asset.id == "snowman") return item.score;
    }
    return 0.0;
  };
  EXPECT_GT(score(0), 0);
  EXPECT_LT(score(1), score(0) * 0.75) << "nobody knows the snowman";
  EXPECT_EQ(ids({.like = {"tree"}, .popularity = 1}).front(), "gift");
}

TEST_P(RecommendTest, WeighsInWhatPeopleMadeOfTheAssets) {
  const auto with = [&](const Appeals& appeals, double appeal = 1) {
    return recommend({.like = {"tree"},
                      .lambda = 1,
                      .popularity = 0,
                      .appeals = std::make_shared<const Appeals>(appeals),
                      .appeal = appeal});
  };
  const auto score = [](const RecommendAnswer& answer, const std::string& id) {
    for (const Recommendation& item : answer.items) {
      if (item.asset.id == id) return item.score;
    }
    return 0.0;
  };
  const RecommendAnswer without = recommend({.like = {"tree"}, .lambda = 1, .popularity = 0});
  ASSERT_GE(without.items.size(), 3U);
  const std::string first = without.items[0].asset.id, second = without.items[1].asset.id;
  EXPECT_EQ(without.items[0].appeal, std::nullopt);

  const RecommendAnswer wanted = with({{second, 0.9}, {first, 0.1}});
  EXPECT_EQ(wanted.items[0].asset.id, second);
  EXPECT_EQ(wanted.items[0].appeal, 0.9);
  EXPECT_NEAR(score(wanted, first), score(without, first) * 1.1 / 1.9, 1e-9);
  EXPECT_NEAR(score(with({{second, 1}, {first, 0}}, 0.5), first), score(without, first) / 1.5, 1e-9);
  const std::string third = without.items[2].asset.id;
  EXPECT_NEAR(score(wanted, third), score(without, third) * 1.5 / 1.9, 1e-9) << "of which nothing is known";

  for (const RecommendAnswer& same : {with({}), with({{"elsewhere", 1}}), with({{first, 0}}, 0), with({{first, 0.5}}),
                                      with({{first, std::nan("")}})}) {
    ASSERT_EQ(same.items.size(), without.items.size());
    for (std::size_t i = 0; i < same.items.size(); ++i) {
      EXPECT_EQ(same.items[i].asset.id, without.items[i].asset.id);
      EXPECT_NEAR(same.items[i].score, without.items[i].score, 1e-9);
    }
  }
}

TEST_P(RecommendTest, KeepsToFiltersAndLimits) {
  EXPECT_EQ(ids({.text = "vehicle", .filters = {{"colour", "blue"}}, .limit = 1}), std::vector<std::string>{"ship"});
}

TEST_P(RecommendTest, CorrectsTypingMistakes) {
  const auto answer = recommend({.text = "chrsitmas"});
  ASSERT_EQ(answer.corrections.size(), 1U);
  EXPECT_EQ(answer.corrections.front().meant, "christmas");
}

TEST_P(RecommendTest, RefusesWhatCannotBe) {
  const RecommendOptions good{.text = "boat"};
  EXPECT_EQ(error({}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.text = " "}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.text = "\xFF"}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.like = {"nowhere"}}), ErrorCode::not_found);
  EXPECT_EQ(error({.like = std::vector<std::string>(33, "boat")}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.events = {{"nowhere", EventKind::buy}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(error({.events = {{"boat", EventKind::buy, std::nan("")}}}), ErrorCode::invalid_argument);
  const auto with = [&](auto change) {
    RecommendOptions options = good;
    change(options);
    return error(options);
  };
  EXPECT_EQ(with([](auto& o) { o.limit = 0; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.limit = 201; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.lambda = -0.1; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.popularity = std::nan(""); }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.appeal = 1.5; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.queries.assign(17, "x"); }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.queries = {""}; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](auto& o) { o.filters = {{"", "x"}}; }), ErrorCode::invalid_argument);
}

TEST_P(RecommendByMeaningToo, PassesOverWhatIsLikeTheDismissed) {
  const auto score_of_ship = [&](std::vector<Event> events) {
    for (const Recommendation& item : recommend({.text = "boat on the water", .events = events, .lambda = 1}).items) {
      if (item.asset.id == "ship") return item.score;
    }
    return 0.0;
  };
  EXPECT_LT(score_of_ship({{"boat", EventKind::dismiss}}), score_of_ship({{"cat", EventKind::dismiss}}) * 0.95);
}

TEST_P(RecommendByMeaningToo, PrefersTheUnlikeMoreWithALowerLambda) {
  const auto near = ids({.like = {"boat", "cat"}, .lambda = 1});
  const auto diverse = ids({.like = {"boat", "cat"}, .lambda = 0.1});
  EXPECT_EQ(near.size(), diverse.size());
  EXPECT_LT(place(diverse, "snowman"), place(near, "snowman")) << "far from all the others";
}

}  // namespace
}  // namespace updraft
