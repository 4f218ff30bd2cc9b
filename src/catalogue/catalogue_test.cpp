// Indexing and searching as a user of the library does, with the text encoder that comes with updraft.
#include "updraft/catalogue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <utility>

#include "catalogue/pictures.h"
#include "encode/small_efficient_net.h"
#include "encode/text_encoder.h"
#include "files/test_folder.h"
#include "pair/encoders.h"
#include "pair/tiny_pair.h"

namespace updraft {
namespace {

const std::string encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";

constexpr const char* lines =
    R"({"id": "boat", "title": "Red sailing boat", "tags": ["water", "vehicle"], "colour": "red"}
{"id": "ship", "title": "Blue ship", "tags": ["ocean", "vehicle"], "colour": "blue"}
{"id": "cake", "title": "Birthday cake with candles", "tags": ["party", "food"], "colour": ["red", "white"]}
{"id": "cat", "title": "Sleeping kitten", "tags": ["animal", "pet"], "colour": "black"}
{"id": "dog", "title": "Puppy with a ball", "tags": ["animal", "pet"], "colour": "brown", "popularity": 3}
{"id": "tree", "title": "Christmas tree", "tags": ["holiday", "winter"], "colour": "green"}
)";

class CatalogueTest : public testing::Test {
 protected:
  IndexReport index_lines(const std::string& text, bool with_encoder = true, bool keep = false) {
    IndexOptions options;
    if (with_encoder) options.text_encoder = encoder;
    options.threads = 1;
    options.keep = keep;
    options.on_refusal = [&](const Refusal& refusal) {
      refused_ += std::to_string(refusal.line) + " " + refusal.reason + "\n";
    };
    const auto report = index(folder_.write("assets.jsonl", text), folder_ / "c", options);
    if (report) return *report;
    error_ = report.error();
    return {};
  }

  [[nodiscard]] Catalogue open(bool with_encoder = true) const {
    CatalogueOptions options;
    if (with_encoder) options.text_encoder = encoder;
    options.threads = 1;
    auto catalogue = Catalogue::open(folder_ / "c", options);
    if (!catalogue) throw std::runtime_error(catalogue.error().message);
    return std::move(*catalogue);
  }

  static SearchAnswer search(const Catalogue& catalogue, std::string_view text, const SearchOptions& options = {}) {
    auto answer = catalogue.search(text, options);
    if (!answer) throw std::runtime_error(answer.error().message);
    return std::move(*answer);
  }

  static std::vector<std::string> ids(const SearchAnswer& answer) {
    std::vector<std::string> out;
    for (const Hit& hit : answer.hits) out.push_back(hit.asset.id);
    return out;
  }

