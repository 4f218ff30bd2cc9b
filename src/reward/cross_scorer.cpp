#include "reward/cross_scorer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "encode/text_encoder.h"
#include "gguf/types.h"

namespace updraft::reward {
namespace {

constexpr int max_dimension = 4096;
constexpr int max_width = 512;
constexpr int max_hidden = 1024;

// An extent of a tensor, 0 if it has none, at most `most` + 1.
int extent(const gguf::File& file, std::string_view name, std::size_t axis, int most) {
  const gguf::Tensor* tensor = file.tensor(name);
  if (tensor == nullptr || axis >= tensor->shape.size()) return 0;
  return static_cast<int>(std::min<std::uint64_t>(tensor->shape[axis], static_cast<std::uint64_t>(most) + 1));
}

Result<> read(const gguf::File& file, const std::string& name, const std::vector<std::uint64_t>& extents,
              std::vector<float>& values) {
  const gguf::Tensor* tensor = file.tensor(name);
  if (tensor == nullptr) return file.fail(ErrorCode::corrupt, "tensor " + name + " is missing");
  if (tensor->shape != extents) return file.fail(ErrorCode::corrupt, "tensor " + name + " has a wrong shape");
  gguf::dequantize(tensor->type, tensor->data, values);
  if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    return file.fail(ErrorCode::corrupt, "tensor " + name + " holds what is no number");
  }
  return {};
}

}  // namespace

CrossScorerWeights::CrossScorerWeights(const CrossScorerShape& of) : shape(of) {
  each(*this, [](const std::string&, const std::vector<std::uint64_t>& extents, std::vector<float>& values) {
    std::size_t size = 1;
    for (const std::uint64_t extent : extents) size *= extent;
    values.resize(size);
  });
}

gguf::Contents CrossScorerWeights::contents(const std::string& about) const {
  gguf::Contents contents;
  contents.metadata = {{"general.architecture", "cross_scorer"},
                       {"general.name", "updraft cross-scorer"},
                       {"general.description", about},
                       {"cross_scorer.version", CrossScorer::version},
                       {"cross_scorer.lexical_features", static_cast<std::uint32_t>(n_lexical_features)}};
  each(*this,
       [&](const std::string& name, const std::vector<std::uint64_t>& extents, const std::vector<float>& values) {
         gguf::WriteTensor& tensor = contents.tensors.emplace_back();
         tensor.name = name;
         tensor.type = name.ends_with(".weight") ? gguf::TensorType::f16 : gguf::TensorType::f32;
         tensor.shape = extents;
         tensor.data.resize(gguf::row_bytes(tensor.type, values.size()));
         gguf::quantize(tensor.type, values, tensor.data);
       });
  return contents;
}

void multiply_add(std::span<const float> x, std::span<const float> matrix, std::span<float> out) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float* row = matrix.data() + i * out.size();
    for (std::size_t k = 0; k < out.size(); ++k) out[k] += x[i] * row[k];
  }
}

Result<CrossScorer> CrossScorer::load(const std::filesystem::path& path, int dimension) {
  const auto file = gguf::File::open(path);
  if (!file) return tl::unexpected(file.error());
  return read(*file, dimension);
}

Result<std::optional<CrossScorer>> CrossScorer::beside(const std::filesystem::path& encoder, int dimension) {
  const std::filesystem::path path = encoder.parent_path() / "cross-scorer.gguf";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  auto scorer = load(path, dimension);
  if (!scorer) return tl::unexpected(scorer.error());
  return std::optional(*std::move(scorer));
}

Result<CrossScorer> CrossScorer::read(const gguf::File& file, int dimension) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "cross_scorer") return file.fail(ErrorCode::unsupported, "not a cross-scorer");
  for (const auto& [key, expected] :
       {std::pair<std::string_view, std::size_t>{"cross_scorer.version", version},
        std::pair<std::string_view, std::size_t>{"cross_scorer.lexical_features", n_lexical_features}}) {
    const auto found = file.integer(key);
    if (!found) return tl::unexpected(found.error());
    if (*found != expected) {
      return file.fail(ErrorCode::unsupported, std::string(key) + " is " + std::to_string(*found) + ", not " +
                                                   std::to_string(expected) + ": train the scorer anew");
    }
  }
  const CrossScorerShape shape{.dimension = extent(file, "intent.weight", 0, max_dimension),
                               .width = extent(file, "intent.weight", 1, max_width),
                               .hidden = extent(file, "output.weight", 1, max_hidden)};
  if (shape.dimension < 1 || shape.dimension > max_dimension || shape.width < 1 || shape.width > max_width ||
      shape.hidden < 1 || shape.hidden > max_hidden) {
    return file.fail(ErrorCode::unsupported, "a cross-scorer of a size that is not supported");
  }
  if (shape.dimension != dimension) {
    return file.fail(ErrorCode::unsupported, "a cross-scorer for a text encoder of dimension " +
                                                 std::to_string(shape.dimension) + ", not " +
                                                 std::to_string(dimension));
  }
  CrossScorerWeights weights(shape);
  Result<> all;
  CrossScorerWeights::each(weights, [&](const std::string& name, const auto& extents, std::vector<float>& values) {
    if (all) all = reward::read(file, name, extents, values);
  });
  if (!all) return tl::unexpected(all.error());
  return CrossScorer(std::move(weights));
}

std::vector<double> CrossScorer::logits(Task task, std::span<const float> intent, std::span<const float> prompts,
                                        std::span<const LexicalFeatures> lexical) const {
  const auto d = static_cast<std::size_t>(shape().dimension), w = static_cast<std::size_t>(shape().width);
  const auto h = static_cast<std::size_t>(shape().hidden), c = static_cast<std::size_t>(shape().compared());
  const auto t = static_cast<std::size_t>(task);
  const float scale = std::sqrt(static_cast<float>(d));
  std::vector<float> u(w), v(w), compared(c), hidden(h);
  multiply_add(intent, weights_.intent, u);
  std::vector<double> logits;
  for (std::size_t i = 0; i < lexical.size(); ++i) {
    const auto prompt = prompts.subspan(i * d, d);
    std::fill(v.begin(), v.end(), 0.0F);
    multiply_add(prompt, weights_.prompt, v);
    for (std::size_t k = 0; k < w; ++k) {
      compared[k] = scale * u[k] * scale * v[k];
      compared[w + k] = scale * std::abs(u[k] - v[k]);
    }
    compared[2 * w] = static_cast<float>(encode::cosine(intent, prompt));
    std::copy(lexical[i].begin(), lexical[i].end(), compared.begin() + static_cast<std::ptrdiff_t>(2 * w + 1));
    std::copy_n(weights_.hidden_bias.data() + t * h, h, hidden.begin());
    multiply_add(compared, std::span(weights_.hidden).subspan(t * c * h, c * h), hidden);
    double logit = weights_.output_bias[t];
    for (std::size_t k = 0; k < h; ++k) logit += double{std::max(0.0F, hidden[k])} * weights_.output[t * h + k];
    logits.push_back(logit);
  }
  return logits;
}

}  // namespace updraft::reward
