#include "suggest/engine.h"

#include <algorithm>
#include <cmath>

namespace updraft::suggest {

Result<std::unique_ptr<Engine>> Engine::load(const std::filesystem::path& path, const EngineOptions& options) {
  auto pool = std::make_unique<kernels::ThreadPool>(options.threads);
  auto loaded = nn::Model::load(path, *pool);
  if (!loaded) return tl::unexpected(loaded.error());
  auto model = std::make_unique<nn::Model>(std::move(*loaded));
  const auto named = [&](const Error& error) { return fail(error.code, path.string() + ": " + error.message); };
  auto tokenizer = text::Tokenizer::from(model->file);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  const auto encoder = CommandEncoder::from(*tokenizer);
  if (!encoder) return named(encoder.error());

  const nn::Weights& weights = model->weights;
  if (tokenizer->size() != weights.output_index.size()) {
    return named({ErrorCode::corrupt, "the vocabulary and the token embedding differ in size"});
  }
  const std::int32_t eos = weights.output_index[static_cast<std::size_t>(tokenizer->eos())];
  if (eos < 0) return named({ErrorCode::corrupt, "the output shortlist lacks the end token"});
  std::vector<std::size_t> never;
  for (std::size_t i = 0; i < weights.output_tokens.size(); ++i) {
    const std::string_view bytes = tokenizer->bytes(weights.output_tokens[i]);
    const bool unprintable = std::any_of(bytes.begin(), bytes.end(),
                                         [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    if ((bytes.empty() || unprintable) && i != static_cast<std::size_t>(eos)) never.push_back(i);
  }

  constexpr int max_command = 5;
  const int max_branches = static_cast<int>(max_tasks) * options.suggestions;
  // A decoding that joins gets its share at once, before others have given theirs up: 1 + 1/2 + 1/3 + ... times all.
  const int max_leaves = static_cast<int>(options.growing * (1 + std::log(options.decodings))) + options.decodings;
  nn::KvTree tree(weights.config,
                  options.decodings * (options.max_prefix + max_command * max_branches) + max_leaves * (max_text + 1),
                  options.decodings * (1 + max_branches) + max_leaves);
  nn::Transformer transformer(weights, *pool);
  const auto n_threads = static_cast<std::size_t>(pool->size());
  return std::make_unique<Engine>(
      Engine{std::move(pool), std::move(model), std::move(*tokenizer), *encoder, static_cast<std::size_t>(eos),
             std::move(never), static_cast<std::size_t>(options.growing), std::move(tree), std::move(transformer),
             std::vector<std::vector<decode::Candidate>>(n_threads)});
}

}  // namespace updraft::suggest