  files::test::Folder folder_;
  std::string refused_;
  Error error_;
};

TEST_F(CatalogueTest, FindsByWordsAndByMeaning) {
  EXPECT_EQ(index_lines(lines).added, 6U) << error_.message;
  const Catalogue catalogue = open();
  EXPECT_EQ(catalogue.size().value(), 6U);
  EXPECT_EQ(ids(search(catalogue, "boats")).at(0), "boat");
  const auto answer = search(catalogue, "young cat");  // none of these words is there, but for the id
  ASSERT_FALSE(answer.hits.empty());
  EXPECT_EQ(answer.hits[0].asset.id, "cat");
  ASSERT_EQ(answer.hits[0].evidence.size(), 1U);
  EXPECT_EQ(answer.hits[0].evidence[0].index, IndexKind::meaning);
  EXPECT_EQ(answer.hits[0].evidence[0].rank, 1U);
  EXPECT_EQ(catalogue.asset("dog").value().popularity, 3);
  EXPECT_EQ(catalogue.asset("cow").error().code, ErrorCode::not_found);
}

TEST_F(CatalogueTest, TellsWhichQueryAndWhichIndexBroughtAHit) {
  index_lines(lines);
  SearchOptions options;
  options.queries = {"christmas tree"};
  const auto answer = search(open(), "boat", options);
  for (const Hit& hit : answer.hits) {
    if (hit.asset.id != "tree") continue;
    std::string told;
    for (const Evidence& evidence : hit.evidence) {
      if (evidence.query == 1) told += evidence.index == IndexKind::words ? "words " : "meaning ";
    }
    EXPECT_EQ(told, "words meaning ");
    return;
  }
  FAIL() << "the further query's hit is missing";
}

TEST_F(CatalogueTest, PutsWhatIsCalledJustSoFirstWhateverFurtherQueriesSay) {
  index_lines(lines);
  SearchOptions options;
  options.queries = {"birthday cake", "cake candles", "party food", "birthday party", "food", "sweet cake"};
  const auto found = ids(search(open(), "blue SHIP!", options));
  ASSERT_GT(found.size(), 1U);
  EXPECT_EQ(found[0], "ship");
}

TEST_F(CatalogueTest, PutsRepetitionsBehindTheOthers) {
  std::string many;
  for (const std::string folder : {"party", "holiday", "food"}) {  // one drawing, thrice
    many += R"({"id": "cake )" + folder + R"(", "title": "Chocolate birthday cake with blue candles", "tags": [")" +
            folder + R"(", "dessert", "sweet"]})" + "\n";
  }
  for (const std::string letter : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}) {
    many += R"({"id": ")" + letter + R"(", "title": "cake )" + letter + R"(", "tags": ["birthday"]})" + "\n";
  }
  index_lines(many);
  const Catalogue catalogue = open();
  const auto is_candles = [](const std::string& id) { return id.starts_with("cake "); };
  SearchOptions options;
  options.rerank = false;
  options.lambda = 1;
  const auto fused = ids(search(catalogue, "birthday cake candles", options));
  EXPECT_TRUE(is_candles(fused[0]) && is_candles(fused[1]) && is_candles(fused[2]));

  options = {};
  const auto found = ids(search(catalogue, "birthday cake candles", options));
  ASSERT_EQ(found.size(), fused.size());
  EXPECT_TRUE(is_candles(found[0]));
  EXPECT_FALSE(is_candles(found[1]) || is_candles(found[2])) << found[1] << found[2];
  std::vector<std::string> pages;
  options.limit = 4;
  do {
    const auto page = search(catalogue, "birthday cake candles", options);
    for (const std::string& id : ids(page)) pages.push_back(id);
    options.cursor = page.next;
  } while (!options.cursor.empty());
  EXPECT_EQ(pages, found);
}

TEST_F(CatalogueTest, EachThatIsCalledJustSoIsFirstHoweverAlikeTheyAre) {
  index_lines(std::string(lines) + R"({"id": "tree 2", "title": "Christmas tree", "tags": ["holiday", "winter"]})" +
              "\n");
  const auto found = ids(search(open(), "christmas tree"));
  ASSERT_GT(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with("tree") && found[1].starts_with("tree")) << found[0] << found[1];
}

TEST_F(CatalogueTest, KnowsThatAWordOfTheEncoderIsNoMistake) {
  index_lines(std::string(lines) + "{\"id\": \"scart\", \"title\": \"Scart connector\"}\n");
  EXPECT_TRUE(search(open(), "scary").corrections.empty());
  EXPECT_EQ(search(open(/*with_encoder=*/false), "scary").corrections.at(0).meant, "scart");
}

TEST_F(CatalogueTest, AsksOneIndexWhereToldTo) {
  index_lines(lines);
  const Catalogue catalogue = open();
  const auto asked = [&](bool words, bool meaning) {
    SearchOptions options;
    options.words = words;
    options.meaning = meaning;
    std::set<IndexKind> kinds;
    for (const Hit& hit : search(catalogue, "boat", options).hits) {
      for (const Evidence& evidence : hit.evidence) kinds.insert(evidence.index);
    }
    return kinds;
  };
  EXPECT_EQ(asked(true, false), std::set<IndexKind>{IndexKind::words});
  EXPECT_EQ(asked(false, true), std::set<IndexKind>{IndexKind::meaning});
  SearchOptions neither;
  neither.words = neither.meaning = false;
  EXPECT_EQ(catalogue.search("boat", neither).error().code, ErrorCode::invalid_argument);
}

TEST_F(CatalogueTest, SearchesForTheWordsThatTellSomething) {
  index_lines(lines, /*with_encoder=*/false);
  const Catalogue catalogue = open(/*with_encoder=*/false);
  EXPECT_EQ(ids(search(catalogue, "something with a kitten")), std::vector<std::string>{"cat"});
  EXPECT_EQ(search(catalogue, "with a").found, 2U) << "where there are no others, all count";
}

