#include "sight/tags.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "encode/efficient_net.h"
#include "encode/weight_reader.h"
#include "gguf/convert.h"

namespace updraft::sight {
namespace {

constexpr std::size_t max_names = 1U << 14U;
constexpr std::size_t max_heads_values = 1U << 24U;

// The names of the heads, then those of the classes that are none of them; which tag each class is.
struct Vocabulary {
  std::vector<std::string> names;
  std::vector<std::uint32_t> of_class;
};
Vocabulary vocabulary_of(std::span<const std::string> heads, std::span<const std::string> classes) {
  Vocabulary v{{heads.begin(), heads.end()}, {}};
  std::map<std::string, std::uint32_t, std::less<>> places;
  for (std::size_t i = 0; i < heads.size(); ++i) places.emplace(heads[i], static_cast<std::uint32_t>(i));
  for (const std::string& name : classes) {
    std::string tag = tag_of_class(name);
    const auto [place, fresh] = places.emplace(tag, static_cast<std::uint32_t>(v.names.size()));
    if (fresh) v.names.push_back(std::move(tag));
    v.of_class.push_back(place->second);
  }
  return v;
}

}  // namespace

std::string tag_of_class(std::string_view name) {
  std::string tag(name.substr(0, name.find(" / ")));
  constexpr std::string_view having = "a cat having a striped coat";  // how ImageNet's tabby is told apart
  return tag == having ? "tabby cat" : tag;
}

Result<Tags> Tags::open(const std::filesystem::path& path) {
  const auto file = gguf::File::open(path);
  if (!file) return tl::unexpected(file.error());
  return from(*file);
}

Result<Tags> Tags::from(const gguf::File& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "image-tags") return file.fail(ErrorCode::unsupported, "no file of tags for pictures");
  const auto names = file.strings("image-tags.names");
  if (!names) return tl::unexpected(names.error());
  const auto of_class = file.integers("image-tags.of_class");
  if (!of_class) return tl::unexpected(of_class.error());
  const gguf::Tensor* weight = file.tensor("tags.weight");
  const bool good = !names->empty() && names->size() <= max_names &&
                    std::all_of(names->begin(), names->end(), encode::is_class_name) && of_class->size() <= max_names &&
                    std::all_of(of_class->begin(), of_class->end(), [&](std::uint64_t i) { return i < names->size(); });
  if (!good) return file.fail(ErrorCode::corrupt, "image-tags.names or .of_class are not what they must be");
  if (weight == nullptr || weight->shape.size() != 2 || weight->rows() < 1 || weight->rows() > names->size() ||
      weight->columns() < 1 || weight->columns() > max_heads_values / weight->rows()) {
    return file.fail(ErrorCode::corrupt, "tensor tags.weight is missing or of a shape that cannot be");
  }
  encode::WeightReader reader(file);
  Tags tags;
  tags.names_.assign(names->begin(), names->end());
  for (const std::uint64_t i : *of_class) tags.of_class_.push_back(static_cast<std::uint32_t>(i));
  tags.hidden_ = weight->columns();
  tags.weight_ = reader.values("tags.weight", {weight->rows(), weight->columns()});
  tags.bias_ = reader.values("tags.bias", {weight->rows()});
  if (!reader.result()) return tl::unexpected<Error>(reader.result().error());
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::all_of(tags.weight_.begin(), tags.weight_.end(), finite) ||
      !std::all_of(tags.bias_.begin(), tags.bias_.end(), finite)) {
    return file.fail(ErrorCode::corrupt, "the tags' weights hold what is not a number");
  }
  return tags;
}

Tags Tags::of_classes(std::span<const std::string> classes) {
  Vocabulary vocabulary = vocabulary_of({}, classes);
  Tags tags;
  tags.names_ = std::move(vocabulary.names);
  tags.of_class_ = std::move(vocabulary.of_class);
  return tags;
}

std::vector<double> Tags::scores(const encode::EncodedImage& image, double photo) const {
  std::vector<double> scores(names_.size(), 0.0);
  if (bias_.empty()) photo = 1;
  const auto classes = encode::ImageEncoder::likeliest(image.logits, image.logits.size());
  for (const auto& one : classes) scores[of_class_[one.index]] += photo * one.probability;
  for (std::size_t i = 0; i < bias_.size(); ++i) {
    const float* row = weight_.data() + i * hidden_;
    double sum = bias_[i];
    for (std::size_t c = 0; c < hidden_; ++c) sum += double{row[c]} * image.hidden[c];
    scores[i] += (1 - photo) / (1 + std::exp(-sum));
  }
  for (double& score : scores) score = std::clamp(score, 0.0, 1.0);
  return scores;
}

Result<gguf::Contents> Tags::contents(std::span<const std::string> heads, std::span<const float> weight,
                                      std::span<const float> bias, std::span<const std::string> classes) {
  Vocabulary vocabulary = vocabulary_of(heads, classes);
  gguf::Contents out;
  out.metadata = {{"general.architecture", std::string("image-tags")},
                  {"image-tags.names", std::move(vocabulary.names)},
                  {"image-tags.of_class", std::move(vocabulary.of_class)}};
  auto matrix = gguf::convert(
      {"tags.weight", gguf::TensorType::f32, {heads.size(), weight.size() / heads.size()}, std::as_bytes(weight)},
      gguf::TensorType::q8_0);
  if (!matrix) return tl::unexpected(matrix.error());
  auto vector =
      gguf::convert({"tags.bias", gguf::TensorType::f32, {heads.size()}, std::as_bytes(bias)}, gguf::TensorType::f32);
  if (!vector) return tl::unexpected(vector.error());
  out.tensors = {std::move(*matrix), std::move(*vector)};
  return out;
}

std::vector<SeenTag> likeliest(std::span<const std::string> names, std::span<const double> scores, std::size_t n,
                               double least) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(n, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  std::vector<SeenTag> tags;
  for (auto at = order.begin(); at != end && scores[*at] >= least; ++at) tags.push_back({names[*at], scores[*at]});
  return tags;
}

}  // namespace updraft::sight
