#include "eval/probe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "decode/sampler.h"
#include "suggest/lengths.h"
#include "text/words.h"
#include "updraft/suggest.h"

namespace updraft::eval {
namespace {

using text::TokenId;

constexpr int max_command = 8;  // tokens

double log_sum_exp(std::span<const float> x) {
  const float largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const float value : x) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

}  // namespace

Probe::Probe(suggest::Engine& engine)
    : engine_(engine),
      tree_(engine.model->weights.config,
            static_cast<int>(max_intent_bytes) + 1 + max_suggestions * (max_command + max_tokens + 1),
            1 + max_suggestions) {}

Result<> Probe::set_intent(std::string_view intent) {
  tree_.reset();
  const auto root = tree_.add(nn::no_node);
  if (!root) return tl::unexpected(root.error());
  intent_ = *root;
  rows_.clear();
  for (const TokenId token : engine_.encoder.prefix(engine_.tokenizer, intent))
    rows_.push_back({token, intent_, false});
  return engine_.transformer.forward(tree_, rows_, {});
}

Result<> Probe::score(Task task, std::string_view prompt, Loss& loss) {
  std::vector<TokenId> targets = engine_.tokenizer.encode(prompt);
  if (targets.size() > static_cast<std::size_t>(max_tokens)) return {};
  const auto node = tree_.add(intent_);
  if (!node) return tl::unexpected(node.error());
  const int words = static_cast<int>(text::count_words(prompt));
  rows_.clear();
  for (const TokenId token : engine_.encoder.command({task, words, suggest::best_return}))
    rows_.push_back({token, *node, false});
  rows_.back().wants_logits = true;
  for (const TokenId token : targets) rows_.push_back({token, *node, true});
  targets.push_back(engine_.tokenizer.eos());

  const nn::Weights& weights = engine_.model->weights;
  const auto n_output = static_cast<std::size_t>(weights.n_output());
  logits_.resize(targets.size() * n_output);
  const auto done = engine_.transformer.forward(tree_, rows_, logits_);
  tree_.release(*node);
  if (!done) return done;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::int32_t index = weights.output_index[static_cast<std::size_t>(targets[i])];
    if (index < 0) {
      ++loss.n_outside;
      continue;
    }
    const auto row = std::span<const float>(logits_).subspan(i * n_output, n_output);
    loss.a_token.add(log_sum_exp(row) - row[static_cast<std::size_t>(index)]);
  }
  return {};
}

Result<> Probe::score(Task task, std::span<const std::string> prompts, Loss& loss) {
  for (const std::string& prompt : prompts) {
    if (auto done = score(task, std::string_view(prompt), loss); !done) return done;
  }
  return {};
}

std::vector<suggest::Command> commands_of(Task task, int n) {
  std::vector<suggest::Command> commands;
  for (const int words : suggest::plan_words(task, std::nullopt, n))
    commands.push_back({task, words, suggest::best_return});
  return commands;
}

Result<std::vector<Draw>> Probe::draw(std::span<const suggest::Command> commands, std::uint64_t seed) {
  struct Stream {
    nn::NodeId node;
    decode::Path path;
    std::size_t draw;  // which of the draws it writes
    int n_tokens = 0;
  };
  std::vector<Draw> draws;
  std::vector<Stream> streams;
  rows_.clear();
  for (const suggest::Command& command : commands) {
    const auto node = tree_.add(intent_);
    if (!node) return tl::unexpected(node.error());
    for (const TokenId token : engine_.encoder.command(command)) rows_.push_back({token, *node, false});
    rows_.back().wants_logits = true;
    auto random = decode::Random::of(seed, static_cast<std::uint64_t>(command.task), draws.size());
    const double point = random.uniform();
    streams.push_back({*node, decode::Path(point, random), draws.size()});
    draws.push_back({command, {}});
  }

  const nn::Weights& weights = engine_.model->weights;
  const auto n_output = static_cast<std::size_t>(weights.n_output());
  std::vector<decode::Candidate> candidates;
  while (!streams.empty()) {
    logits_.resize(streams.size() * n_output);
    if (auto done = engine_.transformer.forward(tree_, rows_, logits_); !done) return tl::unexpected(done.error());
    rows_.clear();
    for (std::size_t i = 0; i < streams.size(); ++i) {
      Stream& stream = streams[i];
      const auto row = std::span(logits_).subspan(i * n_output, n_output);
      for (const std::size_t index : engine_.never) row[index] = -std::numeric_limits<float>::infinity();
      decode::find_candidates(*weights.kernels, row, {}, candidates);
      const auto index = static_cast<std::size_t>(candidates[stream.path.next(candidates)].index);
      const bool full =
          ++stream.n_tokens > max_tokens || tree_.next_position(stream.node) >= weights.config.context_length;
      if (index == engine_.eos || full) {
        tree_.release(stream.node);
        stream.node = nn::no_node;
        continue;
      }
      const TokenId token = weights.output_tokens[index];
      draws[stream.draw].text += engine_.tokenizer.bytes(token);
      rows_.push_back({token, stream.node, true});
    }
    std::erase_if(streams, [](const Stream& stream) { return stream.node == nn::no_node; });
  }
  return draws;
}

}  // namespace updraft::eval
