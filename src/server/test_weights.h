// For tests: weights that write noise at once.
#pragma once

#include "files/test_folder.h"
#include "server/weights.h"
#include "suggest/small_model.h"

namespace updraft::server::test {

// Suggestions that random weights come to an end with.
inline SuggestOptions noise(Task task = Task::query, int n = 4, std::uint64_t seed = 3) {
  return {.task = task, .n = n, .words = WordRange{2, 5}, .seed = seed, .temperature = 2, .top_p = 1, .min_p = 0};
}

// With the shipped vocabulary they understand as well.
inline WeightsOptions write_weights(const files::test::Folder& folder,
                                    suggest::test::Vocabulary vocabulary = suggest::test::Vocabulary::small) {
  const auto path = folder / "model.gguf";
  if (!gguf::write(path, suggest::test::small_model(suggest::test::Controls::named, 1, vocabulary))) std::abort();
  return {.model = path, .text_encoder = {}, .threads = 2, .decodings = 4, .growing = 16};
}

}  // namespace updraft::server::test
