// For tests: what every backend of a catalogue keeps. A backend's test instantiates the suite with a way to open one:
//   INSTANTIATE_TEST_SUITE_P(Embedded, BackendContract, testing::Values(&make_embedded_place));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalogue/backend.h"

namespace updraft::catalogue::test {

// An empty place for a catalogue, gone with the object.
class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  virtual ~Place() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<Backend>> open_to_write() = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Backend>> open_to_read() = 0;
};
using MakePlace = std::unique_ptr<Place> (*)();

class BackendContract : public testing::TestWithParam<MakePlace> {
 protected:
  static constexpr int dimension = 32;

  void SetUp() override {
    place_ = GetParam()();
    writer_ = must(place_->open_to_write());
  }

  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }
  static void must(const Result<>& result) {
    if (!result) throw std::runtime_error(result.error().message);
  }

  // Nearly the unit vector of an axis.
  static std::vector<float> along(std::size_t axis, float aside = 0) {
    std::vector<float> point(dimension, 0);
    point[axis] = 1;
    point[(axis + 1) % dimension] = aside;
    return point;
  }

  static Asset asset(const std::string& id, const std::string& title, const std::vector<Facet>& facets = {}) {
    Asset made;
    made.id = id;
    made.title = title;
    made.tags = {"tag of " + id};
    made.facets = facets;
    return made;
  }

  static void put(Update& update, const Asset& asset, std::span<const float> point) {
    (void)must(update.mark(asset.id));
    must(update.put(asset, fingerprint(asset), point));
  }

  // A boat, a car and a cat, in an update of their own.
  void fill() {
    const auto update = must(writer_->update());
    must(update->use_encoder(dimension, 7));
    put(*update, asset("1", "red boat", {{"colour", "red"}, {"kind", "vehicle"}}), along(0));
    put(*update, asset("2", "blue car", {{"colour", "blue"}, {"kind", "vehicle"}}), along(0, 0.5F));
    put(*update, asset("3", "black cat", {{"colour", "black"}, {"kind", "animal"}}), along(5));
    EXPECT_EQ(must(update->commit()).assets, 3U);
  }

  static std::string ids(const Result<std::vector<Found>>& found) {
    if (!found) return found.error().message;
    std::string out;
    for (const Found& item : *found) out += item.id;
    return out;
  }

  static std::string by_words(Backend& backend, const std::vector<std::string>& words, const Filters& filters = {}) {
    return ids(must(backend.view())->by_words(words, filters, 10));
  }
  static std::string by_point(Backend& backend, std::span<const float> point, const Filters& filters = {}) {
    return ids(must(backend.view())->by_point(point, filters, 10));
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<Backend> writer_;
};

TEST_P(BackendContract, IsEmptyAtFirst) {
  const auto view = must(writer_->view());
  EXPECT_EQ(view->about().assets, 0U);
  EXPECT_EQ(view->about().generation, 0U);
  EXPECT_EQ(ids(view->by_words(std::vector<std::string>{"boat"}, {}, 10)), "");
  EXPECT_EQ(view->assets(std::vector<std::string>{"1"}).error().code, ErrorCode::not_found);
}

TEST_P(BackendContract, GivesBackWhatWasPut) {
  Asset whole;
  whole.id = "weird 'id' \"%\" /";
  whole.title = "two\twords";
  whole.description = "[\"json\"] <b>";
  whole.tags = {"one, two", "three"};
  whole.facets = {{"b", "2"}, {"a", "1"}, {"b", "3"}};
  whole.popularity = 2.25;
  whole.url = "file.svg";
  {
    const auto update = must(writer_->update());
    put(*update, whole, {});
    (void)must(update->commit());
  }
  const auto back = must(must(writer_->view())->assets(std::vector{whole.id})).front();
  EXPECT_EQ(fingerprint(back), fingerprint(whole));
  EXPECT_EQ(back.facets[2].value, "3");
}

