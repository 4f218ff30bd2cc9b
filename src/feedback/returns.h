// What prompts are worth to the people who saw them: from events to returns, 0..9, as training asks for them.
//
// A showing is one prompt, shown for one intent under one task at one position to one person in one session, however
// often it is reported; where neither user nor session is known, each impression is one. Its value v is that of what
// was done with it (showing.h). What was never reported as shown is left out, and so is what concerns an asset
// (appeals.h).
//
// People look less at lower positions. look[k] (click_model.h) is how likely they do at position k, so v / look[k] is
// an unbiased estimate of what a showing would be worth to somebody who looks at it: inverse propensity weighting
// (Joachims, Swaminathan, Schnabel 2017, "Unbiased learning-to-rank with biased feedback"). Its variance is that of 1 /
// look[k], so showings are averaged with weights look[k], and a prior of average showings keeps prompts of little
// evidence in the middle:
//
//     value = (prior * mean + sum of v) / (prior + sum of look[k])        return = round(5 * value / mean), 0..9
//
// where mean is that of all showings of the task, estimated the same way. 5 is as good as what people are shown on
// average, 9 is worth 1.7 times as much or more, 0 is what nobody wants though it was looked at.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feedback/click_model.h"
#include "feedback/showing.h"

namespace updraft::feedback {

struct ReturnOptions {
  double prior = 4;                // showings
  std::uint64_t min_showings = 5;  // of a prompt, at any position
  double min_looks = 2;            // of a prompt: the sum of look[k]
  bool correct_position = true;    // false: as if all positions were looked at alike, to see what that is worth
};

// A prompt that there is evidence enough about.
struct JudgedPrompt {
  std::string intent;
  Task task = Task::query;
  std::string prompt;
  int words = 1;            // as a reader counts them
  int ret = 5;              // 0..9
  double value = 0;         // to somebody who looks at it
  std::uint64_t shown = 0;  // showings
};

struct Judgement {
  std::vector<JudgedPrompt> prompts;  // in the order in which they were seen first
  std::vector<double> looks;          // by position
  std::uint64_t showings = 0;
  std::uint64_t too_little = 0;  // prompts without evidence enough, or of a task in which nobody wanted anything
};

// Takes events in any order. Holds what was shown to whom, so its memory grows with the showings.
class Tally {
 public:
  void add(const FeedbackEvent& event);
  [[nodiscard]] Judgement judge(const ReturnOptions& options = {}) const;

 private:
  struct Prompt {
    std::string intent;
    Task task = Task::query;
    std::string prompt;
  };
  struct Showing {
    std::size_t prompt = 0;
    std::size_t position = 0;
    bool is_one = false;  // the person is known
    Counts counts{};
  };

  std::vector<Prompt> prompts_;
  std::unordered_map<std::string, std::size_t> prompt_of_;  // by intent, task and text
  std::unordered_map<std::string, Showing> showings_;       // by person, prompt and position
};

// {"intent", "task", "words", "return", "prompt"}: one line, as the trainer reads it (learn/replay.h).
[[nodiscard]] std::string to_line(const JudgedPrompt& prompt);

}  // namespace updraft::feedback
