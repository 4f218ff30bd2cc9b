// Reading an embedded catalogue.
#pragma once

#include <memory>

#include "catalogue/stored.h"
#include "catalogue/words.h"

namespace updraft::catalogue {

using SharedVectors = std::shared_ptr<const Vectors>;

// What a backend keeps from view to view, for as long as the generation is the same.
struct Kept {
  std::uint64_t points = 0;
  SharedVectors vectors;
  std::uint64_t generation = 0;
  std::unique_ptr<Vocabulary> vocabulary;
};

// What `transaction` sees of the database, and the index of meaning that belongs to it (nullptr: there is none).
[[nodiscard]] std::unique_ptr<View> embedded_view(const Database& database, Transaction transaction,
                                                  const Stored& stored, SharedVectors vectors, Kept& kept);

}  // namespace updraft::catalogue
