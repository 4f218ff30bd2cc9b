#include "image/ocr.h"

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/orientation.h"
#include "image/written.h"
#include "text/utf8.h"

namespace updraft::image {
namespace {

constexpr OcrLimits patient = {.seconds = 60};

Picture drawn(std::string_view content) {
  const auto picture = decode(test::bytes_of("<svg xmlns='http://www.w3.org/2000/svg' width='640' height='400'>"
                                             "<rect width='640' height='400' fill='#fff'/>" +
                                             std::string(content) + "</svg>"),
                              {.side = 1280, .seconds = 60});
  EXPECT_TRUE(picture.has_value());
  return picture ? *picture : Picture{.width = 1, .height = 1, .rgb = {0, 0, 0}};
}

TEST(Ocr, ReadsWhatIsWrittenWhicheverWayUp) {
  const Picture page = drawn(
      "<g font-family='DejaVu Sans'><text x='40' y='120' font-size='60' fill='#c00'>HOLIDAY SALE</text>"
      "<text x='40' y='200' font-size='30'>50% off everything in the shop</text></g>");
  const Picture word = drawn("<text x='60' y='230' font-size='90' font-family='DejaVu Sans'>SALE</text>");
  for (const int orientation : {1, 3, 6, 8}) {
    Picture turned = page;
    make_upright(turned, orientation);
    const auto written = read_text(turned, patient);
    ASSERT_TRUE(written.has_value()) << written.error().message;
    EXPECT_EQ(written->text, "HOLIDAY SALE\n50% off everything in the shop") << orientation;
    EXPECT_GT(written->confidence, 0.8);
  }
  Picture turned = word;
  make_upright(turned, 8);
  const auto written = read_text(turned, patient);
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(written->text, "SALE");
}

TEST(Ocr, ReadsNothingWhereNothingIsWritten) {
  const auto written = read_text(drawn("<circle cx='320' cy='200' r='120' fill='#c00'/>"), patient);
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(written->text, "");
  EXPECT_TRUE(read_text({.width = 1, .height = 1, .rgb = {0, 0, 0}}, patient).has_value());
}

TEST(Ocr, CleansWhateverTheTableSays) {
  const std::string head =
      "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";
  const auto row = [](int line, const std::string& confidence, const std::string& text) {
    return "5\t1\t1\t1\t" + std::to_string(line) + "\t1\t0\t0\t9\t9\t" + confidence + '\t' + text + '\n';
  };
  const std::string table = head + row(1, "96.5", "Big\x01") +
                            row(1, "90",
                                "s\xff"
                                "ale") +
                            row(1, "20", "scrap") + row(2, "80", "caf\xc3\xa9") + row(2, "99", "|~") +
                            row(2, "-1", "") + row(3, "nan", "no") + row(3, "101", "no") + "5\t1\n" + "\n\t\t\n" +
                            row(4, "70", "\xe2\x80\xaetxt");
  const WrittenText written = text_of_table(table, 1000);
  EXPECT_EQ(written.text, "Big sale\ncaf\xc3\xa9\ntxt");
  EXPECT_TRUE(text::is_valid_utf8(written.text));
  EXPECT_NEAR(written.confidence, (0.965 + 0.9 + 0.8 + 0.7) / 4, 1e-9);

  std::string long_table = head;
  for (int i = 0; i < 1000; ++i) long_table += row(i / 10, "90", "w\xc3\xb6rd");
  EXPECT_LE(text_of_table(long_table, 100).text.size(), 100U);
  EXPECT_GE(text_of_table(long_table, 100).text.size(), 90U);
  EXPECT_EQ(text_of_table("", 100).text, "");
}

}  // namespace
}  // namespace updraft::image
