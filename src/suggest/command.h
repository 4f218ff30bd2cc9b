// The UDRL command (arXiv 1912.02875; for prompts: arXiv 2502.09854, section 3): the outcome that is wanted, as input
// of the model.
//
//     <bos> intent <|task|> words return <|prompt|> prompt-text <eos>
//
// `words` is written in decimal digits, `return` as one digit. The intent stands first, so that all tasks and all
// suggestions of a request share its KV prefix.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft::suggest {

inline constexpr int best_return = 9;

struct Command {
  Task task = Task::query;
  int words = 4;          // 1..99
  int ret = best_return;  // return bucket, 0..9: ask for the best
};

// Asks what an utterance means (src/intent). How long the answer shall be is not known before it is.
inline constexpr Command understanding_command = {Task::intent, 1, best_return};

// The ids that the sequence above is built with; found once in a model's tokenizer.
class CommandEncoder {
 public:
  // Errors: unsupported, when the model has no control tokens (it was not trained by updraft).
  [[nodiscard]] static Result<CommandEncoder> from(const text::Tokenizer& tokenizer);
  // With the control tokens given, in the order of control_token_names(): for training, which renames them only on
  // export.
  [[nodiscard]] static Result<CommandEncoder> from(const text::Tokenizer& tokenizer,
                                                   std::span<const text::TokenId> controls);

  // <bos> intent
  [[nodiscard]] std::vector<text::TokenId> prefix(const text::Tokenizer& tokenizer, std::string_view intent) const;
  // <|task|> words return <|prompt|>
  [[nodiscard]] std::vector<text::TokenId> command(const Command& command) const;

  // The same, but its commands tell the task alone: <|task|> <|prompt|>. For finding out what words and return are
  // worth.
  [[nodiscard]] CommandEncoder task_only() const;

 private:
  text::TokenId bos_ = -1, prompt_ = -1;
  std::array<text::TokenId, task_count> task_{};
  std::array<text::TokenId, 10> digit_{};
  bool task_only_ = false;
};

// The control tokens' texts, in the order in which training assigns them to unused special tokens.
[[nodiscard]] std::span<const std::string_view> control_token_names();

}  // namespace updraft::suggest
