#include "learn/vocabulary.h"

#include <algorithm>

#include "intent/understanding.h"

namespace updraft::learn {

std::vector<text::TokenId> make_shortlist(std::span<const corpus::Corpus* const> corpora,
                                          const text::Tokenizer& tokenizer, std::int64_t size) {
  std::vector<char> chosen(tokenizer.size(), 0);
  const auto take = [&](std::string_view text) {
    for (const text::TokenId token : tokenizer.encode(text)) chosen[token] = 1;
  };
  const auto take_all = [&](const std::vector<Record>& records) {
    for (const Record& record : records) {
      corpus::for_each_text(record, take);
      for (const corpus::Utterance& utterance : record.utterances)
        take(intent::to_text(intent::understanding_of(record, utterance)));
    }
  };
  for (const corpus::Corpus* corpus : corpora) {
    take_all(corpus->train);
    take_all(corpus->held_out);
  }
  chosen[tokenizer.eos()] = 1;
  const auto n_tokens = static_cast<text::TokenId>(tokenizer.size());
  for (text::TokenId token = 0; token < n_tokens; ++token) {
    if (tokenizer.bytes(token).size() == 1) chosen[token] = 1;
  }
  auto count = std::count(chosen.begin(), chosen.end(), 1);
  for (text::TokenId token = 0; token < n_tokens && count < size; ++token) {
    if (chosen[token] == 0 && !tokenizer.is_control(token)) chosen[token] = 1, ++count;
  }
  std::vector<text::TokenId> shortlist;
  for (text::TokenId token = 0; token < n_tokens; ++token) {
    if (chosen[token] != 0) shortlist.push_back(token);
  }
  return shortlist;
}

OutputRows output_rows(const std::vector<text::TokenId>& shortlist, std::int64_t n_vocab, std::int64_t negatives,
                       std::mt19937_64& random) {
  OutputRows rows{shortlist, std::vector<std::int32_t>(static_cast<std::size_t>(n_vocab), -1)};
  for (std::size_t row = 0; row < shortlist.size(); ++row)
    rows.row_of_token[shortlist[row]] = static_cast<std::int32_t>(row);
  for (std::int64_t i = 0; i < negatives; ++i) {
    const auto token = static_cast<text::TokenId>(random() % static_cast<std::uint64_t>(n_vocab));
    if (rows.row_of_token[token] >= 0) continue;
    rows.row_of_token[token] = static_cast<std::int32_t>(rows.tokens.size());
    rows.tokens.push_back(token);
  }
  return rows;
}

}  // namespace updraft::learn
