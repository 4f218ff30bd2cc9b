#include "encode/convert_image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "encode/efficient_net.h"
#include "gguf/convert.h"
#include "kernels/packed_matrix.h"

namespace updraft::encode {
namespace {

using gguf::Tensor;
using gguf::TensorType;

constexpr float norm_epsilon = 1e-3F;                                    // of the batch norms
constexpr float mean = 127, deviation = 128;                             // of the colours, in the training
constexpr std::array<std::uint32_t, 7> strides = {1, 2, 2, 2, 1, 2, 1};  // of the first block of each stage
constexpr std::size_t max_channels = EfficientNetShape::max_channels;

// The stages that have few weights and many places. Where a picture is flat or of one texture, the same is computed at
// every place, so that rounding errors of weights do not average out: they stay in 16 bits.
constexpr std::size_t exact_stages = 5;

// The sizes that there are weights of: told apart by their blocks and by the channels behind the third stage.
struct Size {
  std::size_t blocks, channels;
  int side;
};
constexpr std::array<Size, 3> sizes = {{{16, 40, 224}, {21, 40, 240}, {21, 48, 260}}};

std::size_t filled_up(std::size_t channels) {
  constexpr std::size_t unit = kernels::block_size;
  return (channels + unit - 1) / unit * unit;
}

tl::unexpected<Error> corrupt(const std::string& message) { return fail(ErrorCode::corrupt, message); }

// Filter by filter: out channels, in channels, rows and columns of a kernel.
struct Filters {
  std::size_t out = 0, in = 0, kernel = 0;
  std::vector<float> weights;  // [out, in, kernel, kernel]
  std::vector<float> bias;     // [out]
};

// Reads what PyTorch wrote. The first error is kept.
class Source {
 public:
  explicit Source(const SafeTensors& tensors) : tensors_(tensors) {}

  [[nodiscard]] bool has(const std::string& name) const { return tensors_.tensor(name) != nullptr; }
  [[nodiscard]] const Result<>& result() const { return result_; }
  void wrong(const std::string& message) {
    if (result_) result_ = corrupt(message);
  }

  // A convolution and the batch norm behind it as one convolution.
  Filters convolution(const std::string& name, const std::string& norm) {
    Filters f = filters(name);
    const auto scale = vector(norm + ".weight", f.out), shift = vector(norm + ".bias", f.out);
    const auto average = vector(norm + ".running_mean", f.out), variance = vector(norm + ".running_var", f.out);
    const std::size_t n = f.out == 0 ? 0 : f.weights.size() / f.out;
    for (std::size_t i = 0; i < f.out; ++i) {
      const float factor = scale[i] / std::sqrt(variance[i] + norm_epsilon);
      for (std::size_t j = 0; j < n; ++j) f.weights[i * n + j] *= factor;
      f.bias.push_back(shift[i] - average[i] * factor);
    }
    return f;
  }
  Filters linear(const std::string& name) {
    Filters f = filters(name);
    f.bias = vector(name + ".bias", f.out);
    return f;
  }

 private:
  Filters filters(const std::string& name) {
    const Tensor* tensor = tensors_.tensor(name + ".weight");
    Filters f;
    if (tensor == nullptr) {
      wrong("tensor " + name + ".weight is missing: not an EfficientNet-Lite");
      return f;
    }
    auto shape = tensor->shape;
    if (shape.size() == 2) shape.insert(shape.end(), 2, 1);  // a linear layer
    if (shape.size() != 4 || shape[2] != shape[3] || shape[2] > 5 || shape[0] > max_channels ||
        shape[1] > max_channels) {
      wrong("tensor " + name + ".weight has a shape that cannot be");
      return f;
    }
    f.out = shape[0];
    f.in = shape[1];
    f.kernel = shape[2];
    f.weights.resize(f.out * f.in * f.kernel * f.kernel);
    gguf::dequantize(tensor->type, tensor->data, f.weights);
    return f;
  }
  std::vector<float> vector(const std::string& name, std::size_t n) {
    std::vector<float> values(n);
    const Tensor* tensor = tensors_.tensor(name);
    if (tensor == nullptr || tensor->shape != std::vector<std::uint64_t>{n}) {
      wrong("tensor " + name + " is missing or has another length than its convolution");
    } else {
      gguf::dequantize(tensor->type, tensor->data, values);
    }
    return values;
  }

  const SafeTensors& tensors_;
  Result<> result_;
};

// Writes tensors; the first error is kept.
class Target {
 public:
  Target(gguf::Contents& contents, TensorType type) : contents_(contents), type_(type) {}

