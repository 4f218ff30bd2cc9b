#include "eval/population.h"

#include <algorithm>
#include <cmath>

#include "corpus/hash.h"
#include "decode/random.h"
#include "eval/metrics.h"

namespace updraft::eval {
namespace {

constexpr double plain_appeal = 0.10;
constexpr double liked_appeal = 0.50;
constexpr double both_appeal = 0.65;
constexpr double disliked_appeal = 0.03;
constexpr double tasteless_share = 0.2;
constexpr double tasteless_appeal = 0.2;
constexpr double like_share = 0.2;
constexpr double slip_share = 0.02;
constexpr double dismiss_share = 1.0 / 30;

bool is_in(const Style& style, std::span<const std::string> words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(style.words.begin(), style.words.end(), word) != style.words.end();
  });
}

}  // namespace

std::span<const Style> styles() {
  static const std::vector<Style> all = {
      {"drawn by hand",
       {"watercolor", "watercolour", "drawn", "sketch", "sketched", "painted", "pastel", "floral", "botanical",
        "illustrated"}},
      {"clean", {"minimalist", "minimal", "clean", "simple", "modern", "flat", "geometric"}},
      {"vintage", {"vintage", "retro", "rustic", "antique", "classic", "weathered", "kraft", "old"}},
      {"bold", {"bold", "bright", "vibrant", "neon", "dynamic", "striking", "colorful", "colourful"}},
      {"elegant", {"elegant", "gold", "luxury", "refined", "script", "marble", "velvet", "serif"}},
      {"playful", {"playful", "cute", "cartoon", "fun", "cheerful", "whimsical", "friendly", "confetti"}},
      {"dark", {"dark", "night", "moody", "black", "shadow", "dramatic", "navy", "deep"}},
      {"warm", {"warm", "cozy", "cosy", "soft", "cream", "earthy", "gentle", "natural", "wooden"}}};
  return all;
}

Taste Population::taste_of(std::string_view category) const {
  auto random = decode::Random::of(seed_, corpus::hash(category), 0);
  std::vector<std::size_t> order(styles().size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = 0; i < 3; ++i) std::swap(order[i], order[i + random.below(order.size() - i)]);
  return {.liked = {order[0], order[1]}, .disliked = order[2]};
}

double Population::appeal(std::string_view category, std::string_view prompt) const {
  const Taste taste = taste_of(category);
  const std::vector<std::string> words = words_of(prompt);
  const bool first = is_in(styles()[taste.liked[0]], words), second = is_in(styles()[taste.liked[1]], words);
  if (first && second) return both_appeal;
  if (first || second) return liked_appeal;
  return is_in(styles()[taste.disliked], words) ? disliked_appeal : plain_appeal;
}

double Population::look(std::size_t position) { return std::pow(1 + static_cast<double>(position), -0.8); }

std::vector<Reaction> Population::react(std::string_view intent, std::string_view category,
                                        std::span<const std::string> prompts, std::span<const double> relevance,
                                        std::uint64_t person) const {
  auto random = decode::Random::of(seed_ + 1, corpus::hash(intent), person);
  const bool has_taste = random.uniform() >= tasteless_share;
  const Taste taste = taste_of(category);
  std::vector<Reaction> reactions(prompts.size());
  for (std::size_t k = 0; k < prompts.size(); ++k) {
    // All that is drawn for a position is drawn whether it is needed or not.
    const double looks = random.uniform(), wants = random.uniform(), likes = random.uniform(), slips = random.uniform(),
                 dismisses = random.uniform();
    if (looks >= look(k)) continue;
    const double wanted = has_taste ? appeal(category, prompts[k]) : tasteless_appeal;
    Reaction& reaction = reactions[k];
    reaction.clicks = wants < wanted * relevance[k];
    reaction.likes = reaction.clicks && likes < like_share;
    if (reaction.clicks) continue;
    reaction.clicks = slips < slip_share;
    const bool is_disliked = is_in(styles()[taste.disliked], words_of(prompts[k]));
    reaction.dismisses = !reaction.clicks && has_taste && is_disliked && dismisses < dismiss_share;
  }
  return reactions;
}

}  // namespace updraft::eval
