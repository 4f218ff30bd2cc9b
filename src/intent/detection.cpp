#include "intent/detection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "corpus/rules.h"
#include "intent/confidence.h"
#include "intent/grammar.h"
#include "intent/language.h"
#include "intent/stated.h"
#include "intent/understanding.h"
#include "text/typed.h"

namespace updraft::intent {
namespace {

using text::TokenId;

constexpr int max_tokens = 96;  // of an answer; the corpus' longest have 70
constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

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

Result<Options> Options::of(const suggest::Engine& engine) {
  auto goals = options_of(engine, corpus::goals, "");
  if (!goals) return tl::unexpected(goals.error());
  auto categories = options_of(engine, category_words(), " ");
  if (!categories) return tl::unexpected(categories.error());
  return Options{*std::move(goals), *std::move(categories)};
}

Result<std::unique_ptr<Detection>> Detection::begin(suggest::Engine& engine, const Options& options,
                                                    std::string_view utterance) {
  if (auto checked = text::check_typed("utterance", utterance, max_utterance_bytes); !checked)
    return tl::unexpected(checked.error());
  std::unique_ptr<Detection> detection(new Detection(engine, options, utterance));
  if (auto done = detection->plant(); !done) return tl::unexpected(done.error());
  return detection;
}

Detection::~Detection() {
  for (const nn::NodeId branch : branches_) engine_.tree.release(branch);
  if (root_ != nn::no_node) engine_.tree.release(root_);
}

// What each goal leads to is computed with the utterance itself: a category is as likely as it is behind all of them.
Result<> Detection::plant() {
  const auto append = [&](nn::NodeId node, const std::vector<TokenId>& tokens) {
    for (const TokenId token : tokens) prefill_.add({token, node, false});
  };
  const auto root = engine_.tree.add(nn::no_node);
  if (!root) return tl::unexpected(root.error());
  root_ = *root;
  append(root_, engine_.encoder.prefix(engine_.tokenizer, utterance_));
  append(root_, engine_.encoder.command(suggest::understanding_command));
  prefill_.back().wants_logits = true;
  const int context = engine_.model->weights.config.context_length;
  constexpr std::size_t max_head = 8;  // tokens of goal and category
  if (prefill_.size() + max_head > static_cast<std::size_t>(context)) {
    return fail(ErrorCode::invalid_argument,
                "the utterance is longer than the model's context of " + std::to_string(context) + " tokens");
  }
  for (const Option& goal : options_.goals) {
    const auto node = engine_.tree.add(root_);
    if (!node) return tl::unexpected(node.error());
    branches_.push_back(*node);
    append(*node, goal.tokens);
    prefill_.back().wants_logits = true;
  }
  return {};
}

Result<> Detection::gather(std::size_t /*room*/, std::vector<nn::Row>& rows) {
  if (stage_ == Stage::reading) {
    prefill_.gather(rows);
  } else if (stage_ == Stage::categorizing) {
    for (const TokenId token : options_.categories[category_].tokens) rows.push_back({token, branches_[goal_], false});
    rows.back().wants_logits = true;
  } else {
    rows.push_back({last_, branches_[goal_], true});
  }
  return {};
}

void Detection::take(std::span<float> logits) {
  if (stage_ == Stage::reading) {
    read_.insert(read_.end(), logits.begin(), logits.end());
    if (prefill_.is_done()) weigh();
    return;
  }
  stage_ = Stage::writing;
  logits_ = logits;
}

void Detection::weigh() {
  const std::size_t n_output = read_.size() / (1 + branches_.size());
  const auto logits = [&](std::size_t i) { return std::span<const float>(read_).subspan(i * n_output, n_output); };
  of_goals_ = shares(options_.goals, logits(0));
  of_categories_.assign(options_.categories.size(), 0);
  for (std::size_t g = 0; g < branches_.size(); ++g) {
    const auto given = shares(options_.categories, logits(1 + g));
    for (std::size_t c = 0; c < given.size(); ++c) of_categories_[c] += of_goals_[g] * given[c];
  }
  read_ = {};
  goal_ = likeliest(of_goals_);
  category_ = likeliest(of_categories_);
  head_ = std::string(corpus::goals[goal_]) + ' ' + std::string(category_words()[category_]);
  text_ = head_;
  stage_ = Stage::categorizing;
}

// Carries the text on by the likeliest token that the grammar allows.
void Detection::grow(std::size_t /*text*/, std::size_t /*thread*/) {
  const std::span<float> logits = logits_;
  const nn::Weights& weights = engine_.model->weights;
  const float highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::size_t chosen = 0;
  std::string longer;
  for (bool found = false; !found;) {
    chosen = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (logits[chosen] == minus_infinity) {
      ended_ = true;
      return;
    }
    if (chosen == engine_.eos) {
      found = standing(text_) == Standing::whole;
    } else {
      const std::string_view bytes = engine_.tokenizer.bytes(weights.output_tokens[chosen]);
      longer = text_ + std::string(bytes);
      found = !bytes.empty() && standing(longer) != Standing::outside;
    }
    if (!found) logits[chosen] = minus_infinity;
  }
  log_likelihood_ += logits[chosen] - highest - std::log(sum);
  ++n_tokens_;
  const bool room = engine_.tree.next_position(branches_[goal_]) < weights.config.context_length;
  if (chosen == engine_.eos || n_tokens_ == max_tokens || !room) {
    ended_ = true;
    return;
  }
  text_ = std::move(longer);
  last_ = weights.output_tokens[chosen];
}

void Detection::settle() {
  logits_ = {};
  if (!ended_) return;
  stage_ = Stage::done;
  total_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
}

Intent Detection::answer() const {
  Intent result;
  result.goals = named(corpus::goals, of_goals_);
  result.categories = named(corpus::categories, of_categories_);
  result.likelihood = std::exp(log_likelihood_ / std::max(1, n_tokens_));
  // An answer that ran out of room ends with its last whole part.
  std::string text = text_;
  auto understanding = parse(text);
  while (!understanding && text.size() > head_.size()) {
    text.resize(std::max(head_.size(), text.find_last_of("; ")));
    understanding = parse(text);
  }
  if (understanding) {
    result.text = std::move(understanding->intent);
    for (corpus::Facet& facet : understanding->facets) {
      result.facets.push_back({std::move(facet.key), std::move(facet.value)});
    }
  }
  const Signs signs = signs_of(engine_.tokenizer, utterance_, result);
  result.signs.assign(signs.begin(), signs.end());
  result.confidence = understanding ? confidence(signs) : 0;
  if (result.confidence < least_confidence) {
    result.text = utterance_;
    result.facets.clear();
  }
  keep_stated(utterance_, result);
  result.language = language_of(utterance_);
  result.total_ms = total_ms_;
  return result;
}

}  // namespace updraft::intent