TEST_F(CatalogueTest, FiltersAndCountsFacets) {
  index_lines(lines);
  SearchOptions options;
  options.filters = {{"colour", "red"}};
  options.facets = true;
  const auto answer = search(open(), "birthday boat", options);
  const auto found = ids(answer);
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"boat", "cake"}));
  std::string counts;
  for (const FacetCount& count : answer.facets)
    counts += count.name + "=" + count.value + ":" + std::to_string(count.hits) + " ";
  EXPECT_EQ(counts, "colour=red:2 colour=white:1 ");
}

TEST_F(CatalogueTest, CorrectsTypingMistakes) {
  index_lines(lines, /*with_encoder=*/false);
  const auto answer = search(open(/*with_encoder=*/false), "brithday cakee");
  EXPECT_EQ(ids(answer), std::vector<std::string>{"cake"});
  ASSERT_EQ(answer.corrections.size(), 2U);
  EXPECT_EQ(answer.corrections[0].meant, "birthday");
}

TEST_F(CatalogueTest, PagesAreOneOrderCutInPieces) {
  std::string many;
  for (int i = 0; i < 60; ++i) {
    many += R"({"id": ")" + std::to_string(i) + R"(", "title": "red boat number )" + std::to_string(i * i) + "\"}\n";
  }
  index_lines(many);
  const Catalogue catalogue = open();
  SearchOptions options;
  options.limit = 60;
  const auto whole = ids(search(catalogue, "red boat", options));
  EXPECT_EQ(whole.size(), 60U);
  std::vector<std::string> pages;
  options.limit = 7;
  do {
    const auto page = search(catalogue, "red boat", options);
    for (const std::string& id : ids(page)) pages.push_back(id);
    options.cursor = page.next;
  } while (!options.cursor.empty());
  EXPECT_EQ(pages, whole);
  options.offset = 7;
  EXPECT_EQ(ids(search(catalogue, "red boat", options)).front(), whole[7]);
  options.offset = 200;
  EXPECT_TRUE(search(catalogue, "red boat", options).hits.empty());
}

TEST_F(CatalogueTest, RefusesACursorOfAStateThatIsGone) {
  index_lines(lines);
  const Catalogue catalogue = open();
  SearchOptions options;
  options.limit = 1;
  options.cursor = search(catalogue, "red boat or blue ship", options).next;
  ASSERT_FALSE(options.cursor.empty());
  EXPECT_TRUE(catalogue.search("red boat or blue ship", options));
  index_lines(std::string(lines) + "{\"id\": \"new\", \"title\": \"new\"}\n");
  EXPECT_EQ(catalogue.search("red boat or blue ship", options).error().code, ErrorCode::invalid_argument);
  for (const std::string cursor : {"x", "1", "1-", "-1", "1-x", "99999999999999999999-1", "1-2-3"}) {
    options.cursor = cursor;
    EXPECT_EQ(catalogue.search("boat", options).error().code, ErrorCode::invalid_argument) << cursor;
  }
}

TEST_F(CatalogueTest, TakesAnyTextAsText) {
  index_lines(lines);
  const Catalogue catalogue = open();
  for (const std::string text : {"\"", "boat\"", "boat OR", "NEAR(boat, 2)", "title:boat", "boat*", "^boat", "-boat",
                                 "boat AND NOT ship", "{title}:x", "(((", "'; DROP TABLE assets; --", "\\",
                                 "boat + ship", "%", "a:b:c", "\u00e9\u4e16", "\x01\x02 boat"}) {
    const auto answer = catalogue.search(text);
    EXPECT_TRUE(answer) << text << ": " << answer.error().message;
  }
  EXPECT_EQ(ids(search(catalogue, "title:\"boat\"* OR")).at(0), "boat");
  std::string long_text;
  while (long_text.size() < 4000) long_text += "w" + std::to_string(long_text.size()) + " ";
  EXPECT_TRUE(catalogue.search(long_text));
}

