// How well pictures are found by texts and told by tags, on drawings that say what they are.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "eval/drawings.h"
#include "eval/metrics.h"
#include "updraft/picture.h"

namespace updraft::eval {

// The text that a drawing is asked for by: its title and its tags.
[[nodiscard]] std::string text_of(const Drawing& drawing);

// Which of the names are true of the drawing: one of its tags, or words of its title.
[[nodiscard]] std::vector<bool> true_tags(const Drawing& drawing, std::span<const std::string> names);

// Points of all pictures and of all their texts, in one order: [n, dimension] each, of unit length.
struct Points {
  std::size_t dimension = 0;
  std::vector<float> pictures, texts;
};

struct FoundFigures {
  Mean text_to_picture;          // R@10: the picture that a text is of is among the ten nearest of all
  Mean text_to_picture_no_hubs;  // the same, less what is near to everything
  Mean picture_to_text;          // the other way around
  Mean picture_to_text_no_hubs;
  Mean same_text;  // text_to_picture_no_hubs, where a picture of the very same text is as good
};

// Of the items `asked`, among all. How near a picture is to texts at large is the mean of its `hub_neighbours` largest
// cosines to the texts `bank`, which are not those asked for; half of it is taken away, as in CSLS (arXiv 1710.04087).
inline constexpr std::size_t hub_neighbours = 10;
[[nodiscard]] FoundFigures measure_found(const Points& points, std::span<const std::size_t> asked,
                                         std::span<const std::size_t> bank);

struct TagFigures {
  Mean recall_10;                // of a drawing's own tags that the vocabulary has, the share among the ten likeliest
  Mean recall_10_all;            // of all of its tags
  Mean right_1;                  // the likeliest is one of its own
  double calibration_error = 0;  // of the ten likeliest
};
// `tags`: of each of `drawings`, the ten likeliest.
[[nodiscard]] TagFigures measure_tags(std::span<const Drawing> drawings, std::span<const std::vector<SeenTag>> tags,
                                      std::span<const std::string> names);

}  // namespace updraft::eval
