// For tests: a small random model behind a small real vocabulary, or behind that of the shipped weights.
#pragma once

#include <string>
#include <vector>

#include "gguf/file.h"
#include "gguf/writer.h"
#include "nn/tiny_model.h"
#include "suggest/command.h"

namespace updraft::suggest::test {

enum class Controls {
  named,   // some unused special tokens carry the control tokens' names, as in a trained model
  absent,  // as in a base model
};

enum class Vocabulary { small, shipped };

inline gguf::Contents small_model(Controls controls, unsigned seed = 1, Vocabulary vocabulary = Vocabulary::small) {
  const bool small = vocabulary == Vocabulary::small;
  const auto file = gguf::File::open(small ? UPDRAFT_SOURCE_DIR "/src/text/testdata/small_vocabulary.gguf"
                                           : UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf")
                        .value();
  const auto strings = [&](std::string_view key) {
    const auto values = file.strings(key).value();
    return std::vector<std::string>(values.begin(), values.end());
  };
  std::vector<std::string> tokens = strings("tokenizer.ggml.tokens");
  const auto& types = std::get<std::vector<std::int64_t>>(*file.find("tokenizer.ggml.token_type"));
  std::size_t unused = 3;
  for (const std::string_view name : control_token_names()) {
    if (controls == Controls::named) tokens.at(unused++) = name;
  }
  nn::test::TinyShape shape;
  shape.vocab_size = static_cast<int>(tokens.size());
  // So few outputs that a hot sampler always sees the end token among its candidates: random models hardly ever end.
  if (small) {
    constexpr std::uint32_t n_specials = 17, n_outputs = 200;
    shape.shortlist = {static_cast<std::uint32_t>(file.integer("tokenizer.ggml.eos_token_id").value())};
    const auto stride = (static_cast<std::uint32_t>(tokens.size()) - n_specials) / n_outputs;
    for (std::uint32_t i = 0; i < n_outputs; ++i) shape.shortlist.push_back(n_specials + i * stride);
  }
  gguf::Contents contents = nn::test::tiny_contents(shape, seed);
  for (const std::string key : {"tokenizer.ggml.model", "tokenizer.ggml.pre"}) {
    contents.metadata.emplace_back(key, std::string(file.string(key).value()));
  }
  for (const std::string key : {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"}) {
    contents.metadata.emplace_back(key, static_cast<std::uint32_t>(file.integer(key).value()));
  }
  contents.metadata.emplace_back("tokenizer.ggml.token_type", std::vector<std::int32_t>(types.begin(), types.end()));
  contents.metadata.emplace_back("tokenizer.ggml.tokens", std::move(tokens));
  contents.metadata.emplace_back("tokenizer.ggml.merges", strings("tokenizer.ggml.merges"));
  return contents;
}

}  // namespace updraft::suggest::test
