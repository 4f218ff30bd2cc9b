#include "bench/engine.h"

#include <array>

#include "bench/value.h"
#include "nn/transformer.h"
#include "suggest/command.h"
#include "text/tokenizer.h"

namespace updraft::bench {
namespace {

class Engine {
 public:
  Engine(const std::filesystem::path& path, int threads, bool whole_vocabulary)
      : pool_(threads),
        model_(value(nn::Model::load(path, pool_, {.whole_vocabulary = whole_vocabulary}))),
        tokenizer_(value(text::Tokenizer::from(model_.file))),
        transformer_(model_.weights, pool_, prefill_tokens),
        tree_(model_.weights.config, context, suggestions + 1),
        logits_(std::size_t{suggestions} * static_cast<std::size_t>(transformer_.n_output())) {}

  [[nodiscard]] std::vector<std::int32_t> tokenize(std::string_view text) const { return tokenizer_.encode(text); }
  [[nodiscard]] std::vector<std::int32_t> command() const {
    const auto encoder = suggest::CommandEncoder::from(tokenizer_);
    return encoder ? encoder->command({Task::image, 60, 9}) : std::vector<std::int32_t>();  // command_text
  }
  [[nodiscard]] int n_output() const { return transformer_.n_output(); }

  void forget() {
    tree_.reset();
    root_ = value(tree_.add(nn::no_node));
  }

  // The last token's logits are kept.
  void prefill(std::span<const std::int32_t> ids) {
    std::vector<nn::Row> rows(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) rows[i] = {ids[i], root_, i + 1 == ids.size()};
    forward(rows, 1);
  }

  [[nodiscard]] std::int32_t greedy(int row) const { return model_.weights.output_tokens[best_token(logits_of(row))]; }

  std::vector<std::int32_t> decode() {
    std::vector<std::int32_t> ids;
    std::int32_t token = greedy(0);
    for (int i = 0; i < decode_tokens; ++i) {
      ids.push_back(token);
      forward(std::array{nn::Row{token, root_, true}}, 1);
      token = greedy(0);
    }
    return ids;
  }

  // The suggestions begin with the best tokens behind the prompt, one each, and go on greedily.
  void suggest(std::span<const std::int32_t> ids) {
    prefill(ids);
    const std::vector<std::int32_t> first = best_tokens(logits_of(0), suggestions);
    std::array<nn::Row, suggestions> rows;
    for (int i = 0; i < suggestions; ++i)
      rows[i] = {model_.weights.output_tokens[first[i]], value(tree_.add(root_)), true};
    for (int step = 0; step + 1 < suggestion_tokens; ++step) {
      forward(rows, suggestions);
      for (int i = 0; i < suggestions; ++i) rows[i].token = greedy(i);
    }
  }

  // Each user's tree has one node: nothing is shared.
  void make_room_for_users() {
    tree_ = nn::KvTree(model_.weights.config, users * (prompt_tokens + user_tokens), users);
    logits_.resize(std::size_t{users} * static_cast<std::size_t>(n_output()));
  }
  void read_users(std::span<const std::vector<std::int32_t>> prompts) {
    tree_.reset();
    for (int user = 0; user < users; ++user) {
      root_ = value(tree_.add(nn::no_node));
      prefill(prompts[user]);
      rows_of_users_[user] = {greedy(0), root_, true};
    }
  }
  void decode_users() {
    for (int step = 0; step < user_tokens; ++step) {
      forward(rows_of_users_, users);
      for (int user = 0; user < users; ++user) rows_of_users_[user].token = greedy(user);
    }
  }

 private:
  static constexpr int context = 256;  // tokens, as the peer's

  [[nodiscard]] std::span<const float> logits_of(int row) const {
    const auto n = static_cast<std::size_t>(n_output());
    return std::span(logits_).subspan(static_cast<std::size_t>(row) * n, n);
  }
  void forward(std::span<const nn::Row> rows, int n_logits) {
    const std::size_t size = static_cast<std::size_t>(n_logits) * static_cast<std::size_t>(n_output());
    value(transformer_.forward(tree_, rows, std::span(logits_).first(size)));
  }

  kernels::ThreadPool pool_;
  nn::Model model_;
  text::Tokenizer tokenizer_;
  nn::Transformer transformer_;
  nn::KvTree tree_;
  nn::NodeId root_ = nn::no_node;
  std::vector<float> logits_;  // [suggestions or users, n_output]
  std::array<nn::Row, users> rows_of_users_;
};

Measurement measure(const std::filesystem::path& path, int threads, bool whole_vocabulary) {
  Measurement m;
  const double start = now_ms();
  Engine engine(path, threads, whole_vocabulary);
  const std::vector<std::int32_t> text = engine.tokenize(prompt_text);
  const std::vector<std::int32_t> command = engine.command();
  const std::vector<std::int32_t> ids = prompt(text, command, prompt_tokens);
  engine.forget();
  engine.prefill(ids);
  static_cast<void>(engine.greedy(0));
  m.load_ms = now_ms() - start;
  m.n_output = engine.n_output();

  const auto ready = [&] {
    engine.forget();
    engine.prefill(ids);
  };
  m.decode_ms = time_ms(ready, [&] { m.decoded = engine.decode(); });
  const auto empty = [&] { engine.forget(); };
  m.suggest_ms = time_ms(empty, [&] { engine.suggest(ids); });
  const std::vector<std::int32_t> long_prompt = prompt(text, command, prefill_tokens);
  m.prefill_ms = time_ms(empty, [&] { engine.prefill(long_prompt); });
  m.peak_rss_mb = peak_rss_mb();

  const auto prompts = prompts_of_users(text, command);
  engine.make_room_for_users();
  m.users_ms = time_ms([&] { engine.read_users(prompts); }, [&] { engine.decode_users(); });
  return m;
}

}  // namespace

Result<Measurement> measure_engine(const std::filesystem::path& path, int threads, bool whole_vocabulary) {
  try {
    return measure(path, threads, whole_vocabulary);
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, error.what());
  }
}

}  // namespace updraft::bench
