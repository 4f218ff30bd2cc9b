#include "suggest/request.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "suggest/lengths.h"
#include "suggest/options.h"
#include "text/ascii.h"
#include "text/phrase.h"
#include "text/utf8.h"
#include "text/words.h"

namespace updraft::suggest {
namespace {

using text::TokenId;

constexpr int draws_a_slot = 10;       // before a request ends with fewer than asked
constexpr int draws_a_length = 3;      // before another of the request's word counts is tried
constexpr float warmer_a_draw = 0.1F;  // temperature added each time a slot is drawn again
// Log probability (of a tenth) that a token needs to carry on a word: made-up words fall below.
constexpr float surely_a_word = -2.3F;
constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

bool is_of_a_word(char c) { return text::is_letter(c) || (static_cast<unsigned char>(c) & 0x80) != 0; }

// Whether the two stand in one word: "Holly" + "o".
bool carries_on_a_word(std::string_view text, std::string_view token) {
  return !text.empty() && !token.empty() && is_of_a_word(text.back()) && is_of_a_word(token.front());
}

}  // namespace

// Draws the stream's next token from its logits, which it may change. A candidate that would make one word too many
// shows that the text is not at its end: unless the end is a candidate as well, the text would be cut, so it fails.
Request::Step Request::grow(Stream& stream, std::size_t thread) const {
  const std::span<float> logits = stream.logits;
  const SuggestOptions& options = tasks_[stream.slot.task];
  const nn::Weights& weights = engine_.model->weights;
  const WordRange words = options.words.value_or(trained_words(options.task));
  auto& found = engine_.candidates[thread];
  for (const std::size_t index : engine_.never) logits[index] = minus_infinity;
  const float whole = weights.kernels->log_sum_exp(logits.data(), static_cast<int>(logits.size()));

  const int n_words = static_cast<int>(text::count_words(stream.text));
  if (n_words < words.min || !text::is_whole(stream.text)) logits[engine_.eos] = minus_infinity;
  const decode::SamplingOptions sampling{
      .temperature =
          std::min(2.0F, temperature_of(options) + warmer_a_draw * static_cast<float>(stream.slot.draws - 1)),
      .top_p = options.top_p,
      .min_p = options.min_p};
  decode::find_candidates(*weights.kernels, logits, sampling, found);
  const auto bytes = [&](const decode::Candidate& candidate) {
    return engine_.tokenizer.bytes(weights.output_tokens[static_cast<std::size_t>(candidate.index)]);
  };
  decode::keep_candidates(found, [&](const decode::Candidate& candidate) {
    return candidate.logit - whole >= surely_a_word || !carries_on_a_word(stream.text, bytes(candidate));
  });
  const auto fits = [&](const decode::Candidate& candidate) {
    if (static_cast<std::size_t>(candidate.index) == engine_.eos) return true;
    return static_cast<int>(text::count_words(stream.text + std::string(bytes(candidate)))) <= words.max;
  };
  std::size_t chosen = stream.path.next(found);
  if (!fits(found[chosen])) {
    const auto end = std::find_if(found.begin(), found.end(),
                                  [&](const auto& c) { return static_cast<std::size_t>(c.index) == engine_.eos; });
    if (end == found.end()) return Step::failed;
    chosen = static_cast<std::size_t>(end - found.begin());
  }
  const auto index = static_cast<std::size_t>(found[chosen].index);
  stream.log_probability += found[chosen].logit - whole;
  ++stream.n_tokens;
  if (index == engine_.eos) return Step::finished;
  const bool room = engine_.tree.next_position(stream.node) < weights.config.context_length;
  if (stream.n_tokens > Engine::max_text || !room) return Step::failed;
  stream.last = weights.output_tokens[index];
  stream.text += engine_.tokenizer.bytes(stream.last);
  return Step::grown;
}

Result<std::unique_ptr<Request>> Request::begin(Engine& engine, const CommandEncoder& encoder, std::string_view intent,
                                                std::span<const SuggestOptions> tasks, const reward::Scorer* scorer) {
  std::unique_ptr<Request> request(new Request(engine, intent, tasks, scorer));
  if (auto done = request->plant(encoder); !done) return tl::unexpected(done.error());
  return request;
}

Request::~Request() {
  for (const Stream& stream : streams_) engine_.tree.release(stream.node);
  for (const Branch& branch : branches_) engine_.tree.release(branch.node);
  if (root_ != nn::no_node) engine_.tree.release(root_);
}

// The intent is the root, each command a branch.
Result<> Request::plant(const CommandEncoder& encoder) {
  const auto add = [&](nn::NodeId parent, const std::vector<TokenId>& tokens, bool wants_logits) -> Result<nn::NodeId> {
    const auto node = engine_.tree.add(parent);
    if (!node) return node;
    for (const TokenId token : tokens) prefill_.add({token, *node, false});
    prefill_.back().wants_logits = wants_logits;
    return node;
  };
  const auto root = add(nn::no_node, encoder.prefix(engine_.tokenizer, intent_), false);
  if (!root) return tl::unexpected(root.error());
  root_ = *root;
  const std::size_t n_intent = prefill_.size();
  const int context = engine_.model->weights.config.context_length;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    const SuggestOptions& options = tasks_[task];
    std::vector<std::pair<int, std::size_t>> branch_of;  // words -> branch
    std::vector<std::size_t> plan;                       // branch of each suggestion
    for (const int words : plan_words(options.task, options.words, options.n)) {
      auto known = std::find_if(branch_of.begin(), branch_of.end(), [&](const auto& b) { return b.first == words; });
      if (known == branch_of.end()) {
        const auto command = encoder.command({options.task, words, options.ret});
        if (n_intent + command.size() > static_cast<std::size_t>(context)) {
          return fail(ErrorCode::invalid_argument,
                      "the intent is longer than the model's context of " + std::to_string(context) + " tokens");
        }
        const auto node = add(*root, command, true);
        if (!node) return tl::unexpected(node.error());
        branches_.push_back({task, *node, {}, 0});
        known = branch_of.emplace(known, words, branches_.size() - 1);
      }
      ++branches_[known->second].planned;
      plan.push_back(known->second);
    }
    prefill_.cut();
    const int n_slots = options.n * options.candidates;
    for (int index = 0; index < n_slots; ++index) {
      waiting_.push_back({task, plan[static_cast<std::size_t>(index % options.n)], index, 0});
    }
    drafts_[task].n_open = static_cast<std::size_t>(n_slots);
  }
  return {};
}