TEST_F(CatalogueTest, RefusesWhatCannotBeSearchedFor) {
  index_lines(lines, /*with_encoder=*/false);
  const Catalogue catalogue = open(/*with_encoder=*/false);
  for (const std::string& text : {std::string(), std::string("  \n"), std::string("\xFF"), std::string(5000, 'x')}) {
    EXPECT_EQ(catalogue.search(text).error().code, ErrorCode::invalid_argument);
  }
  const auto refuses = [&](const SearchOptions& options) {
    return catalogue.search("boat", options).error().code == ErrorCode::invalid_argument;
  };
  SearchOptions options;
  options.limit = 0;
  EXPECT_TRUE(refuses(options));
  options = {};
  options.limit = 201;
  EXPECT_TRUE(refuses(options));
  options = {};
  options.lambda = 1.5;
  EXPECT_TRUE(refuses(options));
  options = {};
  options.queries.assign(17, "x");
  EXPECT_TRUE(refuses(options));
}

TEST_F(CatalogueTest, IsKeptInLineWithItsSource) {
  EXPECT_EQ(index_lines(lines).encoded, 6U);
  const IndexReport again = index_lines(lines);
  EXPECT_EQ(again.unchanged, 6U);
  EXPECT_EQ(again.encoded, 0U);
  const Catalogue catalogue = open();
  const IndexReport changed = index_lines(R"({"id": "boat", "title": "Green rowing boat", "colour": "green"}
{"id": "ship", "title": "Blue ship", "tags": ["ocean", "vehicle"], "colour": "blue", "popularity": 9}
{"id": "sun", "title": "Sun"}
)");
  EXPECT_EQ(changed.added, 1U);
  EXPECT_EQ(changed.changed, 2U);
  EXPECT_EQ(changed.deleted, 4U);
  EXPECT_EQ(changed.encoded, 2U) << "popularity is no part of meaning";
  EXPECT_EQ(changed.assets, 3U);
  EXPECT_EQ(catalogue.size().value(), 3U);  // one that was open sees it
  EXPECT_EQ(catalogue.asset("ship").value().popularity, 9);
  EXPECT_EQ(catalogue.asset("cat").error().code, ErrorCode::not_found);
  for (const std::string& id : ids(search(catalogue, "kitten"))) EXPECT_NE(id, "cat");
}

TEST_F(CatalogueTest, TellsBrokenLinesAndDeletesNothingThen) {
  index_lines(lines);
  const IndexReport report =
      index_lines("{\"id\": \"sun\", \"title\": \"Sun\"}\nbroken\n{\"id\": \"sun\", \"title\": \"Two\"}\n");
  EXPECT_EQ(report.refused, 2U);
  EXPECT_EQ(report.added, 1U);
  EXPECT_EQ(report.deleted, 0U);
  EXPECT_EQ(report.kept, 6U);
  EXPECT_EQ(refused_, "2 it is not valid JSON\n3 the id 'sun' was given before\n");
  EXPECT_EQ(open().asset("sun").value().title, "Sun");
}

TEST_F(CatalogueTest, KeepsWhatTheSourceDoesNotHoldWhenAsked) {
  index_lines(lines);
  EXPECT_EQ(index_lines("{\"id\": \"sun\", \"title\": \"Sun\"}\n", true, /*keep=*/true).kept, 6U);
  EXPECT_EQ(open().size().value(), 7U);
}

