#include "catalogue/picture_file.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"

namespace updraft::catalogue {
namespace {

namespace fs = std::filesystem;

class PictureFile : public testing::Test {
 protected:
  PictureFile() {
    fs::create_directories(folder_ / "shop/img");
    folder_.write("shop/img/a.jpg", "");
    folder_.write("outside.jpg", "");
    fs::create_symlink("../outside.jpg", folder_ / "shop/out.jpg");
    fs::create_symlink("img/a.jpg", folder_ / "shop/in.jpg");
    fs::create_directory_symlink("shop", folder_ / "current");
  }
  // From the shop's folder; or what is wrong.
  [[nodiscard]] std::string file(const std::string& url, const char* folder = "shop") const {
    const auto found = picture_file(url, folder_ / folder);
    if (!found) return found.error().message;
    return *found ? (**found).lexically_relative(fs::canonical(folder_ / "shop")).string() : "none";
  }

  files::test::Folder folder_;
};

TEST_F(PictureFile, IsNamedByAPathFromTheFolder) {
  EXPECT_EQ(file("img/a.jpg"), "img/a.jpg");
  EXPECT_EQ(file("./img/../img/a.jpg"), "img/a.jpg");
  EXPECT_EQ(file("img/a.jpg", "current"), "img/a.jpg");
  EXPECT_EQ(file((folder_ / "shop/img/a.jpg").string()), "img/a.jpg");
  EXPECT_EQ(file("in.jpg"), "img/a.jpg");
}

TEST_F(PictureFile, IsNoPageAndNoPlaceOnTheWeb) {
  for (const char* url : {"", "https://example.org/a.jpg", "//example.org/a.jpg", "file:///a.jpg", "page.html", "img",
                          "javascript:alert(1)//.jpg", "img/a.jpg?v=2", "../outside.txt"}) {
    EXPECT_EQ(file(url), "none") << url;
  }
}

TEST_F(PictureFile, LiesNeverOutsideOfTheFolder) {
  const std::string absolute = folder_ / "outside.jpg";
  for (const std::string& url :
       {std::string("../outside.jpg"), std::string("img/../../outside.jpg"), absolute, std::string("out.jpg")}) {
    EXPECT_EQ(file(url), url + ": it lies outside of the source's folder");
  }
}

TEST_F(PictureFile, OfAPathThatCannotBeFollowedIsAnError) {
  fs::create_symlink("../shop2", folder_ / "shop/nowhere");
  fs::create_symlink("loop.jpg", folder_ / "shop/loop.jpg");
  for (const std::string& url : {std::string("not/there.PNG"), std::string("nowhere/a.jpg"), std::string("/none.jpg"),
                                 std::string("img/a.jpg/a.jpg")}) {
    EXPECT_EQ(picture_file(url, folder_ / "shop").error().code, ErrorCode::not_found) << url;
  }
  EXPECT_EQ(picture_file("loop.jpg", folder_ / "shop").error().code, ErrorCode::io);
  EXPECT_EQ(picture_file(std::string(4000, 'x') + ".jpg", folder_ / "shop").error().code, ErrorCode::io);
  EXPECT_EQ(picture_file("a.jpg", folder_ / "none").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace updraft::catalogue