Result<> Request::start(Slot slot) {
  const SuggestOptions& options = tasks_[slot.task];
  const auto stream_number = static_cast<std::uint64_t>(options.task) * max_suggestions * max_candidates +
                             static_cast<std::uint64_t>(slot.index);
  auto random = decode::Random::of(options.seed, stream_number, static_cast<std::uint64_t>(slot.draws));
  double point = random.uniform();
  if (slot.draws == 0) {  // spread evenly over the first draws of a task
    auto offset = decode::Random::of(options.seed, static_cast<std::uint64_t>(options.task), 1 << 20);
    point = std::fmod(offset.uniform() + static_cast<double>(slot.index) / (options.n * options.candidates), 1.0);
  }
  ++slot.draws;
  const auto node = engine_.tree.add(branches_[slot.branch].node);
  if (!node) return tl::unexpected(node.error());
  streams_.push_back({slot, *node, decode::Path(point, random), {}, -1, 0, 0});
  return {};
}

std::size_t Request::next_branch(const Slot& slot) const {
  const std::size_t next = slot.branch + 1;
  if (next < branches_.size() && branches_[next].task == slot.task) return next;
  const auto first =
      std::find_if(branches_.begin(), branches_.end(), [&](const Branch& branch) { return branch.task == slot.task; });
  return static_cast<std::size_t>(first - branches_.begin());
}

void Request::settle(Stream& stream) {
  timings_.decoded_tokens += stream.n_tokens;
  engine_.tree.release(stream.node);
  stream.node = nn::no_node;
  if (stream.step != Step::finished) stream.text.clear();
  const std::size_t task = stream.slot.task;
  Drafts& drafts = drafts_[task];
  drafts.ended.push_back(std::move(stream));
  if (--drafts.n_open == 0) end_round(task);
}

// Keeps what can be shown. When that is less than asked for, the others are drawn again.
void Request::end_round(std::size_t task) {
  Drafts& drafts = drafts_[task];
  std::sort(drafts.ended.begin(), drafts.ended.end(),
            [](const Stream& a, const Stream& b) { return a.slot.index < b.slot.index; });
  std::vector<Slot> failed;
  const std::string intent_key = text::alike_key(intent_);
  for (Stream& stream : drafts.ended) {
    const std::string key = text::alike_key(stream.text);
    const bool echo = tasks_[task].task != Task::intent && key == intent_key;
    const bool fit = !key.empty() && !echo && text::is_valid_utf8(stream.text) && !text::loops(stream.text);
    if (fit && drafts.seen.insert(key).second) {
      const double likelihood = std::exp(stream.log_probability / stream.n_tokens);
      drafts.found.push_back({std::move(stream.text), stream.slot.branch, likelihood});
    } else {
      failed.push_back(stream.slot);
    }
  }
  drafts.ended.clear();
  if (drafts.found.size() >= static_cast<std::size_t>(tasks_[task].n)) return;
  for (Slot again : failed) {
    if (again.draws >= draws_a_slot) continue;
    if (again.draws % draws_a_length == 0) again.branch = next_branch(again);
    waiting_.push_back(again);
    ++drafts.n_open;
  }
}

