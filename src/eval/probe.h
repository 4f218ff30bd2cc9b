// The model as it is, without what a request does to make the best of it: how likely it finds given prompts, and what
// it writes when nothing is forced.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/metrics.h"
#include "nn/kv_tree.h"
#include "suggest/engine.h"
#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::eval {

// A text and the command that it was written under.
struct Draw {
  suggest::Command command;
  std::string text;
};

// The commands that a request for n suggestions uses.
[[nodiscard]] std::vector<suggest::Command> commands_of(Task task, int n);

class Probe {
 public:
  // The engine must outlive it.
  explicit Probe(suggest::Engine& engine);

  // All that follows is about this intent. Errors: invalid_argument (longer than the model's context).
  [[nodiscard]] Result<> set_intent(std::string_view intent);

  // Adds -log p of each token of the prompt, its end included, under the command that the prompt fulfils, among the
  // tokens of the shortlist. Tokens that are not in it have no probability; they are left out, and counted.
  // Prompts of more than max_tokens tokens are left out as a whole.
  struct Loss {
    Mean a_token;
    std::size_t n_outside = 0;  // of the shortlist
  };
  [[nodiscard]] Result<> score(Task task, std::string_view prompt, Loss& loss);

  [[nodiscard]] Result<> score(Task task, std::span<const std::string> prompts, Loss& loss);

  // One ordinary sample at the default temperature under each command, at most max_suggestions. The word count stands
  // in the command and nowhere else; nothing is drawn again. A text that does not end is cut at max_tokens tokens or
  // where the context ends.
  [[nodiscard]] Result<std::vector<Draw>> draw(std::span<const suggest::Command> commands, std::uint64_t seed);

  static constexpr int max_tokens = 256;  // of a text

 private:
  suggest::Engine& engine_;
  nn::KvTree tree_;
  nn::NodeId intent_ = nn::no_node;
  std::vector<nn::Row> rows_;
  std::vector<float> logits_;
};

}  // namespace updraft::eval