TEST_F(CatalogueTest, StaysAsItIsWhenTheSourceHoldsNothing) {
  index_lines(lines);
  for (const std::string nothing : {"", "\n\n", "broken\n"}) {
    index_lines(nothing);
    EXPECT_EQ(error_.code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(open().size().value(), 6U);
}

TEST_F(CatalogueTest, GetsPointsForAllWhenTheEncoderComesLater) {
  EXPECT_EQ(index_lines(lines, /*with_encoder=*/false).encoded, 0U);
  EXPECT_EQ(ids(search(open(), "boat")), std::vector<std::string>{"boat"});
  const IndexReport report = index_lines("{\"id\": \"sun\", \"title\": \"Sun\"}\n", true, /*keep=*/true);
  EXPECT_EQ(report.encoded, 7U);
  EXPECT_EQ(ids(search(open(), "young cat")).at(0), "cat");
  index_lines(lines, /*with_encoder=*/false);
  EXPECT_EQ(error_.code, ErrorCode::invalid_argument) << "points would be lost";
}

TEST_F(CatalogueTest, EachOfManyGetsThePointOfItsText) {
  // More than are encoded at a time, twice over; each title of the last hundred stood in the batch before.
  const std::vector<std::string> kinds = {"red",   "tiny",  "old",    "striped", "wooden", "golden", "broken", "wild",
                                          "paper", "stone", "frozen", "round",   "sweet",  "dark",   "heavy",  "silk"};
  const std::vector<std::string> things = {
      "boat",   "cake",  "kite",   "lamp", "tiger", "violin", "bridge", "teapot", "rocket", "umbrella", "castle",
      "pencil", "melon", "anchor", "drum", "glove", "ladder", "mirror", "owl",    "pillow", "quilt",    "ring",
      "saddle", "tent",  "urn",    "vase", "whale", "yacht",  "zebra",  "apple",  "bench",  "cloud"};
  constexpr std::size_t n = 600, again = 500;
  std::vector<std::string> titles;
  std::string text;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t title = i < again ? i : i - 200;
    titles.push_back(kinds[title / things.size()] + ' ' + things[title % things.size()]);
    text += "{\"id\": \"" + std::to_string(i) + "\", \"title\": \"" + titles.back() + "\"}\n";
  }
  const IndexReport report = index_lines(text);
  EXPECT_EQ(report.added, n);
  EXPECT_GE(report.encoded, again);
  const Catalogue catalogue = open();
  const auto texts = encode::TextEncoder::load(encoder, {.threads = 1}).value();
  SearchOptions options;
  options.words = false;
  for (const std::size_t i : {0, 255, 256, 299, 511, 512, 599}) {
    options.points = {texts.encode(titles[i])};
    const auto answer = search(catalogue, "nothing of that kind", options);
    ASSERT_FALSE(answer.hits.empty());
    const auto best = std::find_if(answer.hits.begin(), answer.hits.end(), [](const Hit& hit) {
      return hit.evidence.back().query == 1 && hit.evidence.back().rank == 1;
    });
    ASSERT_NE(best, answer.hits.end()) << i;
    EXPECT_EQ(best->asset.title, titles[i]);
  }
  EXPECT_EQ(index_lines(text).unchanged, n);
}

TEST_F(CatalogueTest, LooksForAPointBesideTheText) {
  index_lines(lines);
  const Catalogue catalogue = open();
  const auto point = encode::TextEncoder::load(encoder, {.threads = 1})->encode("young cat");
  SearchOptions options;
  options.points = {point};
  const auto answer = search(catalogue, "boat", options);
  const auto found = ids(answer);
  EXPECT_NE(std::find(found.begin(), found.end(), "cat"), found.end());
  for (const Hit& hit : answer.hits) {
    if (hit.asset.id != "cat") continue;
    EXPECT_EQ(hit.evidence.back().query, 1U);
  }
  const auto refused = [&](std::vector<std::vector<float>> points) {
    options.points = std::move(points);
    return catalogue.search("boat", options).error().code;
  };
  std::vector<float> nan = point, twice = point;
  nan[0] = std::nanf("");
  for (float& x : twice) x *= 2;
  EXPECT_EQ(refused({nan}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused({twice}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused({std::vector<float>{1, 0, 0}}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(std::vector<std::vector<float>>(1)), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(std::vector(5, point)), ErrorCode::invalid_argument);
}

// A folder of pictures, the encoder's points those of chance.
class PictureCatalogueTest : public CatalogueTest {
 protected:
  PictureCatalogueTest() {
    namespace small = encode::test;
    const auto net = small::as_contents(small::small_efficient_net(), 50, gguf::TensorType::q8_0).value();
    if (!gguf::write(folder_ / "eye.gguf", small::with_hidden(net, 384))) throw std::runtime_error("no encoder");
    std::filesystem::create_directory(folder_ / "p");
    options_.text_encoder = encoder;
    options_.image_encoder = folder_ / "eye.gguf";
    options_.threads = 1;
    options_.on_unseen = [&](const Refusal& unseen) { unseen_.push_back(unseen.reason); };
  }
  void draw(const std::string& name, const std::string& colour) const {
    folder_.write("p/" + name,
                  "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'><rect width='40' "
                  "height='40' fill='" +
                      colour + "'/></svg>");
  }
  [[nodiscard]] Result<IndexReport> bring_in() const { return index(folder_ / "p", folder_ / "c", options_); }

  IndexOptions options_;
  std::vector<std::string> unseen_;
};

TEST_F(PictureCatalogueTest, LooksAtThePicturesOfAFolder) {
  draw("IMG_0001.svg", "red");
  draw("red_boat.svg", "red");
  draw("IMG_0002.svg", "blue");
  const auto first = bring_in();
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->encoded, 3U);
  EXPECT_EQ(bring_in()->unchanged, 3U);

  // A nameless picture stands where the picture does.
  const auto eye = encode::ImageEncoder::load(options_.image_encoder, {.threads = 1}).value();
  const std::vector<std::uint8_t> red = {255, 0, 0};
  SearchOptions by_point;
  by_point.words = false;
  by_point.points = {eye.encode(encode::Pixels{red, 1, 1})->point};
  const auto answer = search(open(), "nothing of that kind", by_point);
  ASSERT_FALSE(answer.hits.empty());
  const Hit* nameless = nullptr;
  for (const Hit& hit : answer.hits) {
    if (hit.asset.id == "IMG_0001.svg") nameless = &hit;
  }
  ASSERT_NE(nameless, nullptr);
  EXPECT_EQ(nameless->evidence.back().rank, 1U);

  // Another picture under the same name; a file that is none any more.
  draw("IMG_0002.svg", "green");
  EXPECT_EQ(bring_in()->encoded, 1U);
  options_.image_encoder = encoder;
  EXPECT_EQ(bring_in().error().code, ErrorCode::unsupported);
}

TEST_F(PictureCatalogueTest, TellsPicturesThatCannotBeSeenAndKeepsThemByTheirWords) {
  draw("red_boat.svg", "red");
  folder_.write("p/old_barn.jpg", "\xFF\xD8\xFF\xE0 broken");
  folder_.write("p/sunset.avif", std::string("\0\0\0\x1C", 4) + "ftypavif");
  for (const std::size_t added : {3U, 0U}) {  // told each time, as lines that are no assets are
    unseen_.clear();
    const auto report = bring_in();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->added, added);
    EXPECT_EQ(report->changed, 0U);
    EXPECT_EQ(report->unchanged, 3 - added);
    EXPECT_EQ(report->unseen, 2U);
    EXPECT_EQ(report->refused, 0U);
    ASSERT_EQ(unseen_.size(), 2U);
    EXPECT_TRUE(unseen_[0].starts_with((folder_ / "p/old_barn.jpg: ").string())) << unseen_[0];
    EXPECT_TRUE(unseen_[1].starts_with((folder_ / "p/sunset.avif: ").string())) << unseen_[1];
  }
  EXPECT_EQ(ids(search(open(), "barn")).at(0), "old_barn.jpg");
  EXPECT_EQ(ids(search(open(), "evening sky over the sea")).at(0), "sunset.avif") << "it stands where its words do";

  draw("old_barn.jpg", "brown");  // what it holds counts, not its name
  const auto repaired = bring_in();
  EXPECT_EQ(repaired->changed, 1U);
  EXPECT_EQ(repaired->unseen, 1U);
}

TEST_F(PictureCatalogueTest, LooksAtPicturesThatComeLater) {
  draw("red_boat.svg", "red");
  const auto eye = std::exchange(options_.image_encoder, "");
  EXPECT_EQ(bring_in()->encoded, 1U);
  options_.image_encoder = eye;
  EXPECT_EQ(bring_in()->changed, 1U);
  EXPECT_EQ(bring_in()->unchanged, 1U);
}

// A folder of three pictures, of which one is called by what it does not show, and a pair whose space is that of
// colours.
class PairCatalogueTest : public CatalogueTest {
 protected:
  PairCatalogueTest() {
    std::filesystem::create_directory(folder_ / "p");
    draw("IMG_0001.bmp", 0xFF0000);
    draw("IMG_0002.bmp", 0x0000FF);
    draw("red_boat.bmp", 0x00FF00);
    options_.pair = pair::test::write(folder_ / "pair");
    options_.threads = 1;
  }
  void draw(const std::string& name, std::uint32_t rgb) const {
    folder_.write("p/" + name, pair::test::picture_of(rgb));
  }
  [[nodiscard]] Result<IndexReport> bring_in() const { return index(folder_ / "p", folder_ / "c", options_); }
  [[nodiscard]] Result<Catalogue> open_with(const PairFiles& pair) const {
    return Catalogue::open(folder_ / "c", {.pair = pair, .threads = 1});
  }
  [[nodiscard]] std::vector<std::string> meant(const std::string& text, const SearchOptions& how = {}) const {
    SearchOptions options = how;
    options.words = false;
    return ids(search(open_with(options_.pair).value(), text, options));
  }

  IndexOptions options_;
};

TEST_F(PairCatalogueTest, PicturesAreFoundByWords) {
  const auto report = bring_in();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->encoded, 3U);
  EXPECT_EQ(bring_in()->unchanged, 3U);
  EXPECT_EQ(meant("crimson"), (std::vector<std::string>{"IMG_0001.bmp"}));
  EXPECT_EQ(meant("the sky"), (std::vector<std::string>{"IMG_0002.bmp"}));
  EXPECT_EQ(meant("green"), (std::vector<std::string>{"red_boat.bmp"}));
  const Catalogue catalogue = open_with(options_.pair).value();
  EXPECT_EQ(catalogue.dimension().value(), 32);
  const auto both = search(catalogue, "red");  // by meaning one, by its name another
  EXPECT_EQ(both.hits.size(), 2U);
  EXPECT_TRUE(search(catalogue, "crimson").corrections.empty());
}

TEST_F(PairCatalogueTest, PicturesAreFoundByPictures) {
  ASSERT_TRUE(bring_in());
  const auto eye = pair::ImageEncoder::open(options_.pair, 1).value();
  const std::vector<std::uint8_t> sky = {40, 60, 255};
  const std::vector<float> point = eye.encode({sky, 1, 1}).value();
  SearchOptions options;
  options.points = {point};
  EXPECT_EQ(meant("nothing of that kind", options), (std::vector<std::string>{"IMG_0002.bmp"}));
  RecommendOptions wanted;
  wanted.points = {point};
  const auto recommended = open_with(options_.pair)->recommend(wanted);
  ASSERT_TRUE(recommended) << recommended.error().message;
  ASSERT_EQ(recommended->items.size(), 1U);
  EXPECT_EQ(recommended->items[0].asset.id, "IMG_0002.bmp");
  EXPECT_EQ(recommended->items[0].reasons[0].kind, ReasonKind::picture);
}

TEST_F(PairCatalogueTest, AnotherPictureUnderTheSameNameIsLookedAt) {
  ASSERT_TRUE(bring_in());
  draw("IMG_0002.bmp", 0xFFFF00);
  const auto report = bring_in();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->encoded, 1U);
  EXPECT_EQ(meant("yellow").at(0), "IMG_0002.bmp");
}

