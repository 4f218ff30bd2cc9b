// The tokenizer of a text encoder, from a file as Hugging Face's tokenizers write it (tokenizer.json):
// - BPE of bytes whose words end in "</w>" (CLIP)
// - WordPiece in lower case (BERT)
// - Unigram on words that begin with U+2581 (SentencePiece: SigLIP)
// Gives the same ids as theirs, but for a rule of SentencePiece (pair/normalizer.h); another tokenizer is refused, so
// that no text is misread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::pair {

class Tokenizer {
 public:
  // Errors: corrupt (no JSON, something is missing or does not fit), unsupported (a kind that is not known here), in
  // one line; of a file they name it, and may be not_found and io.
  [[nodiscard]] static Result<Tokenizer> parse(std::string_view json);
  [[nodiscard]] static Result<Tokenizer> open(const std::filesystem::path& path);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // With the tokens that frame a text; of a text that is too long, the beginning. Any bytes are a text, and none of
  // them are special tokens. max_tokens >= 3. From several threads at a time.
  [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text, std::size_t max_tokens) const;

  // Whether the vocabulary holds it as one word.
  [[nodiscard]] bool is_word(std::string_view word) const;

  [[nodiscard]] std::size_t size() const;  // ids are below

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::pair
