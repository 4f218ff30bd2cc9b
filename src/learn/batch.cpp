#include "learn/batch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "intent/understanding.h"
#include "learn/chance.h"
#include "text/words.h"

namespace updraft::learn {
namespace {

constexpr int same_category_return = 2;
constexpr int other_category_return = 0;
constexpr double contrast_share = 0.35;  // of all records, one prompt each; more where returns are measured:
constexpr double measured_contrast_share = 0.8;
constexpr int same_category_tries = 8;    // for a contrast that is not far off: half of those that are measured
constexpr double utterance_share = 0.25;  // of all records: prompts for what was typed, not for the intent
constexpr std::size_t own_prompts = 6;    // at most, of what the model wrote for an intent

int words_of(std::string_view prompt) {
  return static_cast<int>(std::clamp<std::size_t>(text::count_words(prompt), 1, 99));
}

std::vector<Example> teacher_examples(const Record& record, const Returns* returns) {
  std::vector<Example> examples;
  for (const Task task : prompt_tasks) {
    const auto t = static_cast<std::size_t>(task);
    for (std::size_t i = 0; i < record.prompts[t].size(); ++i) {
      const std::string& prompt = record.prompts[t][i];
      examples.push_back(
          {{task, words_of(prompt), returns == nullptr ? suggest::best_return : (*returns)[t][i]}, prompt});
    }
  }
  return examples;
}

int contrast_return(const Source& source, const Record& record, const Record& other, Task task,
                    std::string_view prompt) {
  if (source.judge != nullptr) return source.judge->of(record.intent, task, std::span(&prompt, 1)).front();
  return other.category == record.category ? same_category_return : other_category_return;
}

// What was seen in a picture cannot be told from what was typed beside it.
bool is_picture(const Record& record) { return record.intent.starts_with("tags:"); }

}  // namespace

void pad(Batch& batch, std::size_t multiple) {
  Range tree{static_cast<std::int32_t>(batch.tokens.size()), 0};
  while (batch.tokens.size() % multiple != 0) {
    batch.sights.push_back({.prefix = {}, .command = {}, .own_begin = static_cast<std::int32_t>(batch.tokens.size())});
    batch.tokens.push_back(0);
    batch.positions.push_back(0);
  }
  tree.end = static_cast<std::int32_t>(batch.tokens.size());
  if (tree.begin < tree.end) batch.trees.push_back(tree);
}

void BatchBuilder::add(Batch& batch, std::string_view prefix, std::span<const Example> examples) const {
  const auto size = [&] { return static_cast<std::int32_t>(batch.tokens.size()); };
  const auto append = [&](text::TokenId token, std::int32_t position, const Sight& sight) {
    batch.tokens.push_back(token);
    batch.positions.push_back(position);
    batch.sights.push_back(sight);
  };
  const auto prefix_tokens = encoder_.prefix(tokenizer_, prefix);
  if (static_cast<std::int64_t>(prefix_tokens.size()) > n_positions_) return;
  Range tree{size(), 0};
  std::int32_t position = 0;
  for (const text::TokenId token : prefix_tokens) {
    append(token, position++, {.prefix = {}, .command = {}, .own_begin = tree.begin});
  }
  const Range prefix_range{tree.begin, size()};

  std::map<std::tuple<Task, int, int>, std::vector<std::vector<text::TokenId>>> siblings;
  for (const Example& example : examples) {
    auto prompt = tokenizer_.encode(example.prompt);
    const std::size_t length = prefix_tokens.size() + encoder_.command(example.command).size() + prompt.size();
    if (static_cast<std::int64_t>(length) > n_positions_) continue;
    siblings[{example.command.task, example.command.words, example.command.ret}].push_back(std::move(prompt));
  }
  for (const auto& [key, prompts] : siblings) {
    const auto [task, words, ret] = key;
    Range command{size(), 0};
    std::int32_t command_position = position;
    for (const text::TokenId token : encoder_.command({task, words, ret})) {
      append(token, command_position++, {.prefix = prefix_range, .command = {}, .own_begin = command.begin});
    }
    command.end = size();
    for (const auto& prompt : prompts) {
      const std::int32_t begin = size();
      std::int32_t own_position = command_position;
      std::int32_t row = command.end - 1;
      for (const text::TokenId token : prompt) {
        batch.loss.push_back({row, token});
        row = size();
        append(token, own_position++, {.prefix = prefix_range, .command = command, .own_begin = begin});
      }
      batch.loss.push_back({row, tokenizer_.eos()});
    }
  }
  tree.end = size();
  batch.trees.push_back(tree);
}

void BatchBuilder::add_teacher(Batch& batch, const Record& record, const Returns* returns) const {
  add(batch, record.intent, teacher_examples(record, returns));
}

void BatchBuilder::add_training(Batch& batch, const Source& source, std::size_t index, std::mt19937_64& random) const {
  const std::span<const Record> records = source.records;
  const Record& record = records[index];
  std::optional<Returns> returns;
  if (source.judge != nullptr) returns = source.judge->of(record);
  std::vector<Example> examples = teacher_examples(record, returns ? &*returns : nullptr);
  std::string_view prefix = record.intent;
  if (!is_picture(record) && !record.utterances.empty()) {
    const auto any = [&]() -> const corpus::Utterance& {
      return record.utterances[random() % record.utterances.size()];
    };
    if (chance(random, utterance_share)) prefix = any().text;
    // Of 2.3, two and with a chance of 0.3 a third.
    for (double left = source.understandings; left > 0 && chance(random, std::min(left, 1.0)); --left) {
      const Record& said = source.utterances.empty() ? record : source.utterances[random() % source.utterances.size()];
      const corpus::Utterance& utterance = said.utterances[random() % said.utterances.size()];
      const std::string understanding = intent::to_text(intent::understanding_of(said, utterance));
      add(batch, utterance.text, std::vector<Example>{{suggest::understanding_command, understanding}});
    }
  }
  if (chance(random, source.judge == nullptr ? contrast_share : measured_contrast_share)) {
    std::size_t at = random() % records.size();
    if (source.judge != nullptr && chance(random, 0.5)) {
      for (int i = 0; i < same_category_tries && records[at].category != record.category; ++i)
        at = random() % records.size();
    }
    const Record& other = records[at];
    const Task task = prompt_tasks[random() % prompt_tasks.size()];
    const auto& prompts = other.prompts[static_cast<std::size_t>(task)];
    if (&other != &record && !prompts.empty()) {
      const std::string& prompt = prompts[random() % prompts.size()];
      examples.push_back({{task, words_of(prompt), contrast_return(source, record, other, task, prompt)}, prompt});
    }
  }
  if (source.replay != nullptr) {
    const auto own = source.replay->of(record.intent);
    for (const std::size_t i : own.last(std::min(own.size(), own_prompts))) {
      const Experience& experience = source.replay->all()[i];
      examples.push_back({experience.achieved, experience.prompt});
    }
  }
  add(batch, prefix, examples);
}

}  // namespace updraft::learn
