// One request for suggestions. More texts are drawn than are shown, and the best that differ are chosen (choice.h). All
// of them grow together, one batch a token: the intent is the root of a KvTree, each command a child of it, each text a
// leaf.
#pragma once

#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/sampler.h"
#include "suggest/choice.h"
#include "suggest/engine.h"
#include "updraft/suggest.h"

namespace updraft::suggest {

class Request {
 public:
  // Without a scorer, the likeliest drafts are shown. It must outlive the request.
  Request(Engine& engine, std::span<const SuggestOptions> tasks, const reward::Scorer* scorer)
      : engine_(engine), scorer_(scorer), tasks_(tasks), drafts_(tasks.size()) {}

  // One answer a task. Timings are those of the whole request; load_ms is left to the caller.
  [[nodiscard]] Result<std::vector<Suggestions>> answer(std::string_view intent);

 private:
  // A command: its node in the tree and the logits behind it, from which each of its texts starts.
  struct Branch {
    std::size_t task = 0;  // index into the request
    nn::NodeId node = nn::no_node;
    std::vector<float> logits;  // [n_output]
    int planned = 0;            // suggestions under this command
  };
  // A text to be drawn.
  struct Slot {
    std::size_t task = 0;  // index into the request
    std::size_t branch = 0;
    int index = 0;  // among the task's slots
    int draws = 0;
  };
  // A text that grows.
  struct Stream {
    Slot slot;
    nn::NodeId node = nn::no_node;
    decode::Path path;
    std::string text;
    text::TokenId last = -1;
    int n_tokens = 0;
    double log_probability = 0;
  };
  enum class Step { grown, finished, failed };
  // What was drawn for a task, in rounds: when all texts of a round have ended, they are looked through in the order of
  // their slots, so that it makes no difference which ended first.
  struct Drafts {
    std::vector<Draft> found;
    std::set<std::string> seen;  // alike_key of those
    std::vector<Stream> ended;   // in this round; without text where it came to no end
    std::size_t n_open = 0;      // texts of this round that still grow, or wait
  };

  Result<> prefill(std::string_view intent);
  Result<> start(Slot slot);
  Step grow(Stream& stream, std::span<float> logits, std::size_t thread);
  void settle(Stream& stream, Step step);
  void end_round(std::size_t task);
  [[nodiscard]] std::size_t next_branch(const Slot& slot) const;  // another length of the same task, if there is one
  [[nodiscard]] Suggestions chosen(std::string_view intent, std::size_t task) const;

  Engine& engine_;
  const reward::Scorer* scorer_;
  std::span<const SuggestOptions> tasks_;
  std::string intent_key_;
  std::vector<Branch> branches_;
  std::deque<Slot> waiting_;
  std::vector<Stream> streams_;
  std::vector<Drafts> drafts_;  // by task
  Timings timings_;
};

}  // namespace updraft::suggest
