#include "sqlite/database.h"

#include <gtest/gtest.h>

#include <array>

#include "files/test_folder.h"

namespace updraft::sqlite {
namespace {

TEST(Migration, LeadsFromAnyVersionToTheNewestAllOrNothing) {
  const files::test::Folder folder;
  const auto database = Database::open(folder / "x.sqlite", Database::Mode::write);
  ASSERT_TRUE(database);
  constexpr std::array first = {"CREATE TABLE t(a); INSERT INTO t VALUES (1)"};
  constexpr std::array broken = {first[0], "ALTER TABLE t ADD COLUMN b", "SELECT nonsense"};
  constexpr std::array good = {first[0], "ALTER TABLE t ADD COLUMN b", "UPDATE t SET b = a + 1"};
  const auto migrate_to = [&](std::span<const char* const> steps, std::int32_t application) {
    return migrate(**database, {.steps = steps, .application = application, .name = "thing", .remedy = "write it"});
  };
  ASSERT_TRUE(migrate_to(first, 5));
  EXPECT_FALSE(migrate_to(broken, 5));
  EXPECT_EQ((*database)->integer("PRAGMA user_version").value(), 1);
  EXPECT_FALSE((*database)->integer("SELECT b FROM t"));
  ASSERT_TRUE(migrate_to(good, 5));
  EXPECT_EQ((*database)->integer("SELECT b FROM t").value(), 2);
  ASSERT_TRUE(migrate_to(good, 5));
  EXPECT_FALSE(migrate_to(good, 6)) << "another program's";
  const auto older = migrate_to(first, 5);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().message, "the thing was made by a newer updraft");
}

}  // namespace
}  // namespace updraft::sqlite
