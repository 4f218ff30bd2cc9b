// What is checked and computed of a single asset.
#pragma once

#include <cstdint>
#include <string>

#include "updraft/catalogue.h"

namespace updraft::catalogue {

// Which asset it is in all respects, and in those that its point depends on. Equal assets, equal fingerprints, on every
// machine.
struct Fingerprint {
  std::uint64_t content = 0;
  std::uint64_t meaning = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// White space at the ends of all texts goes, runs of it and control characters become one space; tags that are empty or
// given twice go.
void tidy(Asset& asset);

// Errors, one line each: invalid_argument (no id, no words at all, too long, invalid UTF-8, a popularity that is
// negative or not finite).
[[nodiscard]] Result<> check(const Asset& asset);

[[nodiscard]] Fingerprint fingerprint(const Asset& asset);

// What the text encoder reads of it: title, tags, description, and of these at most the beginning.
[[nodiscard]] std::string meaning_text(const Asset& asset);

}  // namespace updraft::catalogue