Suggestions Request::chosen(std::size_t task) const {
  std::vector<int> quotas;
  for (const Branch& branch : branches_) quotas.push_back(branch.planned);
  const SuggestOptions& options = tasks_[task];
  const std::vector<Draft>& drafts = drafts_[task].found;
  Suggestions suggestions;
  // Who asks for less than the best shall not get the best of it.
  const reward::Scorer* scorer = options.ret == best_return ? scorer_ : nullptr;
  for (const Choice& choice :
       choose(intent_, options.task, drafts, static_cast<std::size_t>(options.n), std::move(quotas), scorer)) {
    const std::string& text = drafts[choice.draft].text;
    suggestions.items.push_back({text, static_cast<int>(text::count_words(text)), choice.score, options.task});
  }
  return suggestions;
}

// While the commands of one task are computed, texts of those before it grow already.
Result<> Request::gather(std::size_t room, std::vector<nn::Row>& rows) {
  step_begin_ = Clock::now();
  const std::size_t first = rows.size();
  if (!is_held_ || prefill_.n_parts_done() == 0) prefill_.gather(rows);
  const std::size_t n_prefill = rows.size() - first;
  n_reading_ = static_cast<std::size_t>(std::count_if(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
                                                      [](const nn::Row& row) { return row.wants_logits; }));
  n_old_ = streams_.size();
  for (const Stream& stream : streams_) rows.push_back({stream.last, stream.node, true});
  prefill_share_ = n_prefill == 0 ? 0 : static_cast<double>(n_prefill) / static_cast<double>(rows.size() - first);
  timings_.prompt_tokens += static_cast<int>(n_prefill);
  while (!waiting_.empty() && streams_.size() < room && waiting_.front().branch < n_prefilled_ + n_reading_) {
    if (auto done = start(waiting_.front()); !done) return done;
    waiting_.pop_front();
  }
  return {};
}

void Request::take(std::span<float> logits) {
  const auto n_output = static_cast<std::size_t>(engine_.transformer.n_output());
  timings_.prefill_ms += prefill_share_ * milliseconds_since(step_begin_);
  for (; n_reading_ > 0; --n_reading_, logits = logits.subspan(n_output)) {
    const auto of_branch = logits.first(n_output);
    branches_[n_prefilled_++].logits.assign(of_branch.begin(), of_branch.end());
  }
  for (std::size_t i = 0; i < n_old_; ++i) streams_[i].logits = logits.subspan(i * n_output, n_output);
  first_logits_.resize((streams_.size() - n_old_) * n_output);
  std::span<float> first(first_logits_);
  for (std::size_t i = n_old_; i < streams_.size(); ++i, first = first.subspan(n_output)) {
    const std::vector<float>& from = branches_[streams_[i].slot.branch].logits;
    std::copy(from.begin(), from.end(), first.begin());
    streams_[i].logits = first.first(n_output);
  }
}

void Request::grow(std::size_t text, std::size_t thread) { streams_[text].step = grow(streams_[text], thread); }

void Request::settle() {
  for (Stream& stream : streams_) {
    if (stream.step != Step::grown) settle(stream);
  }
  std::erase_if(streams_, [](const Stream& stream) { return stream.node == nn::no_node; });
  if (is_done()) timings_.decode_ms = milliseconds_since(begin_) - timings_.prefill_ms - timings_.choice_ms;
}

std::vector<Request::Growing> Request::growing() const {
  std::vector<Growing> texts;
  for (const Stream& stream : streams_) {
    texts.push_back({stream.slot.task, static_cast<std::size_t>(stream.slot.index), stream.text});
  }
  return texts;
}

Suggestions Request::answer(std::size_t task) {
  const auto choice_begin = Clock::now();
  Suggestions answer = chosen(task);
  timings_.choice_ms += milliseconds_since(choice_begin);
  answer.timings = timings();
  return answer;
}

std::vector<Suggestions> Request::answer() {
  std::vector<Suggestions> answers;
  for (std::size_t task = 0; task < tasks_.size(); ++task) answers.push_back(answer(task));
  for (Suggestions& answer : answers) answer.timings = answers.back().timings;
  return answers;
}

Timings Request::timings() const {
  Timings timings = timings_;
  timings.total_ms = milliseconds_since(begin_);
  timings.peak_rss_mb = peak_rss_mb();
  return timings;
}

}  // namespace updraft::suggest
