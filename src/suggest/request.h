// One request for suggestions. More texts are drawn than are shown, and the best that differ are chosen (choice.h). All
// of them grow together: the intent is the root of a tree in the engine's KvTree, each command a child of it, each text
// a leaf.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/sampler.h"
#include "suggest/choice.h"
#include "suggest/decoding.h"
#include "suggest/engine.h"
#include "updraft/suggest.h"

namespace updraft::suggest {

class Request final : public Decoding {
 public:
  // The intent and its commands, written by `encoder` (the engine's, or one that tells the task alone), stand in the
  // tree then. Without a scorer, the likeliest drafts are shown. Engine, tasks and scorer must outlive the request.
  // Errors: invalid_argument (no room in the tree or in the model's context).
  [[nodiscard]] static Result<std::unique_ptr<Request>> begin(Engine& engine, const CommandEncoder& encoder,
                                                              std::string_view intent,
                                                              std::span<const SuggestOptions> tasks,
                                                              const reward::Scorer* scorer);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  // Gives back its place in the tree.
  ~Request() override;

  [[nodiscard]] std::size_t demand() const override {
    return std::max<std::size_t>(1, std::min(most_growing(), waiting_.size() + streams_.size()));
  }
  [[nodiscard]] Result<> gather(std::size_t room, std::vector<nn::Row>& rows) override;
  void take(std::span<float> logits) override;
  [[nodiscard]] std::size_t n_growing() const override { return streams_.size(); }
  void grow(std::size_t text, std::size_t thread) override;
  void settle() override;
  [[nodiscard]] bool is_done() const override { return has_begun() && waiting_.empty() && streams_.empty(); }

  // Held, only some texts of its first task grow: for an intent of which it is not known yet whether it is meant.
  void hold(bool held) { is_held_ = held; }

  // The intent and a command are computed.
  [[nodiscard]] bool has_begun() const { return n_prefilled_ > 0; }

  // A text as far as it has grown.
  struct Growing {
    std::size_t task = 0;   // index into the request
    std::size_t index = 0;  // among the task's candidates, 0 .. n * candidates - 1
    std::string_view text;  // until the next step
  };
  [[nodiscard]] std::vector<Growing> growing() const;

  // Whether all that a task (its index) shall have is drawn, while others may still grow; and what is chosen of it.
  [[nodiscard]] bool is_done(std::size_t task) const { return has_begun() && drafts_[task].n_open == 0; }
  [[nodiscard]] Suggestions answer(std::size_t task);
  // One answer a task, when it is done. Timings are those of the whole request, up to now; load_ms is left to the
  // caller.
  [[nodiscard]] std::vector<Suggestions> answer();
  [[nodiscard]] Timings timings() const;

 private:
  using Clock = std::chrono::steady_clock;

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
  enum class Step { grown, finished, failed };
  // A text that grows.
  struct Stream {
    Slot slot;
    nn::NodeId node = nn::no_node;
    decode::Path path;
    std::string text;
    text::TokenId last = -1;
    int n_tokens = 0;
    double log_probability = 0;
    std::span<float> logits = {};  // [n_output], of the token that comes next
    Step step = Step::grown;       // the latest
  };
  // What was drawn for a task, in rounds: when all texts of a round have ended, they are looked through in the order of
  // their slots, so that it makes no difference which ended first.
  struct Drafts {
    std::vector<Draft> found;
    std::set<std::string> seen;  // alike_key of those
    std::vector<Stream> ended;   // in this round; without text where it came to no end
    std::size_t n_open = 0;      // texts of this round that still grow, or wait
  };

  Request(Engine& engine, std::string_view intent, std::span<const SuggestOptions> tasks, const reward::Scorer* scorer)
      : engine_(engine), scorer_(scorer), intent_(intent), tasks_(tasks), drafts_(tasks.size()) {}
  Result<> plant(const CommandEncoder& encoder);
  Result<> start(Slot slot);
  static constexpr std::size_t max_held = 4;  // texts that grow
  [[nodiscard]] std::size_t most_growing() const {
    return is_held_ ? max_held : std::numeric_limits<std::size_t>::max();
  }
  Step grow(Stream& stream, std::size_t thread) const;
  void settle(Stream& stream);
  void end_round(std::size_t task);
  [[nodiscard]] std::size_t next_branch(const Slot& slot) const;  // another length of the same task, if there is one
  [[nodiscard]] Suggestions chosen(std::size_t task) const;

  Engine& engine_;
  const reward::Scorer* scorer_;
  std::string intent_;
  std::span<const SuggestOptions> tasks_;
  nn::NodeId root_ = nn::no_node;
  Prefill prefill_;  // the intent and all commands, those of a task a part
  bool is_held_ = false;
  std::vector<Branch> branches_;
  std::size_t n_prefilled_ = 0;  // branches whose logits are known
  std::size_t n_reading_ = 0;    // branches whose logits come with this step
  std::deque<Slot> waiting_;
  std::vector<Stream> streams_;
  std::size_t n_old_ = 0;            // of the streams; those behind them start in this step
  std::vector<float> first_logits_;  // [streams that start, n_output]
  std::vector<Drafts> drafts_;       // by task
  Timings timings_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point step_begin_ = begin_;
  double prefill_share_ = 0;  // of this step's rows
};

}  // namespace updraft::suggest
