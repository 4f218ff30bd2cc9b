// What the cross-scorer is trained on: the teacher's prompts, each beside prompts that do not answer its intent.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "corpus/corpus.h"
#include "encode/text_encoder.h"
#include "learn/cross_scorer_net.h"
#include "learn/negatives.h"
#include "learn/text_bank.h"

namespace updraft::learn {

// For each of `asked`, the nearest of `points` (both [n, dimension], of unit length), nearest first, but for those
// nearer than `too_near`: they may share their prompts. At most `most` each.
[[nodiscard]] std::vector<std::vector<std::size_t>> nearest(std::span<const float> asked, std::span<const float> points,
                                                            std::size_t dimension, std::size_t most, double too_near);
// Related ideas are shared by intents that differ in a detail; a prompt that speaks of that detail is not.
[[nodiscard]] constexpr double too_near(Task task) { return task == Task::related ? 0.75 : 0.98; }
// A prompt that says what one of the intent's own says is no negative.
inline constexpr double same_prompt = 0.9;

// An intent under one task; numbers are of texts in the bank.
struct Question {
  std::size_t record = 0;
  std::size_t intent = 0;
  std::vector<std::size_t> prompts;             // the teacher's
  std::vector<std::vector<std::size_t>> edits;  // [prompts]: what was made of each
  std::vector<std::size_t> tricks;
  std::vector<std::size_t> near;  // records
};

class CrossScorerData {
 public:
  // Encodes all texts of the records and of the negatives made of them (TextBank::encode). At least two records, which
  // must outlive it. Errors: cancelled, io.
  [[nodiscard]] static Result<CrossScorerData> make(const std::vector<corpus::Record>& records,
                                                    const encode::TextEncoder& encoder,
                                                    const std::filesystem::path& cache, std::uint64_t seed,
                                                    const Told& told);

  static constexpr std::int64_t candidates = 8;  // the first is the teacher's

  // A prompt of a question.
  struct Item {
    Task task = Task::query;
    std::size_t question = 0, prompt = 0;
  };
  // All prompts of a task, in order.
  [[nodiscard]] std::vector<Item> items(Task task) const;
  // The item with negatives drawn by chance.
  [[nodiscard]] CrossExample example(const Item& item, decode::Random& random) const;

 private:
  explicit CrossScorerData(const std::vector<corpus::Record>& records) : records_(records) {}
  void add(std::size_t record, decode::Random random);
  void find_near();
  [[nodiscard]] const std::vector<Question>& questions(Task task) const {
    return questions_[static_cast<std::size_t>(task)];
  }
  [[nodiscard]] std::size_t stranger(Task task, const Question& question, std::span<const std::size_t> records,
                                     decode::Random& random) const;
  [[nodiscard]] std::vector<std::size_t> negatives(const Item& item, decode::Random& random) const;

  const std::vector<corpus::Record>& records_;
  std::vector<reward::LexicalReader> readers_;  // [records]
  std::vector<std::size_t> all_;                // [records]: 0, 1, 2, ...
  std::unordered_map<std::string, std::vector<std::size_t>> by_category_;
  std::array<std::vector<Question>, task_count> questions_;  // [task][records]
  TextBank bank_;
};

}  // namespace updraft::learn
