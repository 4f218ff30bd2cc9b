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
#include "updraft/suggest.h"

namespace updraft::suggest {

// What an engine has room for. The room is set aside, not used, until it is needed.
struct EngineOptions {
  int threads = 0;                                          // 0: one a core
  int decodings = 1;                                        // at a time
  int growing = 32;                                         // texts that grow at a time, shared out evenly among them
  int max_prefix = static_cast<int>(max_intent_bytes) + 1;  // tokens of an intent; there are no more than bytes
  int suggestions = max_suggestions;                        // of a task
};

// All that uses an engine does so from one thread at a time.
struct Engine {
  static constexpr int max_text = 256;  // tokens of a text

  std::unique_ptr<kernels::ThreadPool> pool;
  std::unique_ptr<nn::Model> model;
  text::Tokenizer tokenizer;
  CommandEncoder encoder;
  std::size_t eos = 0;             // the logit of the end token
  std::vector<std::size_t> never;  // logits of tokens that no prompt holds: control tokens, line breaks
  std::size_t max_growing = 0;     // texts that grow at a time
  nn::KvTree tree;
  nn::Transformer transformer;
  std::vector<std::vector<decode::Candidate>> candidates;  // [thread]

  [[nodiscard]] static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& path,
                                                            const EngineOptions& options);
};

}  // namespace updraft::suggest
