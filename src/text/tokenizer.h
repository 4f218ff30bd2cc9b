// Byte-level BPE as stored in a GGUF file (tokenizer.ggml.model = "gpt2"), pre-tokenizers "gpt-2" and "smollm" (which
// also splits digits one by one). Gives the same ids as llama.cpp on the same file for any bytes, valid UTF-8 or not.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "updraft/result.h"

namespace updraft::text {

using TokenId = std::int32_t;

class Tokenizer {
 public:
  // Copies what it needs: the file may be closed afterwards.
  [[nodiscard]] static Result<Tokenizer> from(const gguf::File& file);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Never yields control tokens, whatever the text says: "<|im_end|>" typed by a user is plain text.
  [[nodiscard]] std::vector<TokenId> encode(std::string_view text) const;
  // The bytes of the ids. Control tokens decode to nothing. A single id may be part of a UTF-8 character.
  [[nodiscard]] std::string decode(std::span<const TokenId> ids) const;
  // The bytes of one id; empty for control tokens. Valid as long as the tokenizer lives.
  [[nodiscard]] std::string_view bytes(TokenId id) const;

  [[nodiscard]] std::size_t size() const;  // vocabulary size
  [[nodiscard]] TokenId bos() const;
  [[nodiscard]] TokenId eos() const;
  // The id of a control token by its exact text ("<|query|>"), -1 if there is none.
  [[nodiscard]] TokenId control(std::string_view name) const;
  [[nodiscard]] bool is_control(TokenId id) const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::text
