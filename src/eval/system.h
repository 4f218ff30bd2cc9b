// What evaluation puts side by side: anything that writes texts for an intent.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "updraft/result.h"
#include "updraft/suggest.h"
#include "updraft/task.h"

namespace updraft::eval {

struct Text {
  std::string text;
  int asked = 0;  // words that the system was asked for and not held to; 0: none
};

// What a system wrote for one intent, and what that cost.
struct Written {
  std::array<std::vector<Text>, prompt_tasks.size()> texts;  // in the order of prompt_tasks; the best first
  std::uint64_t tokens = 0;                                  // that it made for them, thrown away ones included
  double seconds = 0;                                        // from question to answer
  double memory_mb = 0;                                      // its process at most, until then; 0: not known
};

struct Question {
  const corpus::Record& record;
  int n = 8;  // texts a task
  std::uint64_t seed = 0;
};

// Metrics see what comes out of this, and nothing else.
using System = std::function<Result<Written>(const Question&)>;

// What stands in the corpus, however many texts that are.
[[nodiscard]] System teacher_system();

struct UpdraftOptions {
  std::filesystem::path model;
  LoadOptions load = {};
  int candidates = SuggestOptions().candidates;
  double bare_mb = 0;  // what the program takes without any model: part of the memory that is told
};

// What `updraft suggest` prints. Errors: those of Suggester::load.
[[nodiscard]] Result<System> updraft_system(const UpdraftOptions& options);

}  // namespace updraft::eval