// Where its words stand it would be nearer to any text than all pictures.
TEST_F(PairCatalogueTest, APictureThatCannotBeSeenStandsNowhere) {
  folder_.write("p/blue_lake.bmp", "BM broken");
  const auto first = bring_in();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->added, 4U);
  EXPECT_EQ(first->unseen, 1U);
  EXPECT_EQ(meant("blue"), (std::vector<std::string>{"IMG_0002.bmp"}));
  EXPECT_EQ(ids(search(open_with(options_.pair).value(), "lake")), (std::vector<std::string>{"blue_lake.bmp"}));
  RecommendOptions like;
  like.like = {"blue_lake.bmp"};
  EXPECT_TRUE(open_with(options_.pair)->recommend(like));

  folder_.write("p/IMG_0001.bmp", "BM broken");
  draw("blue_lake.bmp", 0x0000FF);
  const auto second = bring_in();
  EXPECT_EQ(second->changed, 2U);
  EXPECT_EQ(second->unseen, 1U);
  EXPECT_TRUE(meant("crimson").empty()) << "of the picture that it was";
  EXPECT_EQ(meant("blue").size(), 2U);
  EXPECT_EQ(bring_in()->unchanged, 4U);
}

TEST_F(PairCatalogueTest, PicturesThatRecordsNameAreLookedAt) {
  namespace fs = std::filesystem;
  const fs::path secret = folder_ / "p/IMG_0002.bmp";
  fs::create_directories(folder_ / "shop/img");
  folder_.write("shop/img/a.bmp", pair::test::picture_of(0xFF0000));
  fs::create_symlink(secret, folder_ / "shop/link.bmp");
  const auto source =
      folder_.write("shop/shop.csv",
                    "id,title,file\n1,one,img/a.bmp\n2,two,img/none.bmp\n3,three,../p/IMG_0002.bmp\n"
                    "4,four," +
                        secret.string() + "\n5,five,link.bmp\n6,six,https://example.org/a.bmp\n7,seven,page.html\n");
  std::string told;
  options_.on_unseen = [&](const Refusal& unseen) { told += std::to_string(unseen.line) + " " + unseen.reason + "\n"; };
  const auto report = index(source, folder_ / "c", options_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->added, 7U);
  EXPECT_EQ(report->unseen, 4U);
  const std::string outside = ": it lies outside of the source's folder\n";
  EXPECT_EQ(told, "3 img/none.bmp: No such file or directory\n4 ../p/IMG_0002.bmp" + outside + "5 " + secret.string() +
                      outside + "6 link.bmp" + outside);
  EXPECT_EQ(meant("crimson"), (std::vector<std::string>{"1"}));
  EXPECT_TRUE(meant("sky").empty());
  const auto catalogue = open_with(options_.pair);
  EXPECT_EQ(catalogue->asset("1")->url, folder_ / "shop/img/a.bmp") << "where whoever shows it finds it";
  EXPECT_EQ(catalogue->asset("2")->url, "img/none.bmp");
  EXPECT_EQ(index(source, folder_ / "c", options_)->unchanged, 7U);
  folder_.write("shop/img/a.bmp", pair::test::picture_of(0xFFFF00));
  EXPECT_EQ(index(source, folder_ / "c", options_)->encoded, 1U);
}

