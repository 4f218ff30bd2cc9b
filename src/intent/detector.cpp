#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include "corpus/rules.h"
#include "intent/grammar.h"
#include "intent/understanding.h"
#include "suggest/engine.h"
#include "text/typed.h"
#include "updraft/intent.h"

namespace updraft {
namespace {

using text::TokenId;
using Clock = std::chrono::steady_clock;

constexpr int max_tokens = 96;  // of an answer; the corpus' longest have 70
constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// A word that the model may be asked to choose, by the first of its tokens: no two words of a list share it.
struct Option {
  std::vector<TokenId> tokens;
  std::size_t logit = 0;  // of the first
};

Result<std::vector<Option>> options_of(const suggest::Engine& engine, std::span<const std::string_view> words,
                                       std::string_view before) {
  std::vector<Option> options;
  for (const std::string_view word : words) {
    Option option{engine.tokenizer.encode(std::string(before).append(word)), 0};
    const auto logit = engine.model->weights.output_index[static_cast<std::size_t>(option.tokens.front())];
    const bool taken = std::any_of(options.begin(), options.end(),
                                   [&](const Option& other) { return other.tokens.front() == option.tokens.front(); });
    if (logit < 0 || taken) {
      return fail(ErrorCode::unsupported, "the model cannot tell '" + std::string(word) +
                                              "' by one token; it was not trained to understand what people type");
    }
    option.logit = static_cast<std::size_t>(logit);
    options.push_back(std::move(option));
  }
  return options;
}

// Among the options alone, how likely each is.
std::vector<double> shares(std::span<const Option> options, std::span<const float> logits) {
  float highest = minus_infinity;
  for (const Option& option : options) highest = std::max(highest, logits[option.logit]);
  std::vector<double> shares;
  double sum = 0;
  for (const Option& option : options) sum += shares.emplace_back(std::exp(logits[option.logit] - highest));
  for (double& share : shares) share /= sum;
  return shares;
}

std::size_t likeliest(std::span<const double> shares) {
  return static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
}

std::vector<Share> named(std::span<const std::string_view> names, std::span<const double> probabilities) {
  std::vector<Share> shares;
  for (std::size_t i = 0; i < names.size(); ++i) shares.push_back({std::string(names[i]), probabilities[i]});
  std::stable_sort(shares.begin(), shares.end(),
                   [](const Share& a, const Share& b) { return a.probability > b.probability; });
  return shares;
}

}  // namespace

struct IntentDetector::State {
  std::unique_ptr<suggest::Engine> engine;
  std::vector<Option> goals, categories;  // in the order of corpus::goals and corpus::categories
  double load_ms = 0;
  std::mutex mutex;

  Result<std::vector<float>> forward(std::span<const nn::Row> rows, std::size_t n_wanted);
  Result<Intent> detect(std::string_view utterance);
  Result<double> write(nn::NodeId node, std::vector<float> logits, std::string& text);
};

Result<std::vector<float>> IntentDetector::State::forward(std::span<const nn::Row> rows, std::size_t n_wanted) {
  std::vector<float> logits(n_wanted * static_cast<std::size_t>(engine->transformer.n_output()));
  if (auto done = engine->transformer.forward(engine->tree, rows, logits); !done) return tl::unexpected(done.error());
  return logits;
}

// Carries `text` on, always by the likeliest token that the grammar allows. Gives the mean likelihood of a token.
Result<double> IntentDetector::State::write(nn::NodeId node, std::vector<float> logits, std::string& text) {
  using intent::Standing;
  const nn::Weights& weights = engine->model->weights;
  double log_likelihood = 0;
  int n_tokens = 0;
  for (;;) {
    const float highest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - highest);
    std::size_t chosen = 0;
    std::string longer;
    for (bool found = false; !found;) {
      chosen = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
      if (logits[chosen] == minus_infinity) return std::exp(log_likelihood / std::max(1, n_tokens));
      if (chosen == engine->eos) {
        found = intent::standing(text) == Standing::whole;
      } else {
        const std::string_view bytes = engine->tokenizer.bytes(weights.output_tokens[chosen]);
        longer = text + std::string(bytes);
        found = !bytes.empty() && intent::standing(longer) != Standing::outside;
      }
      if (!found) logits[chosen] = minus_infinity;
    }
    log_likelihood += logits[chosen] - highest - std::log(sum);
    ++n_tokens;
    const bool room = engine->tree.next_position(node) < weights.config.context_length;
    if (chosen == engine->eos || n_tokens == max_tokens || !room) return std::exp(log_likelihood / n_tokens);
    text = std::move(longer);
    const nn::Row row{weights.output_tokens[chosen], node, true};
    auto next = forward({&row, 1}, 1);
    if (!next) return tl::unexpected(next.error());
    logits = *std::move(next);
  }
}

