#include "vision/train.h"

#include <gtest/gtest.h>

#include "encode/small_efficient_net.h"

namespace updraft::vision {
namespace {

TEST(VisionTraining, TheVocabularyIsWhatEnoughDrawingsToTrainOnHave) {
  std::vector<eval::Drawing> drawings;
  for (int i = 0; i < 40; ++i) {
    drawings.push_back({.id = std::to_string(i), .title = "", .tags = {"cat", "x1", "öl"}});
    if (i < 30) drawings.back().tags.push_back("tree");
    if (i == 0) drawings.back().tags.push_back("rare");
  }
  EXPECT_EQ(vocabulary_of(drawings, 10), (std::vector<std::string>{"cat", "tree"}));
  for (eval::Drawing& drawing : drawings) drawing.title = "";  // all of them in one part are not trained on
  std::erase_if(drawings, [](const eval::Drawing& d) { return d.part() == eval::Part::train; });
  EXPECT_TRUE(vocabulary_of(drawings, 1).empty());
}

}  // namespace
}  // namespace updraft::vision