  [[nodiscard]] const Result<>& result() const { return result_; }

  // [rows, columns] of a 1x1 convolution or a linear layer; more of both than it has are zero.
  void matrix(const std::string& name, const Filters& f, std::size_t rows, std::size_t columns) {
    std::vector<float> values(rows * columns);
    for (std::size_t i = 0; i < f.out; ++i) std::copy_n(&f.weights[i * f.in], f.in, &values[i * columns]);
    add(name, {rows, columns}, values, f.bias);
  }
  void matrix(const std::string& name, const Filters& f) { matrix(name, f, filled_up(f.out), filled_up(f.in)); }
  // What is written from now on.
  void set_type(TensorType type) { type_ = type; }
  void stem(const std::string& name, const Filters& f) {
    const std::size_t rows = filled_up(f.out), columns = filled_up(f.kernel * f.kernel * f.in);
    const std::size_t area = f.kernel * f.kernel;
    std::vector<float> values(rows * columns);
    for (std::size_t i = 0; i < f.out; ++i) {
      for (std::size_t c = 0; c < f.in; ++c) {
        for (std::size_t at = 0; at < area; ++at) {
          values[i * columns + at * f.in + c] = f.weights[(i * f.in + c) * area + at];
        }
      }
    }
    add(name, {rows, columns}, values, f.bias);
  }
  void depthwise(const std::string& name, const Filters& f) {
    const std::size_t channels = filled_up(f.out), area = f.kernel * f.kernel;
    std::vector<float> values(area * channels);
    for (std::size_t i = 0; i < f.out; ++i) {
      for (std::size_t at = 0; at < area; ++at) values[at * channels + i] = f.weights[i * area + at];
    }
    add(name, {f.kernel, f.kernel, channels}, values, f.bias);
  }

 private:
  void add(const std::string& name, const std::vector<std::uint64_t>& shape, std::span<const float> values,
           std::vector<float> bias) {
    const auto finite = [](float x) { return std::isfinite(x); };
    if (!std::all_of(values.begin(), values.end(), finite) || !std::all_of(bias.begin(), bias.end(), finite)) {
      if (result_) result_ = corrupt(name + " would hold what is not a number");
      return;
    }
    bias.resize(shape.size() == 2 ? shape.front() : shape.back());
    add(name + ".weight", shape, values);
    add(name + ".bias", {bias.size()}, bias);
  }
  void add(const std::string& name, const std::vector<std::uint64_t>& shape, std::span<const float> values) {
    auto converted = gguf::convert({name, TensorType::f32, shape, std::as_bytes(values)}, type_);
    if (converted) {
      contents_.tensors.push_back(std::move(*converted));
    } else if (result_) {
      result_ = tl::unexpected(converted.error());
    }
  }

