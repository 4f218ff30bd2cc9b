#include "server/studio.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"

namespace updraft::server {
namespace {

namespace fs = std::filesystem;

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class StudioTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "dist/assets");
    folder_.write("secret.txt", "secret");
    folder_.write("dist/index.html", "<!doctype html>");
    folder_.write("dist/icon.svg", "<svg/>");
    folder_.write("dist/assets/index-BxT3_9aQ.js", "1");
    fs::create_symlink(folder_ / "secret.txt", folder_ / "dist/link.txt");
  }
  static std::optional<Response> get(const Studio& studio, const std::string& path, Headers headers = {}) {
    return studio.get(
        {.method = "GET", .path = path, .query = "", .headers = std::move(headers), .body = "", .id = ""});
  }

  files::test::Folder folder_;
};

TEST_F(StudioTest, ServesItsFilesUnderAPolicy) {
  const Studio studio = Studio::load(folder_ / "dist").value();
  const Response page = get(studio, "/").value();
  EXPECT_EQ(page.body, "<!doctype html>");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_NE(header(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  EXPECT_NE(header(get(studio, "/assets/index-BxT3_9aQ.js").value(), "Cache-Control").find("immutable"),
            std::string::npos);
  EXPECT_EQ(get(studio, "/icon.svg")->type, "image/svg+xml");
}

TEST_F(StudioTest, NothingOutsideItsFolderIsReached) {
  const Studio studio = Studio::load(folder_ / "dist").value();
  for (const char* path : {"/../secret.txt", "/..%2Fsecret.txt", "/%2e%2e/secret.txt", "/link.txt", "//secret.txt",
                           "/assets/../../secret.txt", "/index.html%00", "/.", "/assets", "/%zz", ""}) {
    EXPECT_FALSE(get(studio, path)) << path;
  }
}

TEST_F(StudioTest, WhatTheClientHasIsNotSentAgain) {
  const Studio studio = Studio::load(folder_ / "dist").value();
  const std::string tag = header(*get(studio, "/"), "ETag");
  const Response again = get(studio, "/", {{"if-none-match", tag}}).value();
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(get(studio, "/icon.svg", {{"if-none-match", tag}})->status, 200);
}

TEST_F(StudioTest, APageOfItsOwnMakingIsTheFirstPage) {
  const Studio studio = Studio::load(folder_ / "dist").value();
  EXPECT_EQ(get(studio, "/live", {{"accept", "text/html,*/*"}})->body, "<!doctype html>");
  EXPECT_FALSE(get(studio, "/live", {{"accept", "*/*"}}));
  EXPECT_FALSE(get(studio, "/none.js", {{"accept", "text/html"}}));
}

TEST_F(StudioTest, WithoutFilesItSaysHowToMakeThem) {
  const Response page = get(Studio(), "/").value();
  EXPECT_NE(page.body.find("tools/build-web"), std::string::npos);
  EXPECT_FALSE(get(Studio(), "/icon.svg"));
  EXPECT_EQ(Studio::load(folder_ / "none").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace updraft::server
