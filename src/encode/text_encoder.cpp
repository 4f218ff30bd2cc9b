#include "encode/text_encoder.h"

#include <algorithm>
#include <string>

#include "encode/bert.h"
#include "encode/convert.h"
#include "encode/word_piece.h"

namespace updraft::encode {
namespace {

// Tokens that are worked on together: as many as leave their activations in the second-level cache.
constexpr int max_rows = 256;

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

std::vector<float> TextEncoder::encode(std::span<const std::string_view> texts) const {
  State& s = *state_;
  const auto d = static_cast<std::size_t>(s.weights.shape.d_model);
  std::vector<float> points(texts.size() * d);
  std::vector<std::vector<TokenId>> batch;
  std::size_t n_rows = 0, done = 0;
  const auto flush = [&] {
    s.bert->forward(batch, std::span(points).subspan(done * d, batch.size() * d));
    done += batch.size();
    batch.clear();
    n_rows = 0;
  };
  for (const std::string_view text : texts) {
    auto ids = s.tokenizer.encode(text, s.longest);
    if (n_rows + ids.size() > max_rows) flush();
    n_rows += ids.size();
    batch.push_back(std::move(ids));
  }
  if (!batch.empty()) flush();
  return points;
}

bool TextEncoder::is_word(std::string_view word) const {
  constexpr std::size_t framed = 3;  // [CLS] word [SEP]
  const auto ids = state_->tokenizer.encode(word, framed + 1);
  return ids.size() == framed && state_->tokenizer.token(ids[1]) != "[UNK]";
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace updraft::encode
