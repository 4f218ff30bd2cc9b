// What an intent states that a prompt must keep: colours, counts, what must not be there, audience, written text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reward/audiences.h"
#include "reward/colours.h"
#include "reward/counts.h"
#include "reward/negations.h"
#include "updraft/task.h"

namespace updraft::reward {

struct Constraints {
  std::vector<Colour> colours;
  bool only_colours = false;  // "blue and white only": no others
  std::vector<Count> counts;
  std::vector<Negation> negations;
  std::vector<Group> audience;
  std::vector<std::string> texts;  // to be written as they are; only of pictures ("text: '...'")

  [[nodiscard]] bool empty() const {
    return colours.empty() && counts.empty() && negations.empty() && audience.empty() && texts.empty();
  }
};

// Reads a phrase ("three red cats, no text") or what was seen in a picture ("tags: ...; text: '...'; colors: ...").
[[nodiscard]] Constraints read_constraints(std::string_view intent);

// What a prompt makes of the constraints. One that a query or a related idea leaves out is silent, which is their
// right; a template or a picture that leaves out a colour, a count or a text misses it. To name another colour of the
// same thing, another number of it, what must not be there, or another audience breaks it, whatever the task.
struct ConstraintCheck {
  int stated = 0;  // kept + silent + missed + broken
  int kept = 0;
  int missed = 0;
  int broken = 0;
  double value = 1;                   // 0..1
  std::vector<std::string> problems;  // one a broken or missed constraint, for people: "two cats instead of three"
};
[[nodiscard]] ConstraintCheck check(const Constraints& constraints, Task task, std::string_view prompt);

}  // namespace updraft::reward
