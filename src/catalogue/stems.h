// Words as they are looked up by a store that has no stems of its own: what FTS5's tokenizer makes of a text for the
// embedded one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "updraft/result.h"

struct sb_stemmer;

namespace updraft::catalogue {

// One text at a time.
class Stemmer {
 public:
  // Errors: unsupported (the library was built without Porter's stemmer).
  [[nodiscard]] static Result<Stemmer> make();

  // Of a text's words (words_of), without accents, by Porter's stemmer; in their order, with spaces between them.
  [[nodiscard]] std::string stems_of(std::string_view text) const;

 private:
  struct Deleter {
    void operator()(sb_stemmer* stemmer) const;
  };
  explicit Stemmer(sb_stemmer* stemmer) : stemmer_(stemmer) {}
  [[nodiscard]] std::string stem_of(const std::string& word) const;

  std::unique_ptr<sb_stemmer, Deleter> stemmer_;
};

}  // namespace updraft::catalogue
