#include "catalogue/embedded.h"

#include <fstream>
#include <sstream>

#include "catalogue/backend_contract.h"
#include "files/test_folder.h"
#include "sqlite/database.h"
#include "updraft/catalogue.h"

namespace updraft::catalogue {
namespace test {
namespace {

class EmbeddedPlace final : public Place {
 public:
  Result<std::unique_ptr<Backend>> open_to_write() override { return open_embedded(folder_ / "c", Access::write); }
  Result<std::unique_ptr<Backend>> open_to_read() override { return open_embedded(folder_ / "c", Access::read); }

 private:
  files::test::Folder folder_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, BackendContract,
                         testing::Values([]() -> std::unique_ptr<Place> { return std::make_unique<EmbeddedPlace>(); }));

}  // namespace
}  // namespace test

using sqlite::Database;

namespace {

constexpr int dimension = 32;

Asset boat() { return {.id = "1", .title = "red boat"}; }

// A catalogue with one asset.
void fill(const std::filesystem::path& directory) {
  const auto backend = open_embedded(directory, Access::write);
  ASSERT_TRUE(backend) << backend.error().message;
  const auto update = (*backend)->update();
  ASSERT_TRUE(update) << update.error().message;
  ASSERT_TRUE((*update)->use_encoder(dimension, 7));
  ASSERT_TRUE((*update)->put(boat(), fingerprint(boat()), std::vector<float>(dimension, 1)));
  ASSERT_TRUE((*update)->commit());
}

std::string view_error(const std::filesystem::path& directory) {
  const auto backend = open_embedded(directory, Access::read);
  if (!backend) return backend.error().message;
  const auto view = (*backend)->view();
  return view ? std::string() : view.error().message;
}

TEST(Embedded, SaysThatThereIsNoCatalogue) {
  const files::test::Folder folder;
  const auto backend = open_embedded(folder / "none", Access::read);
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST(Embedded, RefusesWhatIsNoCatalogue) {
  const files::test::Folder folder;
  folder.write("catalogue.sqlite", std::string(5000, 'x'));
  EXPECT_EQ(open_embedded(folder.path(), Access::read).error().code, ErrorCode::corrupt);
  EXPECT_EQ(open_embedded(folder.path(), Access::write).error().code, ErrorCode::corrupt);
}

TEST(Embedded, LeavesAnotherProgramsDatabaseAlone) {
  const files::test::Folder folder;
  {
    const auto other = Database::open(folder / "catalogue.sqlite", Database::Mode::write);
    ASSERT_TRUE(other && (*other)->run("CREATE TABLE accounts(name TEXT)"));
  }
  EXPECT_FALSE(open_embedded(folder.path(), Access::read));
  EXPECT_FALSE(open_embedded(folder.path(), Access::write));
  const auto other = Database::open(folder / "catalogue.sqlite", Database::Mode::read);
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->integer("SELECT count(*) FROM sqlite_schema").value(), 1);
}

TEST(Embedded, RefusesACatalogueOfANewerVersion) {
  const files::test::Folder folder;
  fill(folder.path());
  {
    const auto database = Database::open(folder / "catalogue.sqlite", Database::Mode::write);
    ASSERT_TRUE(database && (*database)->run("PRAGMA user_version = 1000"));
  }
  for (const Access access : {Access::read, Access::write}) {
    const auto backend = open_embedded(folder.path(), access);
    ASSERT_FALSE(backend);
    EXPECT_EQ(backend.error().code, ErrorCode::unsupported);
    EXPECT_NE(backend.error().message.find("newer updraft"), std::string::npos);
  }
}

// The first version is still today's: no step has followed it. Whatever does, opens what it made.
TEST(Embedded, OpensACatalogueOfTheFirstVersion) {
  const files::test::Folder folder;
  {
    const auto old = Database::open(folder / "catalogue.sqlite", Database::Mode::write);
    ASSERT_TRUE(old);
    std::ostringstream sql;
    sql << std::ifstream(UPDRAFT_SOURCE_DIR "/src/catalogue/testdata/version_1.sql").rdbuf();
    const auto made = (*old)->run(sql.str());
    ASSERT_TRUE(made) << made.error().message;
  }
  const auto search = [&](std::string_view text, const SearchOptions& options = {}) {
    const auto catalogue = Catalogue::open(folder.path());
    if (!catalogue) return catalogue.error().message;
    const auto answer = catalogue->search(text, options);
    if (!answer) return answer.error().message;
    std::string ids;
    for (const Hit& hit : answer->hits) ids += hit.asset.id + ' ';
    return ids;
  };
  const std::string first = R"({"id": "holiday/tree", "title": "Christmas tree", "tags": ["holiday", "winter"],)"
                            R"( "colour": "green", "description": "A green tree with a star.", "url": "tree.svg",)"
                            R"( "popularity": 12.5})";
  const std::string second = R"({"id": "2", "title": "Caf\u00e9 menu", "tags": ["food"], "colour": ["red", "white"]})";
  for (const bool updated : {false, true}) {
    if (updated) {
      const auto report =
          index(folder.write("assets.jsonl", first + "\n" + second + "\n" + R"({"id": "3", "title": "Cafe table"})"),
                folder.path());
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(report->unchanged, 2U) << "fingerprints are the same as ever";
      EXPECT_EQ(report->added, 1U);
    }
    EXPECT_EQ(search("trees"), "holiday/tree ");
    EXPECT_EQ(search("cafe", {.filters = {{"colour", "white"}}}), "2 ");
    EXPECT_EQ(search("chrsitmas"), "holiday/tree ");
    const auto catalogue = Catalogue::open(folder.path());
    ASSERT_TRUE(catalogue);
    const Asset tree = catalogue->asset("holiday/tree").value();
    EXPECT_EQ(tree.tags, (std::vector<std::string>{"holiday", "winter"}));
    EXPECT_EQ(tree.popularity, 12.5);
    EXPECT_EQ(tree.url, "tree.svg");
  }
}

TEST(Embedded, MakesAnIndexOfMeaningAnewThatIsDamagedOrGone) {
  const files::test::Folder folder;
  fill(folder.path());
  EXPECT_EQ(view_error(folder.path()), "");
  for (const bool gone : {false, true}) {
    const auto generation = [&] {
      for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        if (entry.path().extension() == ".hnsw") return entry.path();
      }
      return std::filesystem::path();
    }();
    if (gone) {
      std::filesystem::remove(generation);
    } else {
      std::ofstream(generation, std::ios::binary) << "damaged";
    }
    EXPECT_NE(view_error(folder.path()).find("updraft index makes it anew"), std::string::npos);
    const auto backend = open_embedded(folder.path(), Access::write);
    ASSERT_TRUE(backend);
    const auto update = (*backend)->update();
    ASSERT_TRUE(update);
    EXPECT_EQ((*update)->find("1").value(), std::nullopt);
    ASSERT_TRUE((*update)->put(boat(), fingerprint(boat()), std::vector<float>(dimension, 1)));
    ASSERT_TRUE((*update)->commit());
    EXPECT_EQ(view_error(folder.path()), "");
  }
}

TEST(Embedded, RemovesWhatKilledUpdatesLeft) {
  const files::test::Folder folder;
  fill(folder.path());
  folder.write("points-77.hnsw", "left");
  {
    const auto backend = open_embedded(folder.path(), Access::write);
    ASSERT_TRUE(backend && (*backend)->update());
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "points-77.hnsw"));
  EXPECT_EQ(view_error(folder.path()), "");
}

