#include "server/keys.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"

namespace updraft::server {
namespace {

TEST(Keys, AKeyIsKnownByItsNameAndNowhereWritten) {
  const files::test::Folder folder;
  const std::string shop = Keys::add(folder / "keys", "shop").value();
  const std::string blog = Keys::add(folder / "keys", "blog").value();
  EXPECT_NE(shop, blog);
  const Keys keys = Keys::load(folder / "keys").value();
  EXPECT_EQ(keys.name_of(shop), "shop");
  EXPECT_EQ(keys.name_of(blog), "blog");
  EXPECT_EQ(folder.read("keys").find(shop), std::string::npos);
  for (std::string wrong :
       {std::string(), shop.substr(1), shop + "0", std::string("shop"), std::string(1 << 16, 'a')}) {
    EXPECT_EQ(keys.name_of(wrong), std::nullopt);
  }
}

TEST(Keys, ANameIsGivenOnce) {
  const files::test::Folder folder;
  ASSERT_TRUE(Keys::add(folder / "keys", "shop"));
  EXPECT_EQ(Keys::add(folder / "keys", "shop").error().code, ErrorCode::invalid_argument);
  for (const std::string& wrong :
       {std::string(), std::string("a b"), std::string("a\n"), std::string(65, 'a'), std::string("é")}) {
    EXPECT_FALSE(Keys::add(folder / "keys", wrong)) << wrong;
  }
  EXPECT_EQ(Keys::load(folder / "keys").value().size(), 1U);
}

TEST(Keys, AFileThatIsNoneIsRefusedWithItsLine) {
  const std::string hash(64, 'a');
  EXPECT_EQ(Keys::parse("# ours\n\nshop " + hash + "\r\n").value().size(), 1U);
  for (const std::string wrong : {"shop", "shop ", " "}) {
    const auto refused = Keys::parse("shop " + hash + "\n" + wrong + (wrong == " " ? "" : "\n"));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("line 2"), std::string::npos);
  }
  EXPECT_FALSE(Keys::parse("shop " + hash.substr(1)));
  EXPECT_FALSE(Keys::parse("shop " + hash + "a"));
  EXPECT_FALSE(Keys::parse("shop " + std::string(64, 'g')));
  EXPECT_EQ(Keys::load("/nowhere/keys").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace updraft::server
