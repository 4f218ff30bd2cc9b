// What was done with something that was shown, and what that is worth.
//
// A showing's value is that of the strongest thing done with it: insert 1, like 1, click 0.5, nothing 0; a dismissal
// takes all back and counts -0.5.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "updraft/feedback.h"

namespace updraft::feedback {

using Counts = std::array<std::uint64_t, feedback_kind_count>;  // events, by kind

inline constexpr std::size_t max_positions = 32;  // what is shown further down counts as shown in the last one

[[nodiscard]] inline std::size_t counted_position(int position) {
  return std::min(static_cast<std::size_t>(std::max(position, 0)), max_positions - 1);
}

// With something that was shown so often.
struct Done {
  double shown = 0;
  double acted = 0;
  double value = 0;

  // So often the same.
  void add(const Done& other, double times = 1) {
    shown += times * other.shown;
    acted += times * other.acted;
    value += times * other.value;
  }
};

// is_one: the person is known, so that all is one showing, however often it was reported; else each impression is one.
[[nodiscard]] inline Done done_with(const Counts& counts, bool is_one) {
  constexpr double click_value = 0.5;
  constexpr double like_value = 1;  // or an insert
  constexpr double dismiss_value = -0.5;
  const auto of = [&](FeedbackKind kind) { return static_cast<double>(counts[static_cast<std::size_t>(kind)]); };
  double shown = of(FeedbackKind::impression);
  if (is_one) shown = std::min(shown, 1.0);
  const double dismissed = std::min(of(FeedbackKind::dismiss), shown);
  const double left = shown - dismissed;
  const double liked = std::min(of(FeedbackKind::like) + of(FeedbackKind::insert), left);
  const double clicked = std::max(0.0, std::min(of(FeedbackKind::click), left) - liked);  // and no more than that
  return {shown, dismissed + liked + clicked, dismissed * dismiss_value + liked * like_value + clicked * click_value};
}

// What was reported of an asset at a position to so many people, of each the same.
struct AssetShowings {
  std::string asset = {};
  int position = 0;
  bool is_one = false;  // the person is known
  Counts counts{};      // of one of them
  std::uint64_t times = 1;
};

}  // namespace updraft::feedback