TEST(Embedded, BeginsPendingPointsAnewThatAreDamaged) {
  const files::test::Folder folder;
  folder.write("pending.sqlite", std::string(5000, 'x'));
  const auto backend = open_embedded(folder.path(), Access::write);
  ASSERT_TRUE(backend);
  const auto update = (*backend)->update();
  ASSERT_TRUE(update && (*update)->use_encoder(dimension, 7));
  std::vector<float> point(dimension);
  EXPECT_FALSE((*update)->recall(1, point).value());
}

TEST(Embedded, SurvivesADamagedDatabase) {
  const files::test::Folder folder;
  fill(folder.path());
  const std::string good = folder.read("catalogue.sqlite");
  for (std::size_t at = 0; at < good.size(); at += 509) {
    std::string damaged = good;
    for (std::size_t i = at; i < std::min(at + 16, damaged.size()); ++i)
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    folder.write("catalogue.sqlite", damaged);
    const auto backend = open_embedded(folder.path(), Access::read);
    if (!backend) continue;
    const auto view = (*backend)->view();
    if (!view) continue;
    // Whatever it says, in one line: it lives.
    const std::vector<std::string> words = {"boat"}, ids = {"1"};
    const auto found = (*view)->by_words(words, {{"a", "b"}}, 5);
    if (!found) {
      EXPECT_EQ(found.error().message.find('\n'), std::string::npos);
    }
    (void)(*view)->by_point(std::vector<float>(dimension, 1), {}, 5);
    (void)(*view)->assets(ids);
    (void)(*view)->nearest_word("baot");
  }
}

}  // namespace
}  // namespace updraft::catalogue
