// A simulated population with hidden tastes: who sees suggestions, looks at some and does something with a few. It
// shows whether what people do makes the model better for them; nothing of it is known to the model, the reward or the
// trainer.
//
// Tastes. Each category has a taste, drawn by the seed: two of the styles below are liked, one is disliked. A prompt is
// in a style when it holds one of its words.
// People. Somebody looks at position k (from 0) with probability 1 / (1 + k)^0.8. Who looks at a prompt wants it with
// the probability
//     relevance * (0.10, of no style that is liked or disliked; 0.50, of a liked one; 0.65, of both; 0.03, of the
//     disliked one and no liked)
// where the relevance is the reward's, 0..1: what is beside the point is of no use to anybody, in whatever style. One
// in five has no taste and wants any prompt with 0.2 * relevance. Who wants a prompt clicks on it, and in one case of
// five likes it as well; one click in fifty is a slip, whatever was looked at; who looks and does not want it dismisses
// it in one case of thirty if it is of the disliked style.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::eval {

struct Style {
  std::string_view name;
  std::vector<std::string_view> words;
};
[[nodiscard]] std::span<const Style> styles();

struct Taste {
  std::array<std::size_t, 2> liked = {};  // of styles()
  std::size_t disliked = 0;
};

struct Reaction {
  bool clicks = false;
  bool likes = false;
  bool dismisses = false;
};

class Population {
 public:
  explicit Population(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] Taste taste_of(std::string_view category) const;
  // How likely somebody of that taste who looks at it wants the prompt, relevant as it can be: 0..1.
  [[nodiscard]] double appeal(std::string_view category, std::string_view prompt) const;
  [[nodiscard]] static double look(std::size_t position);

  // What a person does with a list that is shown for an intent; `relevance` of each prompt. The same person makes the
  // same draws at a position, whatever is shown there.
  [[nodiscard]] std::vector<Reaction> react(std::string_view intent, std::string_view category,
                                            std::span<const std::string> prompts, std::span<const double> relevance,
                                            std::uint64_t person) const;

 private:
  std::uint64_t seed_;
};

}  // namespace updraft::eval
