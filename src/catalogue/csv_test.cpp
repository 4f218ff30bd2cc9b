#include "catalogue/csv.h"

#include <gtest/gtest.h>

namespace updraft::catalogue {
namespace {

// "line title", or "line ! reason", a line each.
std::string told(std::string_view text) {
  auto reader = Csv::open(text);
  if (!reader) return reader.error().message;
  std::string out;
  while (true) {
    const auto item = reader->next();
    if (!item || !*item) return out;
    const Item& i = **item;
    out += std::to_string(i.line) + " " + (i.wrong.empty() ? i.asset.title : "! " + i.wrong) + "\n";
  }
}

TEST(Csv, ReadsColumnsByTheirNames) {
  auto reader = Csv::open("colour,name,id,keywords,popularity\nred,Boat,1,lake;small boat,3\n");
  ASSERT_TRUE(reader) << reader.error().message;
  const auto item = reader->next();
  ASSERT_TRUE(item && *item);
  const Asset& asset = (**item).asset;
  EXPECT_EQ(asset.id, "1");
  EXPECT_EQ(asset.title, "Boat");
  EXPECT_EQ(asset.tags, (std::vector<std::string>{"lake", "small boat"}));
  EXPECT_EQ(asset.popularity, 3);
  ASSERT_EQ(asset.facets.size(), 1U);
  EXPECT_EQ(asset.facets[0].name + "=" + asset.facets[0].value, "colour=red");
}

TEST(Csv, ReadsQuotesAsTheStandardSays) {
  EXPECT_EQ(told("id,title\r\n1,\"a, b\"\r\n2,\"say \"\"hi\"\"\"\r\n3,\"two\nlines\"\r\n\"4\",four"),
            "2 a, b\n3 say \"hi\"\n4 two lines\n6 four\n");
}

TEST(Csv, RefusesBrokenRecordsWithTheirLineAndGoesOn) {
  EXPECT_EQ(told("id,title\n1,one\n2\n3,three,more\n4,\"x\" y\n\n5,five\n,none\n6,x\"y\n"),
            "2 one\n"
            "3 ! it has 1 fields, the header 2\n"
            "4 ! it has 3 fields, the header 2\n"
            "5 ! there is text behind a closing quote\n"
            "7 five\n"
            "8 ! it has no id\n"
            "9 x\"y\n");
}

TEST(Csv, LosesOneRecordToAQuoteThatIsNotClosed) {
  EXPECT_EQ(told("id,title\n1,\"one\n2,two\n3,three\n"),
            "2 ! the quote that opens in line 2 is not closed\n3 two\n4 three\n");
}

TEST(Csv, RefusesARecordThatIsTooLongAndGoesOn) {
  const std::string text =
      "id,title\n1," + std::string(10'000'000, 'x') + "\n2,\"" + std::string(2'000'000, 'y') + "\"\n3,three\n";
  EXPECT_EQ(told(text),
            "2 ! it is longer than 1048576 bytes\n"
            "3 ! the quote that opens in line 3 is not closed\n"
            "4 three\n");
}

TEST(Csv, RefusesAFileWithoutAHeaderThatNamesTheId) {
  EXPECT_EQ(told(""), "the header names no column id");
  EXPECT_EQ(told("title,tags\na,b\n"), "the header names no column id");
  EXPECT_EQ(told("\"id"), "the header: the quote that opens in line 1 is not closed");
}

TEST(Csv, ReadsEveryBeginningOfAFile) {
  const std::string text = "id,title,tags\r\n1,\"a \"\"b\"\"\nc\",\"x;y\"\r\n2,d,\"e\" f\r\n3,\"g";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string beginning = text.substr(0, n);  // memory of its own, so that a sanitizer sees its end
    EXPECT_LE(told(beginning).size(), 1000U);
  }
}

}  // namespace
}  // namespace updraft::catalogue