Result<Intent> IntentDetector::State::detect(std::string_view utterance) {
  engine->tree.reset();
  const auto root = engine->tree.add(nn::no_node);
  if (!root) return tl::unexpected(root.error());
  std::vector<nn::Row> rows;
  const auto append = [&](nn::NodeId node, const std::vector<TokenId>& tokens) {
    for (const TokenId token : tokens) rows.push_back({token, node, false});
  };
  append(*root, engine->encoder.prefix(engine->tokenizer, utterance));
  append(*root, engine->encoder.command(suggest::understanding_command));
  rows.back().wants_logits = true;
  const auto first = forward(rows, 1);
  if (!first) return tl::unexpected(first.error());
  const std::vector<double> of_goals = shares(goals, *first);

  // What each goal leads to, in one batch: a category is as likely as it is behind all of them.
  rows.clear();
  std::vector<nn::NodeId> nodes;
  for (const Option& goal : goals) {
    const auto node = engine->tree.add(*root);
    if (!node) return tl::unexpected(node.error());
    append(*node, goal.tokens);
    rows.back().wants_logits = true;
    nodes.push_back(*node);
  }
  const auto behind = forward(rows, goals.size());
  if (!behind) return tl::unexpected(behind.error());
  const std::size_t n_output = behind->size() / goals.size();
  std::vector<double> of_categories(categories.size());
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const auto given = shares(categories, std::span(*behind).subspan(g * n_output, n_output));
    for (std::size_t c = 0; c < categories.size(); ++c) of_categories[c] += of_goals[g] * given[c];
  }

  const std::size_t goal = likeliest(of_goals), category = likeliest(of_categories);
  const nn::NodeId node = nodes[goal];
  rows.clear();
  append(node, categories[category].tokens);
  rows.back().wants_logits = true;
  auto logits = forward(rows, 1);
  if (!logits) return tl::unexpected(logits.error());
  const std::string head = std::string(corpus::goals[goal]) + ' ' + std::string(intent::category_words()[category]);
  std::string text = head;
  const auto likelihood = write(node, *std::move(logits), text);
  if (!likelihood) return tl::unexpected(likelihood.error());

  Intent result;
  result.goals = named(corpus::goals, of_goals);
  result.categories = named(corpus::categories, of_categories);
  result.likelihood = *likelihood;
  // An answer that ran out of room ends with its last whole part.
  auto understanding = intent::parse(text);
  while (!understanding && text.size() > head.size()) {
    text.resize(std::max(head.size(), text.find_last_of("; ")));
    understanding = intent::parse(text);
  }
  if (!understanding) return result;
  result.text = std::move(understanding->intent);
  for (corpus::Facet& facet : understanding->facets) {
    result.facets.push_back({std::move(facet.key), std::move(facet.value)});
  }
  return result;
}

IntentDetector::IntentDetector(std::unique_ptr<State> state) : state_(std::move(state)) {}
IntentDetector::IntentDetector(IntentDetector&&) noexcept = default;
IntentDetector& IntentDetector::operator=(IntentDetector&&) noexcept = default;
IntentDetector::~IntentDetector() = default;

Result<IntentDetector> IntentDetector::load(const std::filesystem::path& model, int threads) {
  const auto begin = Clock::now();
  auto engine = suggest::Engine::load(model, threads);
  if (!engine) return tl::unexpected(engine.error());
  auto goals = options_of(**engine, corpus::goals, "");
  if (!goals) return fail(goals.error().code, model.string() + ": " + goals.error().message);
  auto categories = options_of(**engine, intent::category_words(), " ");
  if (!categories) return fail(categories.error().code, model.string() + ": " + categories.error().message);
  auto state = std::make_unique<State>();
  state->engine = *std::move(engine);
  state->goals = *std::move(goals);
  state->categories = *std::move(categories);
  state->load_ms = milliseconds_since(begin);
  return IntentDetector(std::move(state));
}

Result<Intent> IntentDetector::detect(std::string_view utterance) const {
  if (auto checked = text::check_typed("utterance", utterance, max_utterance_bytes); !checked)
    return tl::unexpected(checked.error());
  const std::lock_guard lock(state_->mutex);
  const auto begin = Clock::now();
  auto intent = state_->detect(utterance);
  if (!intent) return intent;
  intent->load_ms = state_->load_ms;
  intent->total_ms = milliseconds_since(begin);
  return intent;
}

}  // namespace updraft