TEST_P(BackendContract, GivesAssetsInTheOrderInWhichTheyAreNamed) {
  fill();
  const auto view = must(writer_->view());
  std::string titles;
  for (const Asset& one : must(view->assets(std::vector<std::string>{"3", "1", "3"}))) titles += one.title + ", ";
  EXPECT_EQ(titles, "black cat, red boat, black cat, ");
  const auto missing = view->assets(std::vector<std::string>{"1", "none", "3"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("'none'"), std::string::npos) << missing.error().message;
}

TEST_P(BackendContract, FindsByWords) {
  fill();
  EXPECT_EQ(by_words(*writer_, {"boat"}), "1");
  EXPECT_EQ(by_words(*writer_, {"boats"}), "1");
  EXPECT_EQ(by_words(*writer_, {"nothing"}), "");
  EXPECT_EQ(by_words(*writer_, {}), "");
  EXPECT_EQ(by_words(*writer_, {"black", "cat", "boat"}).substr(0, 1), "3");
}

TEST_P(BackendContract, TakesWordsOfTheQueryLanguageAsWords) {
  fill();
  for (const std::string word : {"and", "or", "not", "near", "title", "select"})
    EXPECT_EQ(by_words(*writer_, {word}), "");
}

TEST_P(BackendContract, FindsByMeaning) {
  fill();
  EXPECT_EQ(by_point(*writer_, along(0)).substr(0, 2), "12");
  EXPECT_EQ(by_point(*writer_, along(5)).substr(0, 1), "3");
  const auto view = must(writer_->view());
  EXPECT_NEAR(must(view->by_point(along(0), {}, 1)).front().score, 1, 1e-2);
  const auto points = must(view->points(std::vector<std::string>{"3", "none"}));
  EXPECT_NEAR(points[5], 1, 1e-2);
  EXPECT_EQ(points[dimension + 5], 0);
}

TEST_P(BackendContract, Filters) {
  fill();
  EXPECT_EQ(by_words(*writer_, {"boat", "car", "cat"}, {{"colour", "red"}}), "1");
  EXPECT_EQ(by_point(*writer_, along(5), {{"kind", "vehicle"}}).size(), 2U);
  EXPECT_EQ(by_point(*writer_, along(5), {{"kind", "vehicle"}, {"colour", "blue"}}), "2");
  EXPECT_EQ(by_point(*writer_, along(0), {{"colour", "red"}, {"colour", "black"}}), "13");
  EXPECT_EQ(by_point(*writer_, along(0), {{"colour", "' OR 1=1 --"}}), "");
  EXPECT_EQ(by_words(*writer_, {"boat"}, {{"none", "red"}}), "");
}

TEST_P(BackendContract, AViewIsAskedWithOneFilterAfterTheOther) {
  fill();
  const auto view = must(writer_->view());
  const std::vector<std::string> words = {"boat", "car", "cat"};
  for (const auto& [colour, hits] : {std::pair("red", "1"), {"blue", "2"}, {"", "123"}, {"red", "1"}}) {
    const Filters filters = *colour == 0 ? Filters() : Filters{{"colour", colour}};
    auto found = ids(view->by_words(words, filters, 10));
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, hits) << colour;
    found = ids(view->by_point(along(0), filters, 10));
    EXPECT_EQ(found.size(), std::string_view(hits).size()) << colour;
  }
}

TEST_P(BackendContract, ShowsNothingOfAnUpdateThatIsNotCommitted) {
  fill();
  const auto reader = must(place_->open_to_read());
  {
    const auto update = must(writer_->update());
    put(*update, asset("4", "green boat"), along(9));
    must(update->erase("1"));
    EXPECT_EQ(by_words(*reader, {"boat"}), "1");
  }
  EXPECT_EQ(by_words(*reader, {"boat"}), "1");
  EXPECT_EQ(must(reader->view())->about().assets, 3U);
}

TEST_P(BackendContract, ChangesAndDeletes) {
  fill();
  const auto reader = must(place_->open_to_read());
  EXPECT_EQ(by_point(*reader, along(5)).substr(0, 1), "3");
  {
    const auto update = must(writer_->update());
    put(*update, asset("3", "white dog", {{"colour", "white"}}), along(20));
    must(update->erase("1"));
    EXPECT_EQ(update->erase("1").error().code, ErrorCode::not_found);
    EXPECT_EQ(must(update->commit()).assets, 2U);
  }
  EXPECT_EQ(by_words(*reader, {"boat", "cat"}), "");
  EXPECT_EQ(by_words(*reader, {"dog"}), "3");
  EXPECT_EQ(by_point(*reader, along(20)).substr(0, 1), "3");
  EXPECT_EQ(by_point(*reader, along(20)).size(), 2U);
  EXPECT_EQ(by_point(*reader, along(20), {{"colour", "black"}}), "");
  EXPECT_EQ(must(must(reader->view())->assets_with("cat")), 0U);
  EXPECT_EQ(must(must(reader->view())->assets_with("dog")), 1U);
}

TEST_P(BackendContract, KeepsThePointOfAnAssetThatIsPutWithoutOne) {
  fill();
  {
    const auto update = must(writer_->update());
    Asset other = asset("3", "black cat", {{"colour", "grey"}});
    other.popularity = 5;
    put(*update, other, {});
    (void)must(update->commit());
  }
  EXPECT_EQ(by_point(*writer_, along(5), {{"colour", "grey"}}), "3");
  EXPECT_EQ(must(must(writer_->view())->by_point(along(5), {}, 1)).front().popularity, 5);
}

