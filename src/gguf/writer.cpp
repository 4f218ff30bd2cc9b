#include "gguf/writer.h"

#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "files/replacement.h"

namespace updraft::gguf {
namespace {

constexpr std::uint64_t default_alignment = 32;

std::uint64_t aligned(std::uint64_t at, std::uint64_t alignment) {
  return (at + alignment - 1) / alignment * alignment;
}

// The number by which the format knows a value's kind.
template <class T>
constexpr std::uint32_t kind_of() {
  if constexpr (std::is_same_v<T, std::uint32_t>) return 4;
  if constexpr (std::is_same_v<T, std::int32_t>) return 5;
  if constexpr (std::is_same_v<T, float>) return 6;
  if constexpr (std::is_same_v<T, bool>) return 7;
  if constexpr (std::is_same_v<T, std::string>) return 8;
  return 9;  // an array
}

template <class T>
void put(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    put(out, static_cast<std::uint64_t>(value.size()));
    out += value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
  } else {
    put(out, kind_of<typename T::value_type>());
    put(out, static_cast<std::uint64_t>(value.size()));
    for (const auto& element : value) put(out, element);
  }
}

// Readers find the data by general.alignment: when it is among the metadata, we keep to it.
Result<std::uint64_t> alignment_of(const Contents& contents) {
  for (const auto& [key, value] : contents.metadata) {
    if (key != "general.alignment") continue;
    const auto* alignment = std::get_if<std::uint32_t>(&value);
    if (alignment == nullptr || *alignment < 8 || !std::has_single_bit(*alignment))
      return fail(ErrorCode::invalid_argument, "general.alignment must be a power of two of at least 8");
    return *alignment;
  }
  return default_alignment;
}

Result<> check(const WriteTensor& tensor) {
  const auto wrong = [&](const std::string& what) {
    return fail(ErrorCode::invalid_argument, "tensor '" + tensor.name + "' " + what);
  };
  const TypeTraits info = traits(tensor.type);
  if (info.name.empty()) return wrong("has an unknown type");
  if (tensor.shape.empty() || tensor.shape.size() > 4) return wrong("must have 1 to 4 dimensions");
  std::uint64_t values = 1;
  for (const std::uint64_t size : tensor.shape) {
    if (size == 0 || size > std::numeric_limits<std::int64_t>::max() / 4 / values)
      return wrong("has an impossible shape");
    values *= size;
  }
  if (tensor.shape.back() % info.block_size != 0) return wrong("has rows that do not divide into blocks");
  const std::uint64_t expected = values / info.block_size * info.block_bytes;
  if (tensor.data.size() != expected)
    return wrong("has " + std::to_string(tensor.data.size()) + " bytes of data, its shape needs " +
                 std::to_string(expected));
  return {};
}

// All that stands before the tensors' data, padded to where that begins.
Result<std::string> head_of(const Contents& contents, std::uint64_t alignment) {
  std::string head = "GGUF";
  put(head, std::uint32_t{3});
  put(head, static_cast<std::uint64_t>(contents.tensors.size()));
  put(head, static_cast<std::uint64_t>(contents.metadata.size()));
  std::unordered_set<std::string_view> keys, names;
  for (const auto& [key, value] : contents.metadata) {
    if (!keys.insert(key).second) return fail(ErrorCode::invalid_argument, "the key '" + key + "' occurs twice");
    put(head, key);
    std::visit(
        [&head](const auto& v) {
          put(head, kind_of<std::decay_t<decltype(v)>>());
          put(head, v);
        },
        value);
  }
  std::uint64_t offset = 0;
  for (const WriteTensor& tensor : contents.tensors) {
    if (const auto checked = check(tensor); !checked) return tl::unexpected(checked.error());
    if (!names.insert(tensor.name).second)
      return fail(ErrorCode::invalid_argument, "tensor '" + tensor.name + "' occurs twice");
    put(head, tensor.name);
    put(head, static_cast<std::uint32_t>(tensor.shape.size()));
    for (std::size_t i = tensor.shape.size(); i-- > 0;) put(head, tensor.shape[i]);
    put(head, static_cast<std::uint32_t>(tensor.type));
    put(head, offset);
    offset = aligned(offset + tensor.data.size(), alignment);
  }
  head.resize(aligned(head.size(), alignment));
  return head;
}

// Gives all of the file's bytes to `put`, in order.
template <class Put>
Result<> put_all(const Contents& contents, const Put& put) {
  const auto alignment = alignment_of(contents);
  if (!alignment) return tl::unexpected(alignment.error());
  const auto head = head_of(contents, *alignment);
  if (!head) return tl::unexpected(head.error());
  if (Result<> done = put(std::as_bytes(std::span(*head))); !done) return done;
  const std::vector<std::byte> zeros(*alignment);
  for (const WriteTensor& tensor : contents.tensors) {
    if (Result<> done = put(std::span(tensor.data)); !done) return done;
    const std::size_t padding = aligned(tensor.data.size(), *alignment) - tensor.data.size();
    if (Result<> done = put(std::span(zeros).first(padding)); !done) return done;
  }
  return {};
}

}  // namespace

Result<> write(const std::filesystem::path& path, const Contents& contents) {
  auto file = files::Replacement::create(path);
  if (!file) return tl::unexpected(file.error());
  const auto put = [&](std::span<const std::byte> bytes) { return file->write(bytes); };
  if (auto done = put_all(contents, put); !done) return done;
  return file->commit();
}

Result<std::vector<std::byte>> to_bytes(const Contents& contents) {
  std::vector<std::byte> all;
  const auto put = [&](std::span<const std::byte> bytes) -> Result<> {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return {};
  };
  if (auto done = put_all(contents, put); !done) return tl::unexpected(done.error());
  return all;
}

}  // namespace updraft::gguf
