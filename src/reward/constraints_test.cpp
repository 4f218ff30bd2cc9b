#include "reward/constraints.h"

#include <gtest/gtest.h>

namespace updraft::reward {
namespace {

enum class Verdict { kept, silent, missed, broken };

struct Case {
  std::string_view intent;
  Task task;
  std::string_view prompt;
};

Verdict verdict(const Case& c) {
  const ConstraintCheck result = check(read_constraints(c.intent), c.task, c.prompt);
  EXPECT_GE(result.stated, 1) << "nothing is read in \"" << c.intent << '"';
  EXPECT_EQ(result.problems.size(), static_cast<std::size_t>(result.missed + result.broken)) << c.prompt;
  EXPECT_EQ(result.value<1, result.missed + result.broken> 0) << c.prompt;
  if (result.broken > 0) return Verdict::broken;
  if (result.missed > 0) return Verdict::missed;
  return result.kept > 0 ? Verdict::kept : Verdict::silent;
}

void expect_all(Verdict expected, std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(static_cast<int>(verdict(c)), static_cast<int>(expected)) << c.intent << " -> " << c.prompt;
  }
}

TEST(Colours, AreKeptByTheirNameAShadeOrAMaterial) {
  expect_all(
      Verdict::kept,
      {{"graduation invitation, navy and gold", Task::template_, "Navy invitation with gold caps in the corners"},
       {"graduation invitation, navy and gold", Task::template_, "Deep blue invitation with a foil border"},
       {"purple business card", Task::image, "A lilac card on a stone table"},
       {"gray wool scarf", Task::image, "Folded grey scarf on a chair, soft window light"},
       {"off-white curtains", Task::image, "White curtains moving in a breeze"},
       {"black and white portrait", Task::image, "Monochrome portrait of a fisherman by a window"},
       {"yoga flyer in sage", Task::template_, "Soft green yoga flyer with a lotus"}});
}

TEST(Colours, AreBrokenByOthersInTheirPlace) {
  expect_all(Verdict::broken,
             {{"three red balloons", Task::image, "Three blue balloons over a field"},
              {"graduation invitation, navy and gold", Task::template_, "Pink invitation with lilac flowers"},
              {"teal dentist website", Task::image,
               "A smiling dentist before a bright red wall, website header with orange rays"},
              {"poster in blue and white only", Task::image, "Blue waves on white paper with a red boat"},
              {"lemons on navy background", Task::image, "Sliced fruit on a pink background"},
              {"green velvet sofa", Task::query, "purple sofa living room"}});
}

TEST(Colours, MayBeLeftOutOfAQueryButNotOfAPicture) {
  expect_all(Verdict::silent, {{"wedding invitation in burgundy", Task::query, "wedding invitation template"},
                               {"wedding invitation in burgundy", Task::related, "table number cards"}});
  expect_all(Verdict::missed,
             {{"wedding invitation in burgundy", Task::template_, "Wedding invitation with a floral frame"},
              {"wedding invitation, burgundy and teal", Task::image, "Burgundy roses around a blank card"}});
}

TEST(Colours, AreNotReadWhereAWordMeansSomethingElse) {
  for (const std::string_view intent :
       {"fresh orange juice stand", "glass of red wine", "black friday banner", "green tea ceremony",
        "white water rafting", "red panda eating bamboo", "golden retriever puppy", "rhythm and blues night",
        "coral reef", "hot chocolate bar sign", "moroccan mint tea", "lavender field at noon", "black tie gala",
        "orange slices on a plate", "crate of oranges", "rose bush by the gate"}) {
    EXPECT_TRUE(read_constraints(intent).colours.empty()) << intent;
  }
}

TEST(Colours, AreReadWithWhatTheyColour) {
  const auto colours = read_constraints("black and white cats under one yellow umbrella, lilac").colours;
  ASSERT_EQ(colours.size(), 4U);
  EXPECT_EQ(colours[0].name, "black");
  EXPECT_EQ(colours[0].things, std::vector<std::string>{"cat"});
  EXPECT_EQ(colours[1].things, std::vector<std::string>{"cat"});
  EXPECT_EQ(colours[2].things, std::vector<std::string>{"umbrella"});
  EXPECT_EQ(colours[3].name, "lilac");
  EXPECT_TRUE(colours[3].things.empty());
}

TEST(Counts, AreKeptInWordsDigitsAndGroups) {
  expect_all(Verdict::kept,
             {{"four cats in a boat", Task::image, "4 kittens in a rowing boat"},
              {"three friends hiking", Task::image, "A trio of friends on a ridge"},
              {"2 tier cake with figs", Task::template_, "Bakery card with a two-tier cake"},
              {"set of six cupcake stickers", Task::template_, "Sheet of six round stickers with cupcakes"},
              {"a pair of foxes", Task::image, "Two foxes asleep in a hollow log"},
              {"Advent wreath with four candles", Task::image, "Wreath with three purple candles and one rose"},
              {"two cats on a wall", Task::image, "One black cat and one white cat on a brick wall"},
              {"wallpaper with a single cactus", Task::image, "A cactus alone under a wide sky"}});
}

TEST(Counts, AreBrokenByAnotherNumberOfTheSame) {
  expect_all(Verdict::broken,
             {{"four cats in a boat", Task::image, "Two cats in a rowing boat"},
              {"four cats in a boat", Task::query, "five cats boat"},
              {"comic template with four panels", Task::template_, "Comic page with six panels and bold frames"},
              {"exactly seven stars around a moon", Task::image, "Nine stars in a ring around a thin moon"}});
}

TEST(Counts, MayBeLeftOutOfAQueryButNotBlurredInAPicture) {
  expect_all(Verdict::silent, {{"four cats in a boat", Task::query, "cats in boat"},
                               {"four cats in a boat", Task::image, "Whiskers and tails over the rim of a boat"}});
  expect_all(Verdict::missed, {{"four cats in a boat", Task::image, "Cats in a rowing boat at dawn"},
                               {"four cats in a boat", Task::image, "Six kittens in a rowing boat"}});
}

TEST(Counts, AreNotReadFromYearsPricesSizesAgesAndRanks) {
  for (const std::string_view intent :
       {"calendar 2027", "restaurant voucher $50", "open 24/7 sign", "3d render of a chair",
        "first birthday invitation", "banner 1200x628", "kids ages 5-8", "party for a 60 year old",
        "20% off winter coats", "opening at 7 pm", "10 years anniversary", "class of 26",
        "travel guide 48 hours in rome", "one line drawing", "grade 4 maths", "slides 16:9", "poster 50 x 70 cm"}) {
    EXPECT_TRUE(read_constraints(intent).counts.empty()) << intent;
  }
}

TEST(Negations, AreKeptByLeavingOutOrByDenying) {
  expect_all(Verdict::kept,
             {{"empty beach, no people", Task::image, "Low tide on a wide beach at dawn"},
              {"empty beach, no people", Task::image, "A beach without a single person"},
              {"logo without text", Task::image, "Fox head mark, no lettering or words"},
              {"desk calendar, not cartoon", Task::template_, "Photographic desk calendar with plain grid"},
              {"sugar free dessert", Task::query, "sugar-free chocolate mousse"},
              {"non alcoholic cocktail menu", Task::template_, "Alcohol-free cocktail menu with citrus icons"},
              {"peanut-free snack box", Task::image, "Snack box with a crossed-out peanut badge"},
              {"bakery flyer, no pink", Task::image, "Bakery flyer look in mint, cream and not pink"}});
}

TEST(Negations, AreBrokenByNamingWhatIsBanned) {
  expect_all(Verdict::broken,
             {{"empty beach, no people", Task::image, "Smiling people on a beach"},
              {"empty beach, no people", Task::image, "A couple walking hand in hand along the water"},
              {"empty beach, no people", Task::query, "crowd on beach"},
              {"logo without text", Task::image, "Fox head mark with bold lettering below"},
              {"desk calendar, not cartoon", Task::template_, "Cartoon desk calendar with animals"},
              {"halal menu, no pork or alcohol", Task::template_, "Menu with pork belly and lemonade"},
              {"halal menu, no pork or alcohol", Task::template_, "Menu with grilled fish and white wine"},
              {"bakery flyer, no pink", Task::template_, "Bakery flyer in hot pink and cream"},
              {"alcohol-free party", Task::related, "beer pong rules"}});
}

TEST(Negations, AreNotReadWhereNothingIsBanned) {
  for (const std::string_view intent :
       {"free shipping over 50 dollars", "no smoking sign", "allergy warning sign no peanuts", "first lesson free",
        "tea tin label no. 7", "no longer lost", "no bake cheesecake", "used piano, free to a good home",
        "not too formal invitation"}) {
    EXPECT_TRUE(read_constraints(intent).negations.empty()) << intent;
  }
}

TEST(Negations, OfTextAreAboutPictures) {
  expect_all(Verdict::silent, {{"sale banner, no text", Task::template_, "Sale banner with a bold headline"}});
  expect_all(Verdict::broken, {{"sale banner, no text", Task::image, "Sale banner with a bold headline"}});
  expect_all(Verdict::kept, {{"sale banner, no text", Task::image, "Torn paper edge with empty space for text"}});
}

TEST(Audience, IsKeptByItsOtherNames) {
  expect_all(Verdict::kept, {{"craft ideas for kids", Task::query, "toddler paper crafts"},
                             {"craft ideas for kids", Task::template_, "Nursery craft sheet with big scissors"},
                             {"fitness class for seniors", Task::query, "chair exercise older adults"},
                             {"guitar book for beginners", Task::template_, "Easy guitar book cover, first chords"},
                             {"women's running shoes", Task::image, "A woman lacing her shoes on a kerb"}});
}

TEST(Audience, IsBrokenByItsOpposite) {
  expect_all(Verdict::broken, {{"craft ideas for kids", Task::query, "paper crafts for seniors"},
                               {"women's running shoes", Task::query, "men's running shoes"},
                               {"guitar book for beginners", Task::query, "guitar solos for experts"}});
  expect_all(Verdict::silent, {{"craft ideas for kids", Task::query, "paper crafts"},
                               {"craft ideas for kids", Task::image, "Paper boats on a table"}});
}

TEST(PictureForms, StateTheirColoursAndTheirText) {
  constexpr std::string_view seen = "tags: storefront, ribbon; text: 'GRAND OPENING'; colors: brick red, white";
  const Constraints constraints = read_constraints(seen);
  ASSERT_EQ(constraints.colours.size(), 2U);
  EXPECT_EQ(constraints.colours[0].name, "red");
  EXPECT_EQ(constraints.colours[1].name, "white");
  EXPECT_EQ(constraints.texts, std::vector<std::string>{"GRAND OPENING"});
  expect_all(Verdict::kept, {{seen, Task::template_, "Red and white 'GRAND OPENING' flyer"},
                             {seen, Task::query, "grand opening banner"}});
  expect_all(Verdict::broken, {{seen, Task::template_, "Red and white 'CLOSING SALE' flyer"},
                               {seen, Task::template_, "Green 'GRAND OPENING' flyer with purple ribbon"}});
}

TEST(PictureForms, FollowTheRequestWhereThereIsOne) {
  const Constraints constraints =
      read_constraints("tags: red balloons, two dogs; text: 'PARTY'; colors: red; request: calm, no dogs, in lilac");
  ASSERT_EQ(constraints.colours.size(), 1U);
  EXPECT_EQ(constraints.colours[0].name, "lilac");
  EXPECT_TRUE(constraints.counts.empty());
  EXPECT_TRUE(constraints.texts.empty());
  ASSERT_EQ(constraints.negations.size(), 1U);
  EXPECT_EQ(constraints.negations[0].words, "no dogs");
}

TEST(Constraints, SayWhatIsBroken) {
  const auto problems = [](std::string_view intent, std::string_view prompt) {
    return check(read_constraints(intent), Task::image, prompt).problems;
  };
  EXPECT_EQ(problems("four cats", "Two cats asleep"), std::vector<std::string>{"2 cat instead of 4"});
  EXPECT_EQ(problems("harbour, no people", "A crowd at the harbour"),
            std::vector<std::string>{"crowd in spite of \"no people\""});
  EXPECT_EQ(problems("red car", "A blue car"), std::vector<std::string>{"blue car instead of red"});
}

TEST(Constraints, CostMoreWhenBrokenThanWhenMissedAndMoreTheMoreAreBroken) {
  const auto value = [](std::string_view prompt) {
    return check(read_constraints("four red cats, no text"), Task::image, prompt).value;
  };
  const double kept = value("Four red cats"), missed = value("Four cats"), broken = value("Four blue cats"),
               all_broken = value("Two blue cats above a headline");
  EXPECT_EQ(kept, 1);
  EXPECT_GT(kept, missed);
  EXPECT_GT(missed, broken);
  EXPECT_GT(broken, all_broken);
  EXPECT_GT(all_broken, 0);
}

TEST(Constraints, AreNoneInAPlainIntent) {
  const Constraints constraints = read_constraints("coffee shop opening");
  EXPECT_TRUE(constraints.empty());
  const ConstraintCheck result = check(constraints, Task::image, "Two blue people without text");
  EXPECT_EQ(result.stated, 0);
  EXPECT_EQ(result.value, 1);
}

TEST(Constraints, BearAnyBytes) {
  for (const std::string_view text :
       {"", " ", "'", "\"", "no", "not", "without", "5", "set of", "only", "red", "-free", "tags:", "text: '",
        "colors: ;", "\xff\xfe no \xff", "no no no no", "'s 's", ";;"}) {
    const Constraints constraints = read_constraints(text);
    for (const std::string_view prompt : {text, std::string_view("a red cat")}) {
      EXPECT_GE(check(constraints, Task::image, prompt).value, 0) << text;
    }
  }
}

}  // namespace
}  // namespace updraft::reward
