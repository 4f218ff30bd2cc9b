// The tokenizer of BERT's uncased models: text is cleaned, accents and case are dropped, words are cut into the longest
// pieces that the vocabulary has. Gives the same ids as the reference, Hugging Face's tokenizers, but for a few hundred
// characters that only the newer of the two Unicode versions knows.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gguf/writer.h"
#include "text/tokenizer.h"
#include "updraft/result.h"

namespace updraft::encode {

using text::TokenId;

class WordPiece {
 public:
  // A vocabulary: one token a line, its id the number of the line, from 0. Pieces inside a word begin with "##"; the
  // special tokens are known by their names.
  // Errors: not_found, io, corrupt (no [CLS], [SEP] or [UNK], a token that occurs twice, too large).
  [[nodiscard]] static Result<WordPiece> open(const std::filesystem::path& path);
  [[nodiscard]] static Result<WordPiece> parse(std::string_view vocabulary);

  // The vocabulary inside a GGUF file: tokenizer.ggml.tokens of the model "bert", where U+2581 marks what begins a word
  // and nothing marks what continues one. Errors: corrupt, as above; unsupported (another tokenizer).
  [[nodiscard]] static Result<WordPiece> from(const gguf::File& file);
  // The same, to be written.
  [[nodiscard]] std::vector<std::pair<std::string, gguf::WriteValue>> metadata() const;

  // [CLS] text [SEP]; of a text that is too long, the beginning. Any bytes will do: those that are no UTF-8 are
  // dropped. "[SEP]" in the text is plain text. max_tokens >= 2.
  [[nodiscard]] std::vector<TokenId> encode(std::string_view text, std::size_t max_tokens) const;

  // As in a vocabulary of lines.
  [[nodiscard]] std::string_view token(TokenId id) const { return tokens_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Ids = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;

  WordPiece() = default;
  [[nodiscard]] static Result<WordPiece> of(std::vector<std::string> tokens);
  void append_word(std::string_view word, std::vector<TokenId>& ids) const;

  std::vector<std::string> tokens_;
  Ids beginnings_;           // of a word
  Ids continuations_;        // without their "##"
  std::size_t longest_ = 0;  // bytes of a piece
  TokenId cls_ = -1, sep_ = -1, unknown_ = -1;
};

}  // namespace updraft::encode