TEST_P(BackendContract, FindsWhatHasNoPointByItsWordsAlone) {
  fill();
  {
    const auto update = must(writer_->update());
    put(*update, asset("4", "green boat"), {});
    must(update->erase("3"));  // its point goes with it
    put(*update, asset("3", "black cat"), {});
    EXPECT_EQ(must(update->commit()).assets, 4U);
  }
  EXPECT_EQ(by_words(*writer_, {"boat"}).size(), 2U);
  EXPECT_EQ(by_words(*writer_, {"cat"}), "3");
  EXPECT_EQ(by_point(*writer_, along(5)).size(), 2U) << "the boat's and the car's";
  const auto points = must(must(writer_->view())->points(std::vector<std::string>{"3", "4"}));
  EXPECT_EQ(points, std::vector<float>(2 * dimension));
}

TEST_P(BackendContract, KnowsWhatItHolds) {
  fill();
  const auto update = must(writer_->update());
  EXPECT_EQ(must(update->find("1")), fingerprint(asset("1", "red boat", {{"colour", "red"}, {"kind", "vehicle"}})));
  EXPECT_EQ(must(update->find("9")), std::nullopt);
  EXPECT_EQ(must(update->mark("1")), Update::Mark::first);
  EXPECT_EQ(must(update->mark("1")), Update::Mark::again);
  EXPECT_EQ(must(update->unmarked()), (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(must(update->asset("2")).title, "blue car");
  EXPECT_FALSE(must(update->points_are_lost()));
}

TEST_P(BackendContract, KnowsNothingUnderAnotherEncoder) {
  fill();
  const auto update = must(writer_->update());
  must(update->use_encoder(64, 8));
  EXPECT_TRUE(must(update->points_are_lost()));
  EXPECT_EQ(must(update->find("1")), std::nullopt);
  EXPECT_EQ(must(update->asset("2")).title, "blue car");
}

TEST_P(BackendContract, RefusesAPointThatIsNone) {
  const auto update = must(writer_->update());
  must(update->use_encoder(dimension, 7));
  std::vector<float> point(dimension, std::numeric_limits<float>::quiet_NaN());
  const Asset some = asset("1", "boat");
  EXPECT_EQ(update->put(some, fingerprint(some), point).error().code, ErrorCode::invalid_argument);
}

TEST_P(BackendContract, KeepsPointsThatWereSetAsideForTheNextUpdate) {
  const std::vector<std::uint64_t> meanings = {1, ~std::uint64_t{0}};
  std::vector<float> points = along(3), second = along(4), out(dimension);
  points.insert(points.end(), second.begin(), second.end());
  {
    const auto update = must(writer_->update());
    must(update->use_encoder(dimension, 7));
    EXPECT_FALSE(must(update->recall(1, out)));
    must(update->set_aside(meanings, points));
  }
  {
    const auto update = must(writer_->update());
    must(update->use_encoder(dimension, 7));
    EXPECT_TRUE(must(update->recall(~std::uint64_t{0}, out)));
    EXPECT_EQ(out, second);
    EXPECT_FALSE(must(update->recall(2, out)));
  }
  {
    const auto update = must(writer_->update());
    must(update->use_encoder(dimension, 8));
    EXPECT_FALSE(must(update->recall(1, out))) << "a point of another encoder";
  }
  {
    const auto update = must(writer_->update());
    must(update->use_encoder(dimension, 7));
    put(*update, asset("1", "boat"), along(0));
    must(update->commit());
  }
  const auto update = must(writer_->update());
  must(update->use_encoder(dimension, 7));
  EXPECT_FALSE(must(update->recall(1, out))) << "the update that came to an end";
}

TEST_P(BackendContract, LetsOneWriteAtATime) {
  const auto other = must(place_->open_to_write());
  auto update = must(writer_->update());
  const auto second = other->update();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::io);
  EXPECT_NE(second.error().message.find("another process is writing"), std::string::npos) << second.error().message;
  update.reset();
  EXPECT_TRUE(other->update());
}

TEST_P(BackendContract, ShowsOneStateInAView) {
  fill();
  const auto reader = must(place_->open_to_read());
  const auto view = must(reader->view());
  EXPECT_EQ(view->about().assets, 3U);
  {
    const auto update = must(writer_->update());
    must(update->erase("1"));
    (void)must(update->commit());
  }
  EXPECT_EQ(ids(view->by_words(std::vector<std::string>{"boat"}, {}, 10)), "1");
  EXPECT_EQ(ids(view->by_point(along(0), {}, 1)), "1");
}

TEST_P(BackendContract, CorrectsWords) {
  fill();
  const auto view = must(writer_->view());
  EXPECT_EQ(must(view->nearest_word("blakc")), "black");
  EXPECT_EQ(must(view->nearest_word("elephant")), "");
}

}  // namespace updraft::catalogue::test
