#include "reward/fluency.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace updraft::reward {
namespace {

struct Case {
  Task task;
  std::string_view prompt;
  std::string_view problem = "";  // the beginning of one
};

std::string all(const Fluency& fluency) {
  std::string text;
  for (const std::string& problem : fluency.problems) text += problem + "; ";
  return text;
}

TEST(Fluency, LeavesGoodPromptsAlone) {
  for (const Case& c : std::initializer_list<Case>{
           {Task::query, "holiday sale banner"},
           {Task::query, "cat in box christmas lights"},
           {Task::query, "5k run poster"},
           {Task::related, "loyalty stamp card"},
           {Task::related, "menu"},
           {Task::template_, "Gritty streetball flyer with orange splatter and hoop"},
           {Task::template_, "Red and white 'GRAND OPENING' flyer with a ribbon"},
           {Task::template_, "Set of A to Z cards, oversized rounded letter on the left, matching animal on the right"},
           {Task::image, "Brass elevator doors with sunburst relief, black marble, single velvet chair"},
           {Task::image, "A figure in a yellow raincoat jumps a puddle; soft rain, grey street, warm windows behind"},
           {Task::image,
            "Four puppies in a class, one seated, one asleep, one chewing its leash, one chasing its tail"},
           {Task::image, "Caf\xC3\xA9 table with a blue cup, croissant crumbs and a folded newspaper"}}) {
    const Fluency result = fluency(c.task, c.prompt);
    EXPECT_EQ(result.value, 1) << c.prompt << ": " << all(result);
  }
}

TEST(Fluency, NamesWhatIsWrong) {
  for (const Case& c : std::initializer_list<Case>{
           {Task::query, "", "is empty"},
           {Task::query, "  ,. ", "is empty"},
           {Task::query, "poster with a", "ends in the middle"},
           {Task::template_, "Flyer with balloons and", "ends in the middle"},
           {Task::template_, "Flyer with balloons (red and", "ends in the middle"},
           {Task::image, "A fox and a fox and a fox and a fox in the snow", "loops"},
           {Task::query, "very very nice poster", "loops"},
           {Task::query, "sale banner sale", "says \"sale\" again"},
           {Task::query, "cats with cat", "says \"cat\" again"},
           {Task::template_, "holiday sale holiday discount sale banner holiday deal", "is a heap of keywords"},
           {Task::template_, "holiday sale holiday discount sale banner holiday deal", "says \"holiday\" 3 times"},
           {Task::image, "tree snow santa gift star light reindeer candle winter bell", "is a heap of keywords"},
           {Task::image, "tree, snow, santa, gift, star, light, reindeer, candle, bell", "is a heap of keywords"},
           {Task::image, "Stunning masterpiece of a fox in the snow, beautiful, 8k, trending", "praises itself"},
           {Task::query, "holiday sale banner.", "ends like a sentence"},
           {Task::query, "Find a banner. Make it red", "is more than a phrase"},
           {Task::related, "cup, plate, fork, spoon", "is a list"},
           {Task::query, "banner for the holiday sale in our small shop by the sea", "is too long"},
           {Task::template_, "Red flyer", "is too short"},
           {Task::image, "A <|image|> of a fox in the snow by night", "has odd characters"},
           {Task::image, "A fox in the snow\x01 by night, calm, ink drawing", "has odd characters"},
           {Task::image, "A fox in the snow \xff by night, calm, ink drawing", "has odd characters"},
           {Task::image, "A fox in the snow ,, by night, calm ink drawing", "has odd punctuation"},
           {Task::image, "A fox in the of snow by night, calm ink drawing", "\"the of\" is no phrase"},
           {Task::image, "A fox and or snow by night with calm ink drawing", "\"and or\" is no phrase"}}) {
    const Fluency result = fluency(c.task, c.prompt);
    EXPECT_LT(result.value, 1) << c.prompt;
    EXPECT_GE(result.value, 0) << c.prompt;
    EXPECT_TRUE(std::any_of(result.problems.begin(), result.problems.end(),
                            [&](const std::string& problem) { return problem.starts_with(c.problem); }))
        << '"' << c.prompt << "\" has no \"" << c.problem << "\" but: " << all(result);
  }
}

TEST(Fluency, FallsWithEachProblem) {
  const double one = fluency(Task::query, "holiday sale banner.").value;
  const double two = fluency(Task::query, "holiday sale holiday banner.").value;
  EXPECT_LT(two, one);
}

TEST(Fluency, OfAWordSaladIsLow) {
  EXPECT_LT(fluency(Task::template_, "banner of with the and sale red for a in").value, 0.3);
  EXPECT_LT(fluency(Task::template_, "holiday sale holiday discount sale banner holiday deal").value, 0.3);
}

}  // namespace
}  // namespace updraft::reward
