#include "catalogue/folder.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"

namespace updraft::catalogue {
namespace {

Asset only_asset_of(const files::test::Folder& folder) {
  const auto source = open_folder(folder.path());
  if (!source) return {};
  const auto item = (*source)->next();
  EXPECT_TRUE(item.has_value() && item->has_value() && (**item).wrong.empty());
  EXPECT_EQ((*source)->share(), 1);
  return item && *item ? (**item).asset : Asset();
}

std::string facets_of(const Asset& asset) {
  std::string all;
  for (const Facet& facet : asset.facets) all += facet.name + '=' + facet.value + ' ';
  return all;
}

// A JPEG as far as its metadata goes.
std::string jpeg_with(const std::string& properties) {
  const std::string segment = std::string("http://ns.adobe.com/xap/1.0/") + '\0' +
                              "<x:xmpmeta><rdf:RDF><rdf:Description>" + properties +
                              "</rdf:Description></rdf:RDF></x:xmpmeta>";
  const std::size_t length = segment.size() + 2;
  return std::string("\xff\xd8\xff\xe1") + static_cast<char>(length >> 8U) + static_cast<char>(length & 255U) + segment;
}

TEST(Folder, ReadsPicturesByWhatTheySayOrByTheirNames) {
  const files::test::Folder folder;
  std::filesystem::create_directories(folder / "sea/deep");
  std::filesystem::create_directories(folder / ".hidden");
  folder.write(
      "sea/boat.svg",
      "<svg><metadata><rdf:RDF><cc:Work><dc:title>Red boat</dc:title><dc:subject><rdf:Bag><rdf:li>lake</rdf:li>"
      "</rdf:Bag></dc:subject></cc:Work></rdf:RDF></metadata></svg>");
  folder.write("sea/deep/big_blue-whale.JPG", "");
  folder.write("notes.txt", "no picture");
  folder.write(".hidden/x.png", "");
  std::filesystem::create_symlink(folder / "sea/boat.svg", folder / "link.svg");
  const auto source = open_folder(folder.path());
  ASSERT_TRUE(source) << source.error().message;
  std::string told;
  while (true) {
    const auto item = (*source)->next();
    ASSERT_TRUE(item) << item.error().message;
    if (!*item) break;
    told += (**item).asset.id + ": " + (**item).asset.title;
    for (const Facet& facet : (**item).asset.facets) told += ", " + facet.name + "=" + facet.value;
    told += "\n";
  }
  EXPECT_EQ(told,
            "sea/boat.svg: Red boat, folder=sea, format=svg\n"
            "sea/deep/big_blue-whale.JPG: big blue whale, folder=sea, format=jpg\n");
  EXPECT_EQ((*source)->share(), 1);
}

TEST(Folder, TakesWhatAPictureSaysOfItself) {
  const files::test::Folder folder;
  std::filesystem::create_directory(folder / "farms");
  folder.write("farms/IMG_2041.JPEG",
               jpeg_with("<dc:title>A red  barn</dc:title><dc:description>in snow</dc:description>"
                         "<dc:subject><rdf:Bag><rdf:li>barn</rdf:li></rdf:Bag></dc:subject>"
                         "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>"));
  const Asset asset = only_asset_of(folder);
  EXPECT_EQ(asset.id, "farms/IMG_2041.JPEG");
  EXPECT_EQ(asset.title, "A red barn");
  EXPECT_EQ(asset.description, "in snow IMG 2041");
  EXPECT_EQ(asset.tags, std::vector<std::string>{"barn"});
  EXPECT_EQ(facets_of(asset), "folder=farms format=jpg creator=Ada ");
}

TEST(Folder, LeavesOutWhatIsTooLong) {
  const files::test::Folder folder;
  const std::string tag(max_tag_bytes + 1, 'x');
  folder.write("barn.jpg", jpeg_with("<dc:title>" + std::string(max_title_bytes + 1, 'x') + "</dc:title>" +
                                     "<dc:subject><rdf:Bag><rdf:li>" + tag +
                                     "</rdf:li><rdf:li>red</rdf:li></rdf:Bag></dc:subject>"));
  const Asset asset = only_asset_of(folder);
  EXPECT_EQ(asset.title, "barn");
  EXPECT_EQ(asset.tags, std::vector<std::string>{"red"});
}

}  // namespace
}  // namespace updraft::catalogue
