// A loaded model and the memory that requests reuse.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "decode/sampler.h"
#include "nn/transformer.h"
#include "suggest/command.h"
#include "text/tokenizer.h"
#include "updraft/result.h"

namespace updraft::suggest {

// All that uses an engine does so from one thread at a time.
struct Engine {
  static constexpr std::size_t max_growing = 32;  // texts that grow at a time
  static constexpr int max_text = 256;            // tokens of a text

  std::unique_ptr<kernels::ThreadPool> pool;
  std::unique_ptr<nn::Model> model;
  text::Tokenizer tokenizer;
  CommandEncoder encoder;
  std::size_t eos = 0;             // the logit of the end token
  std::vector<std::size_t> never;  // logits of tokens that no prompt holds: control tokens, line breaks
  nn::KvTree tree;
  nn::Transformer transformer;
  std::vector<std::vector<float>> probabilities;           // [thread][n_output]
  std::vector<std::vector<decode::Candidate>> candidates;  // [thread]

  // threads = 0: one a core.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& path, int threads);
};

}  // namespace updraft::suggest
