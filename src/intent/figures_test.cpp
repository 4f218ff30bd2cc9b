#include "intent/figures.h"

#include <gtest/gtest.h>

namespace updraft::intent {
namespace {

using Texts = std::vector<std::string>;

TEST(Figures, SizesAndFormatsAreFound) {
  for (const std::string size : {"1080x1080", "820x312", "8.5x11", "8.5 x 11 in", "5x7", "3x8 ft", "2x3.5", "24×36",
                                 "30 by 40 cm", "12x12in", "300 px", "50mm", "16:9", "A4", "a5", "A4 landscape"}) {
    for (const std::string& text :
         {size, "poster, " + size + ", red", "a (" + size + ") poster", "poster " + size + "."}) {
      EXPECT_EQ(figures_of(text).sizes, Texts{size}) << text;
      EXPECT_TRUE(figures_of(text).dates.empty() && figures_of(text).prices.empty()) << text;
    }
  }
}

TEST(Figures, DatesAndTimesAreFound) {
  for (const std::string date :
       {"3rd of May", "12 june", "dec 24", "24th december 2026", "24.12.", "24.12.2026", "2026-05-01", "12/24/26",
        "6pm", "6-8pm", "6 pm", "9.30 pm", "19:30", "19h30", "tues 6pm", "sunday 12 june", "12. juli"}) {
    for (const std::string& text : {date, "concert flyer, " + date + ", free", "party " + date + " bring cake"}) {
      EXPECT_EQ(figures_of(text).dates, Texts{date}) << text;
      EXPECT_TRUE(figures_of(text).sizes.empty() && figures_of(text).prices.empty()) << text;
    }
  }
}

TEST(Figures, PricesAreFound) {
  for (const std::string price : {"$5", "$9.99", "$28/h", "€25", "15 eur", "15€", "150$", "£3.50", "€ 25", "20 bucks",
                                  "50% off", "20 % discount", "$10k"}) {
    for (const std::string& text : {price, "flyer, " + price + "!", "tickets " + price + " each"}) {
      EXPECT_EQ(figures_of(text).prices, Texts{price}) << text;
      EXPECT_TRUE(figures_of(text).sizes.empty() && figures_of(text).dates.empty()) << text;
    }
  }
}

TEST(Figures, ATextMayHaveMany) {
  const Figures figures = figures_of("ZUMBA FLYER A5 TUES 6PM $8 or $8 kids, jun 3, 10:15am, 1080x1080 and 1080x1920");
  EXPECT_EQ(figures.sizes, (Texts{"A5", "1080x1080", "1080x1920"}));
  EXPECT_EQ(figures.dates, (Texts{"TUES 6PM", "jun 3", "10:15am"}));
  EXPECT_EQ(figures.prices, (Texts{"$8"}));
}

TEST(Figures, OtherNumbersAreNone) {
  for (const std::string_view text : {"",
                                      "three red cats",
                                      "may flowers",
                                      "march for peace",
                                      "3 cats",
                                      "class of 2026",
                                      "route 66",
                                      "24/7 open sign",
                                      "xbox",
                                      "2x as fast",
                                      "v1.4.2",
                                      "x marks the spot",
                                      "100 balloons in a box",
                                      "1999 party",
                                      "50% wool",
                                      "a8 car",
                                      "5 in a row",
                                      "9 to 5",
                                      "4 kids",
                                      "bay12x"}) {
    const Figures figures = figures_of(text);
    EXPECT_TRUE(figures.sizes.empty() && figures.dates.empty() && figures.prices.empty()) << text;
    EXPECT_FALSE(is_figure(text)) << text;
  }
}

TEST(Figures, TellWhatIsNothingElse) {
  EXPECT_TRUE(is_figure("15 eur"));
  EXPECT_TRUE(is_figure("tuesday 6 pm"));
  EXPECT_FALSE(is_figure("black friday"));
  EXPECT_TRUE(is_figure("6pm, 15 eur"));
  EXPECT_FALSE(is_figure("kids under $15"));
}

TEST(Figures, AnyBytesAreRead) {
  for (const std::string& text :
       {std::string("\xff\xfe"), std::string(4096, '1'), std::string(4096, 'x'), std::string("$"),
        std::string("\xE2\x82"), std::string(3, '\0'), std::string("99999999999999999999 may")}) {
    EXPECT_TRUE(figures_of(text).dates.empty());
  }
}

}  // namespace
}  // namespace updraft::intent
