#include "suggest/lengths.h"

#include <array>
#include <span>

namespace updraft::suggest {
namespace {

// In turns; the teacher's most frequent lengths, so that the first few suggestions differ in length as well.
constexpr std::array usual_intent = {4};
constexpr std::array usual_query = {4, 3, 4, 3};
constexpr std::array usual_related = {3, 2};
constexpr std::array usual_template = {8, 14, 20, 7, 24, 13};
constexpr std::array usual_image = {14, 22, 34, 13, 36, 21};

std::span<const int> usual(Task task) {
  switch (task) {
    case Task::intent:
      return usual_intent;
    case Task::query:
      return usual_query;
    case Task::related:
      return usual_related;
    case Task::template_:
      return usual_template;
    case Task::image:
      return usual_image;
  }
  return usual_query;
}

}  // namespace

std::vector<int> plan_words(Task task, std::optional<WordRange> words, int n) {
  std::vector<int> plan;
  for (int i = 0; i < n; ++i) {
    if (!words) {
      plan.push_back(usual(task)[static_cast<std::size_t>(i) % usual(task).size()]);
    } else {
      plan.push_back(words->min + (n == 1 ? (words->max - words->min) / 2 : (words->max - words->min) * i / (n - 1)));
    }
  }
  return plan;
}

}  // namespace updraft::suggest
