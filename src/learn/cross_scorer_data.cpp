#include "learn/cross_scorer_data.h"

#include <algorithm>
#include <numeric>

#include "reward/constraints.h"

namespace updraft::learn {
namespace {

constexpr std::size_t n_near = 24;  // intents

// Of the edits that can be made of any prompt, these shares are: there are enough of them.
constexpr double subject_share = 0.35, denied_share = 0.15, trick_share = 0.5;

}  // namespace

std::vector<std::vector<std::size_t>> nearest(std::span<const float> asked, std::span<const float> points,
                                              std::size_t dimension, std::size_t most, double too_near) {
  const std::size_t n_asked = asked.size() / dimension, n = points.size() / dimension;
  std::vector<std::vector<std::size_t>> all(n_asked);
  std::vector<float> cosines(n);
  for (std::size_t i = 0; i < n_asked; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < dimension; ++k) sum += asked[i * dimension + k] * points[j * dimension + k];
      cosines[j] = sum;
    }
    std::vector<std::size_t>& near = all[i];
    for (std::size_t j = 0; j < n; ++j) {
      if (cosines[j] <= static_cast<float>(too_near)) near.push_back(j);
    }
    const auto end = near.begin() + static_cast<std::ptrdiff_t>(std::min(most, near.size()));
    std::partial_sort(near.begin(), end, near.end(),
                      [&](std::size_t a, std::size_t b) { return cosines[a] > cosines[b]; });
    near.erase(end, near.end());
  }
  return all;
}

Result<CrossScorerData> CrossScorerData::make(const std::vector<corpus::Record>& records,
                                              const encode::TextEncoder& encoder, const std::filesystem::path& cache,
                                              std::uint64_t seed, const Told& told) {
  CrossScorerData data(records);
  for (std::size_t i = 0; i < records.size(); ++i) data.add(i, decode::Random::of(seed, 1, i));
  if (auto done = data.bank_.encode(encoder, cache, told); !done) return tl::unexpected(done.error());
  data.find_near();
  return data;
}

void CrossScorerData::add(std::size_t i, decode::Random random) {
  const corpus::Record& record = records_[i];
  const bool bans = !reward::read_constraints(record.intent).negations.empty();
  readers_.emplace_back(record.intent);
  by_category_[record.category].push_back(i);
  all_.push_back(i);
  for (const Task task : prompt_tasks) {
    const auto t = static_cast<std::size_t>(task);
    Question& question = questions_[t].emplace_back();
    question.record = i;
    question.intent = bank_.add(record.intent);
    for (const std::string& prompt : record.prompts[t]) {
      question.prompts.push_back(bank_.add(prompt));
      std::vector<std::size_t>& edits = question.edits.emplace_back();
      const std::string& stranger = records_[random.below(records_.size())].intent;
      for (const Negative& edit : edits_of(record.intent, task, prompt, stranger, random)) {
        const double chance = random.uniform();
        if (edit.flaw == Flaw::subject && chance > subject_share) continue;
        if (edit.flaw == Flaw::negation && !bans && chance > denied_share) continue;
        edits.push_back(bank_.add(edit.text));
      }
    }
    const std::vector<std::string>& others = records_[random.below(records_.size())].prompts[t];
    const std::string other = others.empty() ? "" : others[random.below(others.size())];
    for (const Negative& trick : tricks_on(record.intent, other, random)) {
      if (trick.flaw != Flaw::echo && random.uniform() > trick_share) continue;
      question.tricks.push_back(bank_.add(trick.text));
    }
  }
}

void CrossScorerData::find_near() {
  std::vector<float> points;
  for (const Question& question : questions(Task::query)) {
    const auto point = bank_.point(question.intent);
    points.insert(points.end(), point.begin(), point.end());
  }
  const std::size_t dimension = points.size() / records_.size();
  for (const Task task : prompt_tasks) {
    const auto lists = nearest(points, points, dimension, n_near + 1, too_near(task));
    for (std::size_t i = 0; i < lists.size(); ++i) {
      for (const std::size_t other : lists[i]) {
        if (other != i) questions_[static_cast<std::size_t>(task)][i].near.push_back(other);
      }
    }
  }
}

std::vector<CrossScorerData::Item> CrossScorerData::items(Task task) const {
  std::vector<Item> items;
  for (std::size_t q = 0; q < questions(task).size(); ++q) {
    for (std::size_t p = 0; p < questions(task)[q].prompts.size(); ++p) items.push_back({task, q, p});
  }
  return items;
}

// A prompt of one of the records that the question's own prompts do not say already. Nearer records (the first) are
// drawn more often.
std::size_t CrossScorerData::stranger(Task task, const Question& question, std::span<const std::size_t> records,
                                      decode::Random& random) const {
  std::size_t text = question.intent;
  for (int tries = 0; tries < 8; ++tries) {
    const std::span<const std::size_t> from = records.size() < 2 ? std::span<const std::size_t>(all_) : records;
    const double place = random.uniform();
    const Question& other = questions(task)[from[std::min(
        from.size() - 1, static_cast<std::size_t>(place * place * static_cast<double>(from.size())))]];
    if (other.record == question.record || other.prompts.empty()) continue;
    text = other.prompts[random.below(other.prompts.size())];
    const bool own = std::any_of(question.prompts.begin(), question.prompts.end(), [&](std::size_t prompt) {
      return prompt == text || bank_.cosine(prompt, text) > same_prompt;
    });
    if (!own) break;
  }
  return text;
}

std::vector<std::size_t> CrossScorerData::negatives(const Item& item, decode::Random& random) const {
  const Question& question = questions(item.task)[item.question];
  const auto& category = by_category_.at(records_[question.record].category);
  const auto draw = [&](std::span<const std::size_t> records) {
    return stranger(item.task, question, records, random);
  };
  std::vector<std::size_t> texts = {draw(question.near), draw(question.near), draw(category), draw(all_)};
  texts.push_back(question.tricks[random.below(question.tricks.size())]);
  std::vector<std::size_t> edits = question.edits[item.prompt];
  while (texts.size() + 1 < candidates) {
    if (edits.empty()) {
      // Near intents share some of their related ideas.
      texts.push_back(draw(item.task == Task::related ? std::span<const std::size_t>(all_) : question.near));
      continue;
    }
    const std::size_t i = random.below(edits.size());
    texts.push_back(edits[i]);
    edits.erase(edits.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return texts;
}

CrossExample CrossScorerData::example(const Item& item, decode::Random& random) const {
  const Question& question = questions(item.task)[item.question];
  std::vector<std::size_t> texts = {question.prompts[item.prompt]};
  const auto others = negatives(item, random);
  texts.insert(texts.end(), others.begin(), others.end());
  CrossExample example;
  example.task = item.task;
  example.intent = bank_.point(question.intent);
  for (const std::size_t text : texts) {
    example.prompts.push_back(bank_.point(text));
    example.lexical.push_back(readers_[question.record].of(item.task, bank_.text(text)));
  }
  return example;
}

}  // namespace updraft::learn