TEST_F(PairCatalogueTest, AnotherPairIsRefusedUntilPointsAreMadeAnew) {
  ASSERT_TRUE(bring_in());
  const PairFiles other = pair::test::write(folder_ / "other", pair::test::description(), pair::test::text_model(2));
  const auto refused = open_with(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_NE(refused.error().message.find("another pair of them (--pair)"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(Catalogue::open(folder_ / "c", {.text_encoder = encoder, .threads = 1}).error().code,
            ErrorCode::unsupported);
  EXPECT_EQ(ids(search(open_with({}).value(), "boat")), (std::vector<std::string>{"red_boat.bmp"}));  // by words alone

  const PairFiles first = std::exchange(options_.pair, PairFiles());
  EXPECT_EQ(bring_in().error().code, ErrorCode::invalid_argument) << "points would be lost";
  options_.pair = other;
  EXPECT_EQ(bring_in()->encoded, 3U);
  EXPECT_TRUE(open_with(other));
  EXPECT_FALSE(open_with(first));
}

TEST_F(PairCatalogueTest, ATextWithoutAPictureStandsWhereItsWordsDo) {
  const auto source =
      folder_.write("a.jsonl", "{\"id\": \"1\", \"title\": \"crimson\"}\n{\"id\": \"2\", \"title\": \"sky\"}\n");
  ASSERT_TRUE(index(source, folder_ / "c", options_));
  EXPECT_EQ(meant("red"), (std::vector<std::string>{"1"}));
}

TEST_F(PairCatalogueTest, WhatIsWrongWithThePairLeavesTheCatalogueAsItWas) {
  ASSERT_TRUE(bring_in());
  draw("IMG_0003.bmp", 0xFFFF00);
  folder_.write("pair/image.onnx", "none");
  EXPECT_EQ(bring_in().error().code, ErrorCode::corrupt);
  folder_.write("pair/image.onnx", pair::test::image_model());
  EXPECT_EQ(open_with(options_.pair)->size().value(), 3U);
}

TEST(Pictures, ANameThatACameraGaveSaysNothing) {
  for (const std::string title : {"IMG 0001", "DSC00012", "20240101 123000", "image 3", "a", "Screenshot 2"}) {
    EXPECT_FALSE(catalogue::has_words({.title = title})) << title;
  }
  EXPECT_TRUE(catalogue::has_words({.title = "red boat 2"}));
  EXPECT_TRUE(catalogue::has_words({.title = "IMG 2", .description = "a lake"}));
  EXPECT_TRUE(catalogue::has_words({.title = "IMG 2", .tags = {"lake"}}));
}

TEST_F(CatalogueTest, IsNotThereUntilItWasIndexed) {
  const auto none = Catalogue::open(folder_ / "c");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_NE(none.error().message.find("updraft index makes one"), std::string::npos);
}

}  // namespace
}  // namespace updraft
