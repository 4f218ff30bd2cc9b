// What a prompt is worth as an answer to an intent: the reward that training relabels with, as a return of 0..9.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/text_encoder.h"
#include "reward/cross_scorer.h"
#include "reward/lexicon.h"
#include "reward/relevance.h"
#include "updraft/task.h"

namespace updraft::reward {

// Each 0..1. A prompt is as good as its parts together: the total is their product.
struct Reward {
  double relevance = 0;     // speaks of the intent and adds to it
  double constraints = 0;   // keeps what the intent states (constraints.h)
  double distinctness = 0;  // differs from the siblings before it
  double fluency = 0;       // reads well (fluency.h), in words that exist (lexicon.h)
  double total = 0;
};

// Prompts that answer one intent under one task, as measured.
class Assessment {
 public:
  // What prompt i is worth without siblings.
  [[nodiscard]] const Reward& alone(std::size_t i) const { return rewards_[i]; }
  // What each is worth after those before it: of two that are nearly equal the first keeps its worth.
  [[nodiscard]] std::vector<Reward> in_order() const;
  // 0..1: how far prompt i differs from prompt j; symmetric.
  [[nodiscard]] double distinctness(std::size_t i, std::size_t j) const;
  // -1..1: how near the two are in the encoder's space.
  [[nodiscard]] double cosine(std::size_t i, std::size_t j) const;
  [[nodiscard]] double cosine_to_intent(std::size_t i) const;
  // [size(), dimension of the encoder]
  [[nodiscard]] std::span<const float> points() const { return std::span(points_).first(size() * dimension_); }
  [[nodiscard]] std::size_t size() const { return rewards_.size(); }

 private:
  friend class Scorer;

  [[nodiscard]] std::span<const float> point(std::size_t i) const {
    return std::span(points_).subspan(i * dimension_, dimension_);
  }

  Task task_ = Task::query;
  std::size_t dimension_ = 0;
  std::vector<Reward> rewards_;
  std::vector<Wording> wordings_;
  std::vector<float> points_;  // [size() + 1, dimension_]: the prompts, then the intent
};

class Scorer {
 public:
  // A cross-scorer, if there is one, was trained with this encoder. Without, relevance is what the cosine says.
  explicit Scorer(encode::TextEncoder encoder, std::optional<CrossScorer> cross = std::nullopt,
                  std::optional<Lexicon> lexicon = std::nullopt)
      : encoder_(std::move(encoder)), cross_(std::move(cross)), lexicon_(std::move(lexicon)) {}
  // The encoder in this file, with the cross-scorer and the words that lie beside it (CrossScorer::beside,
  // Lexicon::beside). Errors: those of all.
  [[nodiscard]] static Result<Scorer> load(const std::filesystem::path& encoder,
                                           const encode::TextEncoder::Options& options);

  // Not for two threads at a time, as the encoder is not.
  [[nodiscard]] Assessment assess(std::string_view intent, Task task, std::span<const std::string_view> prompts) const;

  // One reward a sibling, in order.
  [[nodiscard]] std::vector<Reward> score(std::string_view intent, Task task,
                                          std::span<const std::string_view> siblings) const {
    return assess(intent, task, siblings).in_order();
  }

  // 0..9, by the task's table of thresholds.
  [[nodiscard]] int return_of(const Reward& reward, Task task) const;

  [[nodiscard]] const encode::TextEncoder& encoder() const { return encoder_; }

 private:
  encode::TextEncoder encoder_;
  std::optional<CrossScorer> cross_;
  std::optional<Lexicon> lexicon_;  // without: every word exists
};

}  // namespace updraft::reward
