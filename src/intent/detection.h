// What an utterance means, as a decoding (suggest/decoding.h): beside suggestions and other utterances, or alone.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reward/lexicon.h"
#include "suggest/decoding.h"
#include "suggest/engine.h"
#include "updraft/intent.h"

namespace updraft::intent {

// A word that the model may be asked to choose, by the first of its tokens: no two words of a list share it.
struct Option {
  std::vector<text::TokenId> tokens;
  std::size_t logit = 0;  // of the first
};

// The goals and categories as a model's tokens, and the words that it may take for real.
struct Options {
  std::vector<Option> goals, categories;        // in the order of corpus::goals and corpus::categories
  std::optional<reward::Lexicon> lexicon = {};  // without: every word exists

  // With the words that lie beside the model's file (reward::Lexicon::beside). Errors: unsupported (the model was not
  // trained to understand what people type); those of the words.
  [[nodiscard]] static Result<Options> of(const suggest::Engine& engine, const std::filesystem::path& model);
};

// What is shouted, in lower case: a text of more capitals than small letters. Others as they are.
[[nodiscard]] std::string quiet(std::string_view text);

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
  // With each token that is written those are computed that likely follow it: where they do, a pass writes several.
  enum class Stage { reading, categorizing, writing, done };
  using Clock = std::chrono::steady_clock;

  Detection(suggest::Engine& engine, const Options& options, std::string_view utterance)
      : engine_(engine), options_(options), typed_(utterance), utterance_(quiet(utterance)) {}
  Result<> plant();
  void weigh();
  // Carries the text on by the likeliest token that the grammar allows; false: it ends.
  bool write(std::span<const float> logits);

  suggest::Engine& engine_;
  const Options& options_;
  std::string typed_, utterance_;  // as it was typed, and as it is read
  Stage stage_ = Stage::reading;
  nn::NodeId root_ = nn::no_node;
  std::vector<nn::NodeId> branches_;  // one a goal
  suggest::Prefill prefill_;
  std::vector<float> read_;  // [1 + goals, n_output]: behind the utterance, and behind each goal
  std::vector<double> of_goals_, of_categories_;
  std::size_t goal_ = 0, category_ = 0;
  std::string head_, text_;
  std::vector<text::TokenId> tokens_;    // typed, then written
  std::vector<text::TokenId> foreseen_;  // computed behind the last token, before it is known whether they follow
  std::size_t n_right_ = 0;              // of these, those that do
  std::span<float> logits_;  // [1 + foreseen, n_output]: of what comes behind the last token and each of these
  int n_tokens_ = 0;
  double log_likelihood_ = 0;
  bool ended_ = false;
  Clock::time_point begin_ = Clock::now();
  double total_ms_ = 0;
};

}  // namespace updraft::intent
