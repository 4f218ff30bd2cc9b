#include "encode/safetensors.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

static_assert(std::endian::native == std::endian::little, "safetensors is read in place, as little endian");

namespace updraft::encode {
namespace {

using nlohmann::json;

constexpr std::uint64_t max_header = 4 << 20;  // bytes; that of a model of 100 tensors takes 11 KiB
constexpr std::size_t max_name = 1 << 10;      // bytes
constexpr std::size_t max_dimensions = 8;

tl::unexpected<Error> corrupt(const std::string& message) { return fail(ErrorCode::corrupt, message); }

struct DataType {
  std::string_view name;
  std::uint64_t bytes;
  std::optional<gguf::TensorType> type;  // none: of no use to us
};
constexpr std::array<DataType, 12> data_types = {{{"F32", 4, gguf::TensorType::f32},
                                                  {"F16", 2, gguf::TensorType::f16},
                                                  {"BF16", 2, gguf::TensorType::bf16},
                                                  {"F64", 8, {}},
                                                  {"I64", 8, {}},
                                                  {"I32", 4, {}},
                                                  {"I16", 2, {}},
                                                  {"I8", 1, {}},
                                                  {"U8", 1, {}},
                                                  {"BOOL", 1, {}},
                                                  {"F8_E4M3", 1, {}},
                                                  {"F8_E5M2", 1, {}}}};

// The elements of an array of non-negative integers.
std::optional<std::vector<std::uint64_t>> integers(const json& array) {
  if (!array.is_array()) return std::nullopt;
  std::vector<std::uint64_t> values;
  for (const json& value : array) {
    if (!value.is_number_unsigned()) return std::nullopt;
    values.push_back(value.get<std::uint64_t>());
  }
  return values;
}

struct Entry {
  const DataType* type = nullptr;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;  // within the data
};

// `what` names the tensor in errors.
Result<Entry> read_entry(const json& value, const std::string& what, std::uint64_t data_bytes) {
  const auto member = [&](const char* key) { return value.is_object() && value.contains(key) ? value[key] : json(); };
  const json dtype = member("dtype");
  const auto shape = integers(member("shape")), offsets = integers(member("data_offsets"));
  if (!dtype.is_string() || !shape || !offsets || offsets->size() != 2) {
    return corrupt(what + " lacks a dtype, a shape or two data_offsets");
  }
  Entry entry{nullptr, *shape, offsets->front(), offsets->back()};
  for (const DataType& type : data_types) {
    if (type.name == dtype.get_ref<const std::string&>()) entry.type = &type;
  }
  if (entry.type == nullptr) return fail(ErrorCode::unsupported, what + " has a data type that is not supported");
  if (shape->size() > max_dimensions) return corrupt(what + " has too many dimensions");
  std::uint64_t bytes = entry.type->bytes;
  for (const std::uint64_t length : *shape) {
    // No tensor that fits into the file fails here, so the product cannot overflow.
    if (length != 0 && bytes > data_bytes / length) return corrupt("truncated: " + what + " is larger than the file");
    bytes *= length;
  }
  if (entry.begin > entry.end || entry.end > data_bytes) {
    return corrupt("truncated: " + what + " lies beyond the end of the file");
  }
  if (entry.end - entry.begin != bytes) return corrupt(what + " has another size than its shape says");
  return entry;
}

}  // namespace

Result<> SafeTensors::read(std::span<const std::byte> bytes) {
  std::uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes) return corrupt("not a safetensors file (it is too short)");
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  if (header_bytes > max_header) return corrupt("not a safetensors file (its header is too long)");
  if (header_bytes > bytes.size() - sizeof header_bytes) return corrupt("truncated: it ends inside its header");
  const auto header_text = bytes.subspan(sizeof header_bytes, header_bytes);
  const auto data = bytes.subspan(sizeof header_bytes + header_bytes);

  const auto* text = reinterpret_cast<const char*>(header_text.data());
  const json header = json::parse(text, text + header_text.size(), nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return corrupt("not a safetensors file (its header is no JSON object)");
  std::size_t number = 0;
  for (const auto& [name, value] : header.items()) {
    ++number;
    if (name == "__metadata__") continue;
    const std::string what = "tensor " + std::to_string(number);  // names come from the file: not for messages
    if (name.size() > max_name) return corrupt(what + " has a name that is too long");
    const auto entry = read_entry(value, what, data.size());
    if (!entry) return tl::unexpected(entry.error());
    if (!entry->type->type || entry->shape.empty() || entry->begin == entry->end) continue;
    const auto at = tensors_.emplace(name, gguf::Tensor{}).first;
    at->second = {at->first, *entry->type->type, entry->shape, data.subspan(entry->begin, entry->end - entry->begin)};
  }
  return {};
}

Result<SafeTensors> SafeTensors::open(const std::filesystem::path& path) {
  auto mapping = files::Mapping::open(path);
  if (!mapping) return tl::unexpected(mapping.error());
  SafeTensors file;
  if (auto done = file.read(mapping->bytes()); !done) {
    return fail(done.error().code, path.string() + ": " + done.error().message);
  }
  file.mapping_ = std::move(*mapping);
  return file;
}

Result<SafeTensors> SafeTensors::parse(std::span<const std::byte> bytes) {
  SafeTensors file;
  if (auto done = file.read(bytes); !done) return tl::unexpected(done.error());
  return file;
}

const gguf::Tensor* SafeTensors::tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace updraft::encode
