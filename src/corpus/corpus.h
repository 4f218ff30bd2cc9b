// The teacher's corpus: JSON Lines, one intent a line (data/README.md tells the fields).
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft::corpus {

struct Utterance {
  std::string text;  // as typed
  std::string goal;
};

struct Facet {
  std::string key;
  std::string value;  // colours joined by commas
};

struct Record {
  std::string intent;
  std::string category;
  std::vector<Facet> facets;  // in the order of corpus::facets
  std::vector<Utterance> utterances;
  std::array<std::vector<std::string>, task_count> prompts;  // by Task; [intent] is empty
};

// Calls f with the intent and with each of the prompts.
template <class Function>
void for_each_text(const Record& record, const Function& f) {
  f(record.intent);
  for (const auto& prompts : record.prompts) {
    for (const std::string& prompt : prompts) f(prompt);
  }
}

struct Corpus {
  std::vector<Record> train;
  std::vector<Record> held_out;  // whole intents that training never sees
};

// Every *.jsonl of a folder, by name. Errors: io; not_found when there is none.
[[nodiscard]] Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder);

// Reads every *.jsonl of a folder in the order of their names. Which side an intent falls on depends only on its text.
// Errors name file and line: io, corrupt (not JSON, a field missing or of another kind).
[[nodiscard]] Result<Corpus> read(const std::filesystem::path& folder);

// Utterances with what they mean by themselves, which is often less than the record that an utterance belongs to says:
// every *.jsonl of <folder>/utterances, none where there is no such folder. Records of one utterance each, without
// prompts. A fifth is held out, by a hash of the text, but for files named corpus_*, whose texts stand in the corpus as
// well, and train_*, so that what is measured stays the same while there comes more to learn from. Errors: those of
// read().
[[nodiscard]] Result<Corpus> read_utterances(const std::filesystem::path& folder);

// What somebody else understood by the held-out utterances, who saw nothing but their texts: every *.jsonl of
// <folder>/utterances/second_reader, none where there is no such folder. Errors: those of read().
[[nodiscard]] Result<std::vector<Record>> read_second_reader(const std::filesystem::path& folder);

// About 6 % of all intents.
[[nodiscard]] bool is_held_out(std::string_view intent);

}  // namespace updraft::corpus
