// What is wrong with a corpus: broken form, slips of the pen, texts that stand there twice, and leaks from training
// into the held-out intents. Nothing is changed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/corpus.h"
#include "updraft/result.h"

namespace updraft::corpus {

struct Finding {
  std::string file;      // name in the folder; empty for a record that stands in no file
  std::size_t line = 0;  // from 1
  std::string kind;      // "spelling"; see kinds()
  std::string text;      // what it is about: the whole intent or prompt, else the name of the field
  std::string why;       // "'chidren' may be 'children'"
};

// All that one line shows by itself: JSON, fields, category, goals, facets, numbers and lengths of prompts, characters,
// ends, articles, doubled words, siblings that say the same. Adds to `findings`, without file and line. Returns what
// could be read, however much is wrong with it; nullopt when that is not even a JSON object with an intent.
[[nodiscard]] std::optional<Record> read_record(std::string_view line, std::vector<Finding>& findings);

// The part of it that concerns one intent or prompt.
void check_text(Task task, std::string_view text, std::vector<Finding>& findings);

// A record of the corpus and where it stands.
struct Entry {
  std::string file;
  std::size_t line = 0;
  Record record;
  bool held_out = false;
};

// Looks at the whole corpus and adds what it finds. Callers bring further ones along.
using Check = std::function<void(std::span<const Entry> entries, std::vector<Finding>& findings)>;

// spelling, and duplicate, near and leaked intents and prompts
[[nodiscard]] std::vector<Check> standard_checks();

struct CheckReport {
  std::size_t intents = 0;
  std::size_t prompts = 0;
  std::vector<Finding> findings;  // by kind as in kinds(), then file and line
};

// Every *.jsonl of the folder. A line that cannot be read is a finding, a folder or file that cannot is an error:
// not_found, io.
[[nodiscard]] Result<CheckReport> check(const std::filesystem::path& folder, std::span<const Check> checks);

// Kind and what it means, in the order in which they are told; kinds of further checks come after these.
struct Kind {
  std::string_view name;
  std::string_view meaning;
};
[[nodiscard]] std::span<const Kind> kinds();

// Text from outside, made fit to be part of one line on a terminal: nothing in it steers one.
[[nodiscard]] std::string one_line(std::string_view text);

// For people: grouped by kind, at most `most` findings of each.
[[nodiscard]] std::string to_text(const CheckReport& report, std::size_t most);
// One object: intents, prompts, findings (all of them).
[[nodiscard]] std::string to_json(const CheckReport& report);

}  // namespace updraft::corpus
