// Which tokens the output softmax is over.
#pragma once

#include <random>
#include <span>
#include <vector>

#include "corpus/corpus.h"
#include "learn/model.h"
#include "text/tokenizer.h"

namespace updraft::learn {

// The output vocabulary, in increasing order: every token that the corpora's texts use, every single byte (so that any
// text can be written), then the base's most common tokens until there are `size`.
[[nodiscard]] std::vector<text::TokenId> make_shortlist(std::span<const corpus::Corpus* const> corpora,
                                                        const text::Tokenizer& tokenizer, std::int64_t size);

// The shortlist and up to `negatives` random tokens from beyond it.
[[nodiscard]] OutputRows output_rows(const std::vector<text::TokenId>& shortlist, std::int64_t n_vocab,
                                     std::int64_t negatives, std::mt19937_64& random);

}  // namespace updraft::learn
