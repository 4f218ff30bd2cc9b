// The plain twin of Transformer: one whole sequence, every weight as a float, one nested loop after the other. Slow and
// obvious; tests hold the fast pass to it.
#pragma once

#include <span>
#include <vector>

#include "gguf/file.h"
#include "text/tokenizer.h"
#include "updraft/result.h"

namespace updraft::nn::reference {

enum class Precision {
  exact,      // floats throughout
  as_stored,  // as the fast pass stores things: 8-bit activations before quantised weights, 16-bit keys and values
};

// Logits of every position: [tokens.size(), vocab_size]. Tokens must lie in the vocabulary.
[[nodiscard]] Result<std::vector<float>> logits(const gguf::File& file, std::span<const text::TokenId> tokens,
                                                Precision precision = Precision::exact);

}  // namespace updraft::nn::reference
