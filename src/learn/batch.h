// Packs all prompts of an intent into one tree behind their shared prefix, so that a token is computed once:
//
//     prefix (<bos> intent) -> command (<|task|> words return <|prompt|>) -> prompt-text
//
// Prompts with the same command share it. A token attends to the prefix, to its command and to its own prompt up to
// itself; positions run on from the prefix in every branch, as they do when one prompt is decoded alone.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "corpus/corpus.h"
#include "learn/judge.h"
#include "learn/replay.h"
#include "suggest/command.h"
#include "text/tokenizer.h"

namespace updraft::learn {

using corpus::Record;

struct Range {
  std::int32_t begin = 0;
  std::int32_t end = 0;
};

// What a token sees besides its own range up to itself; empty ranges at the root.
struct Sight {
  Range prefix;
  Range command;
  std::int32_t own_begin = 0;
};

struct LossTerm {
  std::int32_t row = 0;      // the token whose output predicts ...
  text::TokenId target = 0;  // ... this one
};

struct Batch {
  std::vector<text::TokenId> tokens;
  std::vector<std::int32_t> positions;  // [n_tokens]
  std::vector<Sight> sights;            // [n_tokens]
  std::vector<Range> trees;             // one an intent; no token sees beyond its tree
  std::vector<LossTerm> loss;           // prompt tokens and their <eos>; a shared <|prompt|> predicts several
};

// Adds tokens that nothing looks at and that have no loss until there are a multiple of `multiple`: the processor likes
// products of such sizes.
void pad(Batch& batch, std::size_t multiple);

// A prompt under the command that it fulfils.
struct Example {
  suggest::Command command;
  std::string_view prompt;
};

// What training draws from.
struct Source {
  std::span<const Record> records;
  std::span<const Record> utterances = {};  // with what each means by itself; empty: the records' own do
  // nullptr: the teacher's prompts are worth 9, other intents' are worth 0, or 2 in the category.
  const Judge* judge = nullptr;
  const ReplayBuffer* replay = nullptr;  // what the model wrote itself; nullptr: nothing
  double understandings = 0.6;           // utterances with their meaning beside each record, on average
};

class BatchBuilder {
 public:
  // `n_positions`: of the model. What would reach beyond is left out: a prompt, or all of an intent.
  BatchBuilder(const text::Tokenizer& tokenizer, const suggest::CommandEncoder& encoder,
               std::int64_t n_positions = std::numeric_limits<std::int32_t>::max())
      : tokenizer_(tokenizer), encoder_(encoder), n_positions_(n_positions) {}

  void add(Batch& batch, std::string_view prefix, std::span<const Example> examples) const;

  // Teacher pairs of a record, under the returns given, else under 9.
  void add_teacher(Batch& batch, const Record& record, const Returns* returns = nullptr) const;
  // The same, and now and then a prompt of another intent under its low return, so that the return is an input with a
  // meaning; some of what the model wrote itself; now and then an utterance stands in for the intent; and what
  // utterances mean, each in a tree of its own.
  void add_training(Batch& batch, const Source& source, std::size_t index, std::mt19937_64& random) const;

 private:
  const text::Tokenizer& tokenizer_;
  const suggest::CommandEncoder& encoder_;
  std::int64_t n_positions_;
};

}  // namespace updraft::learn
