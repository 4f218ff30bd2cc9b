#include "gguf/convert.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

namespace updraft::gguf {
namespace {

// Readers widen integers to 64 bits; the keys of the models we know are declared with 32. nullopt: a value needs more.
template <class Narrow, class Wide>
std::optional<Narrow> narrow(Wide value) {
  if constexpr (std::is_integral_v<Wide>)
    if (!std::in_range<Narrow>(value)) return std::nullopt;
  return static_cast<Narrow>(value);
}

template <class Narrow, class Wide>
std::optional<WriteValue> narrow(const std::vector<Wide>& values) {
  std::vector<Narrow> all;
  all.reserve(values.size());
  for (const Wide value : values) {
    const auto one = narrow<Narrow>(value);
    if (!one) return std::nullopt;
    all.push_back(*one);
  }
  return all;
}

std::optional<WriteValue> writable(const Value& value) {
  return std::visit(
      [](const auto& v) -> std::optional<WriteValue> {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, bool>) return v;
        if constexpr (std::is_same_v<V, std::string_view>) return std::string(v);
        if constexpr (std::is_same_v<V, std::vector<std::string_view>>)
          return std::vector<std::string>(v.begin(), v.end());
        if constexpr (std::is_same_v<V, std::uint64_t> || std::is_same_v<V, std::vector<std::uint64_t>>)
          return narrow<std::uint32_t>(v);
        if constexpr (std::is_same_v<V, std::int64_t> || std::is_same_v<V, std::vector<std::int64_t>>)
          return narrow<std::int32_t>(v);
        if constexpr (std::is_same_v<V, double> || std::is_same_v<V, std::vector<double>>) return narrow<float>(v);
      },
      value);
}

TensorType target(const Tensor& tensor, TensorType type) {
  if (tensor.rows() == 1 || tensor.name == "token_types.weight") return TensorType::f32;
  const bool is_float = type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16;
  const bool kernel = tensor.shape.size() > 2 || tensor.name == "stem.weight";
  if (kernel && !is_float) return TensorType::f16;
  const bool four_bits = type == TensorType::q4_0 || type == TensorType::q4_1;
  const bool table = tensor.name == "token_embd.weight" || tensor.name == "position_embd.weight";
  return four_bits && table ? TensorType::q8_0 : type;
}

}  // namespace

std::uint32_t file_type(TensorType type) {
  switch (type) {
    case TensorType::f32:
      return 0;
    case TensorType::f16:
      return 1;
    case TensorType::q4_0:
      return 2;
    case TensorType::q4_1:
      return 3;
    case TensorType::q8_0:
      return 7;
    case TensorType::bf16:
      return 32;
  }
  return 0;
}

Result<Contents> copy_metadata(const File& file) {
  Contents contents;
  for (const auto& [key, value] : file.metadata()) {
    auto copy = writable(value);
    if (!copy) return fail(ErrorCode::unsupported, std::string(key) + ": a value needs more than 32 bits");
    contents.metadata.emplace_back(key, std::move(*copy));
  }
  return contents;
}

Result<WriteTensor> convert(const Tensor& tensor, TensorType type) {
  WriteTensor out{std::string(tensor.name), target(tensor, type), tensor.shape, {}};
  if (tensor.columns() % traits(out.type).block_size != 0)
    return fail(ErrorCode::unsupported, out.name + ": rows of " + std::to_string(tensor.columns()) +
                                            " values cannot be " + std::string(traits(out.type).name));
  if (out.type == tensor.type) {
    out.data.assign(tensor.data.begin(), tensor.data.end());
    return out;
  }
  std::vector<float> row(tensor.columns());
  const std::size_t from = row_bytes(tensor.type, row.size()), to = row_bytes(out.type, row.size());
  out.data.resize(tensor.rows() * to);
  for (std::size_t r = 0; r < tensor.rows(); ++r) {
    dequantize(tensor.type, tensor.data.subspan(r * from, from), row);
    quantize(out.type, row, std::span(out.data).subspan(r * to, to));
  }
  return out;
}

Result<Contents> convert(const File& file, TensorType type) {
  auto contents = copy_metadata(file);
  if (!contents) return contents;
  for (auto& [key, value] : contents->metadata)
    if (key == "general.file_type") value = file_type(type);
  for (const Tensor& tensor : file.tensors()) {
    auto converted = convert(tensor, type);
    if (!converted) return tl::unexpected(converted.error());
    contents->tensors.push_back(std::move(*converted));
  }
  return contents;
}

Result<> leave_out_layers(Contents& contents, std::span<const int> layers) {
  constexpr std::string_view prefix = "blk.";
  const auto count = std::find_if(contents.metadata.begin(), contents.metadata.end(),
                                  [](const auto& entry) { return entry.first.ends_with(".block_count"); });
  auto* n_layers = count == contents.metadata.end() ? nullptr : std::get_if<std::uint32_t>(&count->second);
  if (n_layers == nullptr) return fail(ErrorCode::unsupported, "the file does not tell how many layers it has");
  const std::set<int> gone(layers.begin(), layers.end());
  for (const int layer : gone) {
    if (layer < 0 || std::cmp_greater_equal(layer, *n_layers)) {
      return fail(ErrorCode::invalid_argument,
                  "there is no layer " + std::to_string(layer) + ": layers are 0 to " + std::to_string(*n_layers - 1));
    }
  }
  if (gone.size() >= *n_layers) return fail(ErrorCode::invalid_argument, "a model needs a layer at least");
  *n_layers -= static_cast<std::uint32_t>(gone.size());

  std::vector<WriteTensor> kept;
  for (WriteTensor& tensor : contents.tensors) {
    const std::size_t end = tensor.name.find('.', prefix.size());
    int layer = -1;
    if (tensor.name.starts_with(prefix) && end != std::string::npos) {
      std::from_chars(tensor.name.data() + prefix.size(), tensor.name.data() + end, layer);
    }
    if (gone.contains(layer)) continue;
    if (layer >= 0) {
      const auto before = std::distance(gone.begin(), gone.lower_bound(layer));
      tensor.name = std::string(prefix) + std::to_string(layer - before) + tensor.name.substr(end);
    }
    kept.push_back(std::move(tensor));
  }
  contents.tensors = std::move(kept);
  return {};
}

}  // namespace updraft::gguf
