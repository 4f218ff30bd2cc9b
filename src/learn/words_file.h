// The words that the reward takes for real (reward/lexicon.h): all of the corpus, and those of word lists.
#pragma once

#include <filesystem>
#include <vector>

#include "updraft/result.h"

namespace updraft::learn {

struct WordsOptions {
  std::filesystem::path data;                // folder of the corpus
  std::vector<std::filesystem::path> lists;  // further texts; names in them, which begin with a capital, count as well
  std::filesystem::path out;
};

// Errors: those of corpus::read and of reading and writing files.
[[nodiscard]] Result<> write_words(const WordsOptions& options);

}  // namespace updraft::learn
