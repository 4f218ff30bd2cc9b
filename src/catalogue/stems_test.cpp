#include "catalogue/stems.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"
#include "sqlite/database.h"

namespace updraft::catalogue {
namespace {

TEST(Stemmer, TakesEndingsAndAccentsAway) {
  const auto stemmer = Stemmer::make();
  ASSERT_TRUE(stemmer);
  EXPECT_EQ(stemmer->stems_of("Red Boats, running"), "red boat run");
  EXPECT_EQ(stemmer->stems_of("Café Ångström 世界"), "cafe angstrom 世界");
  EXPECT_EQ(stemmer->stems_of("\" * ^ ( ) : - + {}"), "");
}

// What is found in the one backend is found in the other.
TEST(Stemmer, AgreesWithTheIndexOfWords) {
  const auto stemmer = Stemmer::make();
  ASSERT_TRUE(stemmer);
  const files::test::Folder folder;
  const auto database = sqlite::Database::open(folder / "texts.sqlite", sqlite::Database::Mode::write);
  ASSERT_TRUE(database) << database.error().message;
  const auto made = (*database)->run(
      "CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61 remove_diacritics 2');"
      "CREATE VIRTUAL TABLE stems USING fts5vocab('texts', 'row')");
  ASSERT_TRUE(made) << made.error().message;
  for (const std::string word :
       {"boats", "holidays", "running", "celebration", "birthdays", "flies", "generously", "naïve", "sky", "happiness",
        "decorated", "cats", "christmas", "valentine", "illustrations", "12345", "élève", "skis", "weddings"}) {
    auto insert = (*database)->prepare("INSERT INTO texts VALUES (?)");
    ASSERT_TRUE(insert && insert->with(std::string_view(word)).run());
    auto read = (*database)->prepare("SELECT term FROM stems");
    ASSERT_TRUE(read && read->step().value());
    EXPECT_EQ(stemmer->stems_of(word), read->text(0));
    read->reset();
    ASSERT_TRUE((*database)->run("DELETE FROM texts"));
  }
}

}  // namespace
}  // namespace updraft::catalogue
