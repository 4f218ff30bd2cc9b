#include "catalogue/json_lines.h"

#include <gtest/gtest.h>

#include <limits>

#include "catalogue/asset.h"
#include "files/test_folder.h"

namespace updraft::catalogue {
namespace {

std::vector<Item> items_of(std::string_view text) {
  std::vector<Item> items;
  JsonLines reader(text);
  while (true) {
    auto item = reader.next();
    if (!item) {
      ADD_FAILURE() << item.error().message;
      return items;
    }
    if (!*item) return items;
    items.push_back(std::move(**item));
  }
}

TEST(JsonLines, ReadsAnAssetWithAllItsFields) {
  const auto items = items_of(
      R"({"id": 7, "title": " Red  boat\n", "description": "on a lake", "tags": ["boat", "red", "boat", ""], "popularity": 2.5,)"
      R"( "url": "boat.svg", "colour": "red", "sizes": [1, 2], "stock": true, "none": null, "facets": {"style": "flat"}})");
  ASSERT_EQ(items.size(), 1U);
  ASSERT_EQ(items[0].wrong, "");
  const Asset& asset = items[0].asset;
  EXPECT_EQ(asset.id, "7");
  EXPECT_EQ(asset.title, "Red boat");
  EXPECT_EQ(asset.description, "on a lake");
  EXPECT_EQ(asset.tags, (std::vector<std::string>{"boat", "red"}));
  EXPECT_EQ(asset.popularity, 2.5);
  EXPECT_EQ(asset.url, "boat.svg");
  std::string facets;
  for (const Facet& facet : asset.facets) facets += facet.name + "=" + facet.value + " ";
  EXPECT_EQ(facets, "colour=red style=flat sizes=1 sizes=2 stock=true ");
}

TEST(JsonLines, KnowsOtherNamesOfFieldsAndTagsInOneText) {
  const auto items = items_of(R"({"_id": "a", "name": "Boat", "keywords": "red, small boat", "path": "x.png"})");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].asset.title, "Boat");
  EXPECT_EQ(items[0].asset.tags, (std::vector<std::string>{"red", "small boat"}));
  EXPECT_EQ(items[0].asset.url, "x.png");
}

TEST(JsonLines, RefusesBrokenLinesWithTheirNumberAndGoesOn) {
  const auto items = items_of(
      "\xEF\xBB\xBF{\"id\": \"1\", \"title\": \"one\"}\r\n"
      "\n"
      "{\"id\": \"2\", \"title\": \n"
      "[1, 2]\n"
      "{\"title\": \"no id\"}\n"
      "{\"id\": \"6\"}\n"
      "{\"id\": \"7\", \"title\": \"caf\xE9\"}\n"
      "{\"id\": \"8\", \"title\": \"x\", \"popularity\": -1}\n"
      "{\"id\": \"9\", \"title\": \"x\", \"popularity\": \"many\"}\n"
      "{\"id\": \"10\", \"title\": {\"a\": 1}}\n"
      "{\"id\": \"11\", \"title\": \"last\"}");
  std::string told;
  for (const Item& item : items) {
    told += std::to_string(item.line) + " " + (item.wrong.empty() ? item.asset.title : "! " + item.wrong) + "\n";
  }
  EXPECT_EQ(told,
            "1 one\n"
            "3 ! it is not valid JSON\n"
            "4 ! it is not a JSON object\n"
            "5 ! it has no id\n"
            "6 ! it has no title, description or tags\n"
            "7 ! it is not valid UTF-8\n"
            "8 ! the popularity is not a number of at least 0\n"
            "9 ! the popularity is not a number of at least 0\n"
            "10 ! the field 'title' is neither text nor number\n"
            "11 last\n");
}

TEST(JsonLines, RefusesWhatIsTooLargeOrTooDeepAndGoesOn) {
  const std::string huge(10'000'000, 'x');
  const std::string text = "{\"id\": \"1\", \"title\": \"" + huge + "\"}\n{\"id\": \"2\", \"title\": \"" +
                           std::string(5000, 'x') + "\"}\n{\"id\": \"3\", \"x\": " + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}\n{\"id\": \"4\", \"title\": \"good\"}\n";
  const auto items = items_of(text);
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[0].wrong, "it is longer than 1048576 bytes");
  EXPECT_EQ(items[1].wrong, "the title has 5000 bytes, more than 4096");
  EXPECT_EQ(items[2].wrong, "it is nested too deeply");
  EXPECT_EQ(items[3].wrong, "");
}

TEST(Asset, IsRefusedWithAPopularityThatIsNoNumber) {
  Asset asset{.id = "a", .title = "b", .popularity = std::numeric_limits<double>::quiet_NaN()};
  EXPECT_FALSE(check(asset));
  asset.popularity = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(check(asset));
  asset.popularity = 0;
  EXPECT_TRUE(check(asset));
}

TEST(Asset, HasAnotherFingerprintOfMeaningOnlyWhereItsTextsDiffer) {
  const Asset asset{.id = "a", .title = "boat", .tags = {"red", "lake"}, .facets = {{"colour", "red"}}};
  const Fingerprint one = fingerprint(asset);
  EXPECT_EQ(one, fingerprint(asset));
  Asset other = asset;
  other.popularity = 1;
  EXPECT_NE(fingerprint(other).content, one.content);
  EXPECT_EQ(fingerprint(other).meaning, one.meaning);
  other = asset;
  other.tags = {"red"};
  EXPECT_NE(fingerprint(other).meaning, one.meaning);
}

TEST(Asset, GivesTheEncoderTheBeginningOfALongText) {
  const Asset asset{.id = "a", .title = "boat", .description = std::string(60'000, 'x')};
  EXPECT_LE(meaning_text(asset).size(), 1100U);
  EXPECT_TRUE(meaning_text(asset).starts_with("boat. xxx"));
}

TEST(Source, RefusesWhatItCannotRead) {
  const files::test::Folder folder;
  EXPECT_EQ(open_source(folder / "none.jsonl").error().code, ErrorCode::not_found);
  EXPECT_EQ(open_source(folder.write("x.pdf", "x")).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(open_source(folder.write("x.csv", "name,tags\n")).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace updraft::catalogue
