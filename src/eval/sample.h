// Some of the intents with what all systems wrote, for people to read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "eval/system.h"

namespace updraft::eval {

struct Exhibit {
  std::string name;
  std::vector<Written> written;  // by record
};

struct SampleOptions {
  std::size_t intents = 40;
  std::uint64_t seed = 0;
  bool blind = false;  // rows have letters, in another order for each intent; whose they are stands at the end
};

// Markdown: a table an intent, a row a system, a column a task. Which intents, and which text of those that a system
// wrote, is drawn by the seed: nothing is picked.
[[nodiscard]] std::string sample(std::span<const corpus::Record> records, std::span<const Exhibit> exhibits,
                                 const SampleOptions& options);

}  // namespace updraft::eval
