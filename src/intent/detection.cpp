#include "intent/detection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "corpus/rules.h"
#include "intent/confidence.h"
#include "intent/grammar.h"
#include "intent/language.h"
#include "intent/own_words.h"
#include "intent/stated.h"
#include "intent/understanding.h"
#include "text/ascii.h"
#include "text/typed.h"

namespace updraft::intent {
namespace {

using text::TokenId;

constexpr int max_tokens = 96;            // of an answer; the corpus' longest have 70
constexpr std::size_t most_foreseen = 2;  // one more costs a tenth of a pass
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

// What came the last time behind the same two tokens, else behind the same one: an answer repeats much of what was
// typed, and of itself.
std::vector<TokenId> foresee(std::span<const TokenId> tokens) {
  for (const std::size_t same : {std::size_t{2}, std::size_t{1}}) {
    if (tokens.size() <= same) continue;
    const auto end = tokens.last(same);
    const auto found = std::find_end(tokens.begin(), tokens.end() - 1, end.begin(), end.end());
    if (found == tokens.end() - 1) continue;
    const auto next = found + static_cast<std::ptrdiff_t>(same);
    const auto n = std::min(most_foreseen, static_cast<std::size_t>(tokens.end() - next));
    return {next, next + static_cast<std::ptrdiff_t>(n)};
  }
  return {};
}

// The facet that most often comes behind those of an answer that goes on with one more; empty: there is none.
std::string_view usual_facet(std::string_view answer) {
  using Pair = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Pair, 6> usual = {Pair{"format", "subject"}, {"occasion", "subject"}, {"subject", "style"},
                                         {"style", "colors"},       {"mood", "colors"},      {"colors", "audience"}};
  const std::size_t last = answer.rfind("; ");
  if (last == std::string_view::npos) return "format";
  const std::string_view facet = answer.substr(last + 2);
  const auto found =
      std::find_if(usual.begin(), usual.end(), [&](const Pair& pair) { return facet.starts_with(pair.first); });
  return found == usual.end() ? "" : found->second;
}

}  // namespace

std::string quiet(std::string_view text) {
  const auto of = [&](char first, char last) {
    return std::count_if(text.begin(), text.end(), [&](char c) { return c >= first && c <= last; });
  };
  return of('A', 'Z') > of('a', 'z') ? text::lower_case(std::string(text)) : std::string(text);
}

Result<Options> Options::of(const suggest::Engine& engine, const std::filesystem::path& model) {
  auto goals = options_of(engine, corpus::goals, "");
  if (!goals) return tl::unexpected(goals.error());
  auto categories = options_of(engine, category_words(), " ");
  if (!categories) return tl::unexpected(categories.error());
  auto lexicon = reward::Lexicon::beside(model);
  if (!lexicon) return tl::unexpected(lexicon.error());
  return Options{*std::move(goals), *std::move(categories), *std::move(lexicon)};
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
  tokens_ = engine_.tokenizer.encode(' ' + utterance_);  // with a space, as words begin inside of an answer
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
    const int position = engine_.tree.next_position(branches_[goal_]);
    if (text_.ends_with(';')) {
      const std::string_view facet = usual_facet(text_);
      foreseen_ = facet.empty() ? std::vector<TokenId>() : engine_.tokenizer.encode(std::string(" ").append(facet));
    } else {
      foreseen_ = foresee(tokens_);
    }
    const auto room = static_cast<std::size_t>(engine_.model->weights.config.context_length - 1 - position);
    foreseen_.resize(std::min(foreseen_.size(), room));
    rows.push_back({tokens_.back(), branches_[goal_], true});
    for (const TokenId token : foreseen_) rows.push_back({token, branches_[goal_], true});
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
  for (const Option* option : {&options_.goals[goal_], &options_.categories[category_]}) {
    tokens_.insert(tokens_.end(), option->tokens.begin(), option->tokens.end());
  }
  stage_ = Stage::categorizing;
}

bool Detection::write(std::span<const float> logits) {
  const nn::Weights& weights = engine_.model->weights;
  std::string longer;
  const auto is_allowed = [&](std::size_t token) {
    if (token == engine_.eos) return standing(text_) == Standing::whole;
    const std::string_view bytes = engine_.tokenizer.bytes(weights.output_tokens[token]);
    longer = text_ + std::string(bytes);
    return !bytes.empty() && standing(longer) != Standing::outside;
  };
  const auto likeliest_of_all = std::max_element(logits.begin(), logits.end());
  auto chosen = static_cast<std::size_t>(likeliest_of_all - logits.begin());
  if (!is_allowed(chosen)) {  // nearly always it is
    const auto less_likely = [&](std::size_t a, std::size_t b) { return logits[a] < logits[b]; };
    std::vector<std::size_t> others(logits.size());
    std::iota(others.begin(), others.end(), std::size_t{0});
    std::make_heap(others.begin(), others.end(), less_likely);
    do {
      if (others.empty()) return false;
      std::pop_heap(others.begin(), others.end(), less_likely);
      chosen = others.back();
      others.pop_back();
    } while (!is_allowed(chosen));
  }
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - *likeliest_of_all);
  log_likelihood_ += logits[chosen] - *likeliest_of_all - std::log(sum);
  ++n_tokens_;
  if (chosen == engine_.eos || n_tokens_ == max_tokens) return false;
  text_ = std::move(longer);
  tokens_.push_back(weights.output_tokens[chosen]);
  return true;
}

// As far as what was foreseen is what follows, the next token's logits are there already.
void Detection::grow(std::size_t /*text*/, std::size_t /*thread*/) {
  const std::size_t n_output = logits_.size() / (1 + foreseen_.size());
  n_right_ = 0;
  while (write(logits_.subspan(n_right_ * n_output, n_output))) {
    if (n_right_ == foreseen_.size() || tokens_.back() != foreseen_[n_right_]) return;
    ++n_right_;
  }
  ended_ = true;
}

void Detection::settle() {
  if (stage_ == Stage::writing) {
    const nn::NodeId node = branches_[goal_];
    engine_.tree.truncate(node, engine_.tree.length(node) - static_cast<int>(foreseen_.size() - n_right_));
    ended_ = ended_ || engine_.tree.next_position(node) >= engine_.model->weights.config.context_length;
  }
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
  const reward::Lexicon* lexicon = options_.lexicon ? &*options_.lexicon : nullptr;
  const Signs signs = signs_of(engine_.tokenizer, lexicon, utterance_, result);
  result.signs.assign(signs.begin(), signs.end());
  result.confidence = understanding ? confidence(signs) : 0;
  if (lexicon != nullptr) {
    result.text = in_own_words(*lexicon, utterance_, std::move(result.text));
    for (Facet& facet : result.facets) facet.value = in_own_words(*lexicon, utterance_, std::move(facet.value));
  }
  if (result.confidence < least_confidence) {
    result.text = typed_;
    result.facets.clear();
  }
  keep_stated(typed_, result);
  result.language = language_of(utterance_);
  result.total_ms = total_ms_;
  return result;
}

}  // namespace updraft::intent