  gguf::Contents& contents_;
  TensorType type_;
  Result<> result_;
};

Result<> check_classes(std::span<const std::string> classes) {
  if (classes.empty() || classes.size() > static_cast<std::size_t>(EfficientNetShape::max_classes)) {
    return corrupt("not 1 to 65536 names of classes");
  }
  if (!std::all_of(classes.begin(), classes.end(), is_class_name)) {
    return corrupt("a class's name is empty, longer than 100 bytes, or has control characters");
  }
  return {};
}

Result<std::vector<std::string>> read_classes(const std::filesystem::path& path) {
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::string> classes;
  for (std::string_view rest = file->text();
       !rest.empty() && classes.size() <= static_cast<std::size_t>(EfficientNetShape::max_classes);) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    classes.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (const auto good = check_classes(classes); !good) {
    return fail(good.error().code, path.string() + ": " + good.error().message);
  }
  return classes;
}

}  // namespace

Result<gguf::Contents> convert_image_encoder(const SafeTensors& tensors, std::span<const std::string> classes,
                                             const SafeTensors* projection, int side, TensorType type) {
  if (const auto good = check_classes(classes); !good) return tl::unexpected(good.error());
  gguf::Contents out;
  Source source(tensors);
  Target target(out, type);
  const Filters stem = source.convolution("_conv_stem", "_bn0");
  if (stem.in != EfficientNetShape::colours || stem.kernel != EfficientNetShape::stem_kernel) {
    source.wrong("tensor _conv_stem.weight is not of three colours and 3x3 pixels");
  }
  if (!source.result()) return tl::unexpected<Error>(source.result().error());
  target.stem("stem", stem);

  std::vector<std::uint32_t> block_strides, residual;
  std::size_t stage = 0, channels = stem.out, third_stage = 0;
  for (std::size_t i = 0; source.has("_blocks." + std::to_string(i) + "._project_conv.weight"); ++i) {
    if (i == EfficientNetShape::max_blocks) return corrupt("too many blocks");
    const std::string from = "_blocks." + std::to_string(i) + ".", to = "blk." + std::to_string(i) + ".";
    const bool expands = source.has(from + "_expand_conv.weight");
    Filters expand;
    if (expands) expand = source.convolution(from + "_expand_conv", from + "_bn0");
    const Filters depthwise = source.convolution(from + "_depthwise_conv", from + "_bn1");
    const Filters project = source.convolution(from + "_project_conv", from + "_bn2");
    const std::size_t hidden = expands ? expand.out : channels;
    const bool fits = (!expands || (expand.in == channels && expand.kernel == 1)) && depthwise.out == hidden &&
                      depthwise.in == 1 && project.in == hidden && project.kernel == 1;
    if (!fits) source.wrong("block " + std::to_string(i) + " does not fit the one before it");
    if (!source.result()) return tl::unexpected<Error>(source.result().error());
    const bool begins_stage = project.out != channels;
    if (begins_stage && stage++ == strides.size()) return fail(ErrorCode::unsupported, "more than seven stages");
    if (stage == 0) return fail(ErrorCode::unsupported, "the first block keeps the stem's channels");
    target.set_type(kernels::is_quantized(type) && stage <= exact_stages ? TensorType::f16 : type);
    if (expands) target.matrix(to + "expand", expand);
    target.depthwise(to + "depthwise", depthwise);
    target.matrix(to + "project", project);
    block_strides.push_back(begins_stage ? strides[stage - 1] : 1);
    residual.push_back(begins_stage ? 0 : 1);
    channels = project.out;
    if (stage == 3) third_stage = channels;
  }
  const Filters head = source.convolution("_conv_head", "_bn1"), classifier = source.linear("_fc");
  if (!source.result()) return tl::unexpected<Error>(source.result().error());
  if (head.in != channels || head.kernel != 1 || classifier.in != head.out) {
    return corrupt("the head does not fit the last block, or the classifier the head");
  }
  if (classifier.out != classes.size()) return corrupt("not as many names of classes as the model has classes");
  target.set_type(type);
  target.matrix("head", head);
  target.matrix("classifier", classifier, classifier.out, filled_up(head.out));
  if (projection != nullptr) {
    Source of_projection(*projection);
    const Filters linear = of_projection.linear("projection");
    if (linear.in != head.out || linear.kernel != 1) of_projection.wrong("the projection does not fit the features");
    if (!of_projection.result()) return tl::unexpected<Error>(of_projection.result().error());
    target.matrix("projection", linear, linear.out, filled_up(head.out));
  }
  if (!target.result()) return tl::unexpected<Error>(target.result().error());

  for (const Size& size : sizes) {
    if (side == 0 && size.blocks == residual.size() && size.channels == third_stage) side = size.side;
  }
  if (side == 0) return fail(ErrorCode::unsupported, "not EfficientNet-Lite0, Lite1 or Lite2");
  out.metadata = {{"general.architecture", std::string("efficientnet-lite")},
                  {"general.file_type", gguf::file_type(type)},
                  {"efficientnet-lite.image_size", static_cast<std::uint32_t>(side)},
                  {"efficientnet-lite.image_mean", mean},
                  {"efficientnet-lite.image_deviation", deviation},
                  {"efficientnet-lite.strides", block_strides},
                  {"efficientnet-lite.residual", residual},
                  {"efficientnet-lite.classes", std::vector<std::string>(classes.begin(), classes.end())}};
  return out;
}

Result<gguf::Contents> convert_image_encoder(const std::filesystem::path& folder, TensorType type) {
  const auto path = folder / "model.safetensors", projection_path = folder / "projection.safetensors";
  const auto tensors = SafeTensors::open(path);
  if (!tensors) return tl::unexpected(tensors.error());
  const auto classes = read_classes(folder / "classes.txt");
  if (!classes) return tl::unexpected(classes.error());
  std::optional<SafeTensors> projection;
  std::error_code ignored;
  if (std::filesystem::exists(projection_path, ignored)) {
    auto opened = SafeTensors::open(projection_path);
    if (!opened) return tl::unexpected(opened.error());
    projection = std::move(*opened);
  }
  auto contents = convert_image_encoder(*tensors, *classes, projection ? &*projection : nullptr, 0, type);
  if (!contents) return fail(contents.error().code, path.string() + ": " + contents.error().message);
  return contents;
}

}  // namespace updraft::encode
