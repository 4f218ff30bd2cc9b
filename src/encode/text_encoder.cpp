#include "encode/text_encoder.h"

#include <algorithm>
#include <string>
#include <thread>

#include "encode/bert.h"
#include "encode/word_piece.h"

namespace updraft::encode {
namespace {

constexpr int max_rows = 512;  // tokens that are worked on together

}  // namespace

struct TextEncoder::State {
  State(SafeTensors tensors, WordPiece pieces, int threads)
      : file(std::move(tensors)), tokenizer(std::move(pieces)), pool(threads) {}

  SafeTensors file;
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

Result<TextEncoder> TextEncoder::load(const std::filesystem::path& folder, const Options& options) {
  const auto path = folder / "model.safetensors";
  auto file = SafeTensors::open(path);
  if (!file) return tl::unexpected(file.error());
  auto tokenizer = WordPiece::open(folder / "vocab.txt");
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  auto state =
      std::make_unique<State>(std::move(*file), std::move(*tokenizer), options.threads > 0 ? options.threads : cores);
  const kernels::Kernels& kernels = options.kernels != nullptr ? *options.kernels : kernels::best_kernels();
  auto weights = BertWeights::load(state->file, options.type, kernels, state->pool);
  if (!weights) return fail(weights.error().code, path.string() + ": " + weights.error().message);
  state->weights = std::move(*weights);
  const BertShape& shape = state->weights.shape;
  if (state->tokenizer.size() > static_cast<std::size_t>(shape.vocab_size)) {
    return fail(ErrorCode::corrupt, path.string() + ": has fewer token embeddings than vocab.txt has tokens");
  }
  state->longest = static_cast<std::size_t>(std::min(max_tokens, shape.positions));
  state->bert = std::make_unique<Bert>(state->weights, state->pool, max_rows);
  return TextEncoder(std::move(state));
}

int TextEncoder::dimension() const { return state_->weights.shape.d_model; }

std::vector<float> TextEncoder::encode(std::span<const std::string_view> texts) const {
  const auto d = static_cast<std::size_t>(dimension());
  std::vector<float> points(texts.size() * d);
  std::vector<std::vector<TokenId>> batch;
  std::size_t n_rows = 0, done = 0;
  const auto flush = [&] {
    state_->bert->forward(batch, std::span(points).subspan(done * d, batch.size() * d));
    done += batch.size();
    batch.clear();
    n_rows = 0;
  };
  for (const std::string_view text : texts) {
    auto ids = state_->tokenizer.encode(text, state_->longest);
    if (n_rows + ids.size() > max_rows) flush();
    n_rows += ids.size();
    batch.push_back(std::move(ids));
  }
  if (!batch.empty()) flush();
  return points;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace updraft::encode
