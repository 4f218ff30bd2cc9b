#include "encode/text_encoder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "encode/bert.h"
#include "encode/convert.h"
#include "encode/word_piece.h"

namespace updraft::encode {
namespace {

// Tokens that are worked on together: as many as leave their activations in the second-level cache.
constexpr int max_rows = 256;

void bring_to_unit_mean_square(std::span<float> x) {
  double square = 0;
  for (const float value : x) square += double{value} * value;
  const auto inverse = static_cast<float>(1 / std::sqrt(std::max(square / static_cast<double>(x.size()), 1e-24)));
  for (float& value : x) value *= inverse;
}

}  // namespace

struct TextEncoder::State {
  State(std::vector<std::byte> held, gguf::File model, WordPiece pieces, int threads)
      : bytes(std::move(held)), file(std::move(model)), tokenizer(std::move(pieces)), pool(threads) {}

  std::vector<std::byte> bytes;  // of `file`, when it was made here
  gguf::File file;
  WordPiece tokenizer;
  kernels::ThreadPool pool;
  BertWeights weights;
  std::unique_ptr<Bert> bert;
  std::size_t longest = 0;  // tokens of a text

  EncodedTexts run(std::span<const std::string_view> texts, bool with_tokens);
};

TextEncoder::TextEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextEncoder::TextEncoder(TextEncoder&&) noexcept = default;
TextEncoder& TextEncoder::operator=(TextEncoder&&) noexcept = default;
TextEncoder::~TextEncoder() = default;

Result<TextEncoder> TextEncoder::load(const std::filesystem::path& path, const Options& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    auto file = gguf::File::open(path);
    if (!file) return tl::unexpected(file.error());
    return make({}, std::move(*file), options);
  }
  const auto contents = convert(path, options.type);
  if (!contents) return tl::unexpected(contents.error());
  auto bytes = gguf::to_bytes(*contents);
  auto file = bytes ? gguf::File::parse(*bytes) : Result<gguf::File>(tl::unexpected(bytes.error()));
  auto encoder =
      file ? make(std::move(*bytes), std::move(*file), options) : Result<TextEncoder>(tl::unexpected(file.error()));
  if (!encoder) return fail(encoder.error().code, path.string() + ": " + encoder.error().message);
  return encoder;
}

Result<TextEncoder> TextEncoder::make(std::vector<std::byte> bytes, gguf::File file, const Options& options) {
  auto tokenizer = WordPiece::from(file);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto state = std::make_unique<State>(std::move(bytes), std::move(file), std::move(*tokenizer), options.threads);
  const kernels::Kernels& kernels = options.kernels != nullptr ? *options.kernels : kernels::best_kernels();
  auto weights = BertWeights::load(state->file, kernels, state->pool);
  if (!weights) return tl::unexpected(weights.error());
  state->weights = std::move(*weights);
  const BertShape& shape = state->weights.shape;
  if (state->tokenizer.size() > static_cast<std::size_t>(shape.vocab_size)) {
    return state->file.fail(ErrorCode::corrupt, "fewer token embeddings than tokens");
  }
  state->longest = static_cast<std::size_t>(std::min(max_tokens, shape.positions));
  state->bert = std::make_unique<Bert>(state->weights, state->pool, max_rows);
  return TextEncoder(std::move(state));
}

int TextEncoder::dimension() const { return state_->weights.shape.d_model; }

std::size_t TextEncoder::vocab_size() const { return static_cast<std::size_t>(state_->weights.shape.vocab_size); }

EncodedTexts TextEncoder::State::run(std::span<const std::string_view> texts, bool with_tokens) {
  const auto d = static_cast<std::size_t>(weights.shape.d_model);
  EncodedTexts out;
  out.points.resize(texts.size() * d);
  out.first.push_back(0);
  std::vector<std::vector<TokenId>> batch;
  std::size_t n_rows = 0, done = 0;
  const auto flush = [&] {
    std::span<float> rows;
    if (with_tokens) {
      out.tokens.resize(out.tokens.size() + n_rows * d);
      rows = std::span(out.tokens).last(n_rows * d);
    }
    bert->forward(batch, std::span(out.points).subspan(done * d, batch.size() * d), rows);
    done += batch.size();
    batch.clear();
    n_rows = 0;
  };
  for (const std::string_view text : texts) {
    auto ids = tokenizer.encode(text, longest);
    if (n_rows + ids.size() > max_rows) flush();
    n_rows += ids.size();
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    out.first.push_back(out.ids.size());
    batch.push_back(std::move(ids));
  }
  if (!batch.empty()) flush();
  for (std::size_t i = 0; i < out.tokens.size(); i += d) bring_to_unit_mean_square(std::span(out.tokens).subspan(i, d));
  return out;
}

std::vector<float> TextEncoder::encode(std::span<const std::string_view> texts) const {
  return state_->run(texts, /*with_tokens=*/false).points;
}

EncodedTexts TextEncoder::encode_tokens(std::span<const std::string_view> texts) const {
  return state_->run(texts, /*with_tokens=*/true);
}

void TextEncoder::word(TokenId id, std::span<float> out) const {
  const gguf::Tensor& embedding = *state_->weights.token_embedding;
  const std::size_t bytes = gguf::row_bytes(embedding.type, out.size());
  gguf::dequantize(embedding.type, embedding.data.subspan(static_cast<std::size_t>(id) * bytes, bytes), out);
  bring_to_unit_mean_square(out);
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace updraft::encode
