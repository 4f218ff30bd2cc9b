// What an utterance means, as a decoding (suggest/decoding.h): beside suggestions and other utterances, or alone.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "suggest/decoding.h"
#include "suggest/engine.h"
#include "updraft/intent.h"

namespace updraft::intent {

// A word that the model may be asked to choose, by the first of its tokens: no two words of a list share it.
struct Option {
  std::vector<text::TokenId> tokens;
  std::size_t logit = 0;  // of the first
};

// The goals and categories as a model's tokens.
struct Options {
  std::vector<Option> goals, categories;  // in the order of corpus::goals and corpus::categories

  // Errors: unsupported (the model was not trained to understand what people type).
  [[nodiscard]] static Result<Options> of(const suggest::Engine& engine);
};

class Detection final : public suggest::Decoding {
 public:
  // Engine and options must outlive it. Errors: invalid_argument (an empty or too long utterance, invalid UTF-8; no
  // room in the tree or in the model's context).
  [[nodiscard]] static Result<std::unique_ptr<Detection>> begin(suggest::Engine& engine, const Options& options,
                                                                std::string_view utterance);
  Detection(const Detection&) = delete;
  Detection& operator=(const Detection&) = delete;
  ~Detection() override;

  [[nodiscard]] std::size_t demand() const override { return 1; }
  [[nodiscard]] Result<> gather(std::size_t room, std::vector<nn::Row>& rows) override;
  void take(std::span<float> logits) override;
  [[nodiscard]] std::size_t n_growing() const override { return stage_ == Stage::writing && !logits_.empty() ? 1 : 0; }
  void grow(std::size_t text, std::size_t thread) override;
  void settle() override;
  [[nodiscard]] bool is_done() const override { return stage_ == Stage::done; }

  // When it is done. load_ms is left to the caller.
  [[nodiscard]] Intent answer() const;

 private:
  // The utterance and the four goals behind it are computed in one go; then the category; then the rest is written.
  enum class Stage { reading, categorizing, writing, done };
  using Clock = std::chrono::steady_clock;

  Detection(suggest::Engine& engine, const Options& options, std::string_view utterance)
      : engine_(engine), options_(options), utterance_(utterance) {}
  Result<> plant();
  void weigh();

  suggest::Engine& engine_;
  const Options& options_;
  std::string utterance_;
  Stage stage_ = Stage::reading;
  nn::NodeId root_ = nn::no_node;
  std::vector<nn::NodeId> branches_;  // one a goal
  suggest::Prefill prefill_;
  std::vector<float> read_;  // [1 + goals, n_output]: behind the utterance, and behind each goal
  std::vector<double> of_goals_, of_categories_;
  std::size_t goal_ = 0, category_ = 0;
  std::string head_, text_;
  std::span<float> logits_;  // [n_output] of the token that comes next
  text::TokenId last_ = -1;
  int n_tokens_ = 0;
  double log_likelihood_ = 0;
  bool ended_ = false;
  Clock::time_point begin_ = Clock::now();
  double total_ms_ = 0;
};

}  // namespace updraft::intent
