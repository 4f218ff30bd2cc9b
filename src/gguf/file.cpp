#include "gguf/file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "files/mapping.h"

static_assert(std::endian::native == std::endian::little, "GGUF is read in place, as little endian");

namespace updraft::gguf {
namespace {

constexpr std::uint64_t max_metadata = 1 << 16;
constexpr std::uint64_t max_tensors = 1 << 16;
constexpr std::uint64_t max_name = 1 << 10;     // bytes of a key or a tensor's name
constexpr std::uint64_t max_string = 16 << 20;  // bytes of any other string
constexpr std::uint64_t max_dimensions = 4;
constexpr std::uint64_t max_alignment = 1 << 20;
constexpr std::uint64_t default_alignment = 32;

// The numbers are those of the file format.
enum class Kind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64, count };

// Names and first bytes come from the file: only what prints reaches a message, and not much of it.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out;
  for (const char c : text.substr(0, longest)) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      constexpr std::string_view hex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    }
  }
  if (text.size() > longest) out += "...";
  return out;
}

std::string quoted(std::string_view text) { return std::string("'").append(printable(text)).append("'"); }

tl::unexpected<Error> corrupt(std::string message) { return fail(ErrorCode::corrupt, std::move(message)); }
tl::unexpected<Error> unsupported(std::string message) { return fail(ErrorCode::unsupported, std::move(message)); }

// Reads forward, never past the end.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  template <class T>
  [[nodiscard]] std::optional<T> read() {
    if (left() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  [[nodiscard]] std::optional<std::string_view> read_bytes(std::uint64_t length) {
    if (left() < length) return std::nullopt;
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, length);
    at_ += length;
    return text;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

// `what` tells what was being read: "the header", "the value of 'x'".
tl::unexpected<Error> ended(const Cursor& cursor, const std::string& what) {
  return corrupt("truncated: it ends at byte " + std::to_string(cursor.at() + cursor.left()) + ", inside " + what);
}

Result<std::string_view> read_string(Cursor& cursor, std::uint64_t longest, const std::string& what) {
  const auto length = cursor.read<std::uint64_t>();
  if (!length) return ended(cursor, what);
  if (*length > longest)
    return corrupt(what + " claims a string of " + std::to_string(*length) + " bytes (the most is " +
                   std::to_string(longest) + ")");
  const auto text = cursor.read_bytes(*length);
  if (!text) return ended(cursor, what);
  return *text;
}

template <class T>
using Widened = std::conditional_t<std::is_floating_point_v<T>, double,
                                   std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

// Calls `use` with a value of the C++ type that a scalar kind is stored as.
template <class Use>
auto with_scalar(Kind kind, Use use) -> decltype(use(std::uint8_t{})) {
  switch (kind) {
    case Kind::i8:
      return use(std::int8_t{});
    case Kind::u16:
      return use(std::uint16_t{});
    case Kind::i16:
      return use(std::int16_t{});
    case Kind::u32:
      return use(std::uint32_t{});
    case Kind::i32:
      return use(std::int32_t{});
    case Kind::f32:
      return use(float{});
    case Kind::u64:
      return use(std::uint64_t{});
    case Kind::i64:
      return use(std::int64_t{});
    case Kind::f64:
      return use(double{});
    default:
      return use(std::uint8_t{});
  }
}

Result<Value> read_array(Cursor& cursor, const std::string& what) {
  const auto kind = cursor.read<Kind>();
  const auto count = kind ? cursor.read<std::uint64_t>() : std::nullopt;
  if (!count) return ended(cursor, what);
  if (*kind == Kind::array) return unsupported(what + " is an array of arrays, which is not supported");
  if (*kind >= Kind::count)
    return corrupt(what + " is an array of an unknown kind (" + std::to_string(static_cast<std::uint32_t>(*kind)) +
                   ")");
  // A string takes its length's 8 bytes at least, so no count can make us reserve more than the file could hold.
  const std::size_t smallest =
      *kind == Kind::string ? sizeof(std::uint64_t) : with_scalar(*kind, [](auto scalar) { return sizeof scalar; });
  if (*count > cursor.left() / smallest)
    return corrupt("truncated: " + what + " claims " + std::to_string(*count) + " elements, " +
                   std::to_string(cursor.left()) + " bytes are left");
  if (*kind == Kind::string) {
    std::vector<std::string_view> strings;
    strings.reserve(*count);
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto text = read_string(cursor, max_string, what);
      if (!text) return tl::unexpected(text.error());
      strings.push_back(*text);
    }
    return strings;
  }
  return with_scalar(*kind, [&](auto scalar) -> Result<Value> {
    using Stored = decltype(scalar);
    std::vector<Widened<Stored>> values(*count);
    for (auto& value : values) value = *cursor.read<Stored>();  // NOLINT(bugprone-signed-char-misuse): all are numbers
    return values;
  });
}

Result<Value> read_value(Cursor& cursor, const std::string& what) {
  const auto kind = cursor.read<Kind>();
  if (!kind) return ended(cursor, what);
  if (*kind >= Kind::count)
    return corrupt(what + " has an unknown kind (" + std::to_string(static_cast<std::uint32_t>(*kind)) + ")");
  if (*kind == Kind::array) return read_array(cursor, what);
  if (*kind == Kind::string) {
    const auto text = read_string(cursor, max_string, what);
    if (!text) return tl::unexpected(text.error());
    return *text;
  }
  if (*kind == Kind::boolean) {
    const auto flag = cursor.read<std::uint8_t>();
    if (!flag) return ended(cursor, what);
    if (*flag > 1) return corrupt(what + " is a boolean of value " + std::to_string(*flag));
    return *flag == 1;
  }
  return with_scalar(*kind, [&](auto scalar) -> Result<Value> {
    using Stored = decltype(scalar);
    const auto value = cursor.read<Stored>();
    if (!value) return ended(cursor, what);
    return static_cast<Widened<Stored>>(*value);
  });
}

struct Header {
  std::uint64_t tensors = 0;
  std::uint64_t metadata = 0;
};

Result<Header> read_header(Cursor& cursor, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) return corrupt("not a GGUF file (it is empty)");
  if (!text.starts_with("GGUF")) return corrupt("not a GGUF file (it begins with " + quoted(text.substr(0, 4)) + ")");
  (void)cursor.read_bytes(4);
  const auto version = cursor.read<std::uint32_t>();
  if (!version) return ended(cursor, "the header");
  if (*version != 0 && (*version & 0xffffu) == 0) return unsupported("a big-endian GGUF file, which is not supported");
  if (*version != 2 && *version != 3)
    return unsupported("GGUF version " + std::to_string(*version) + " (versions 2 and 3 are supported)");
  const auto tensors = cursor.read<std::uint64_t>();
  const auto metadata = cursor.read<std::uint64_t>();
  if (!tensors || !metadata) return ended(cursor, "the header");
  if (*tensors > max_tensors)
    return corrupt("the header claims " + std::to_string(*tensors) + " tensors (the most is " +
                   std::to_string(max_tensors) + ")");
  if (*metadata > max_metadata)
    return corrupt("the header claims " + std::to_string(*metadata) + " metadata values (the most is " +
                   std::to_string(max_metadata) + ")");
  return Header{*tensors, *metadata};
}

struct PlacedTensor {
  Tensor tensor;  // its data still empty
  std::uint64_t offset = 0, size = 0;
};

// Everything about one tensor but where its data lies in the file.
Result<PlacedTensor> read_tensor(Cursor& cursor, std::uint64_t index) {
  const auto name = read_string(cursor, max_name, "the name of tensor " + std::to_string(index));
  if (!name) return tl::unexpected(name.error());
  const std::string what = "tensor " + quoted(*name);
  const auto dimensions = cursor.read<std::uint32_t>();
  if (!dimensions) return ended(cursor, what);
  if (*dimensions == 0 || *dimensions > max_dimensions)
    return corrupt(what + " has " + std::to_string(*dimensions) + " dimensions (1 to " +
                   std::to_string(max_dimensions) + " are possible)");
  PlacedTensor placed;
  placed.tensor.name = *name;
  placed.tensor.shape.resize(*dimensions);
  std::uint64_t values = 1;
  for (std::size_t i = *dimensions; i-- > 0;) {
    const auto size = cursor.read<std::uint64_t>();
    if (!size) return ended(cursor, what);
    if (*size == 0) return corrupt(what + " has an empty dimension");
    // Signed 64-bit sizes everywhere: whatever is computed with them later must not overflow either.
    if (*size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 4 / values)
      return corrupt(what + " is larger than any file");
    values *= *size;
    placed.tensor.shape[i] = *size;
  }
  const auto type = cursor.read<TensorType>();
  const auto offset = type ? cursor.read<std::uint64_t>() : std::nullopt;
  if (!offset) return ended(cursor, what);
  const TypeTraits info = traits(*type);
  if (info.name.empty())
    return unsupported(what + " has type " + std::to_string(static_cast<std::uint32_t>(*type)) +
                       " (f32, f16, bf16, q8_0, q4_0 and q4_1 are supported)");
  const std::uint64_t columns = placed.tensor.shape.back();
  if (columns % info.block_size != 0)
    return corrupt(what + ": rows of " + std::to_string(columns) + " values cannot be " + std::string(info.name));
  placed.tensor.type = *type;
  placed.offset = *offset;
  placed.size = values / info.block_size * info.block_bytes;
  return placed;
}

Result<std::uint64_t> alignment_of(const Value* value) {
  if (value == nullptr) return default_alignment;
  const auto* alignment = std::get_if<std::uint64_t>(value);
  if (alignment == nullptr || !std::has_single_bit(*alignment) || *alignment < 8 || *alignment > max_alignment)
    return corrupt("general.alignment is not a power of two from 8 to " + std::to_string(max_alignment));
  return *alignment;
}

}  // namespace

struct File::State {
  files::Mapping mapping;
  std::string prefix;  // "path: ", before every message
  std::vector<std::pair<std::string_view, Value>> metadata;
  std::vector<Tensor> tensors;
  std::unordered_map<std::string_view, std::size_t> metadata_index, tensor_index;

  Result<> read(std::span<const std::byte> bytes);
  Result<> place(std::span<const std::byte> bytes, std::uint64_t begin, std::uint64_t alignment,
                 std::vector<PlacedTensor> placed);
  [[nodiscard]] const Value* find(std::string_view key) const {
    const auto found = metadata_index.find(key);
    return found == metadata_index.end() ? nullptr : &metadata[found->second].second;
  }
  // The value of a key that must be there as one of `kind`.
  template <class T>
  Result<const T*> get(std::string_view key, std::string_view kind) const {
    const Value* const value = find(key);
    if (value == nullptr) return corrupt(prefix + "the metadata has no '" + std::string(key) + "'");
    if (const T* typed = std::get_if<T>(value)) return typed;
    return wrong_kind(key, kind);
  }
  [[nodiscard]] tl::unexpected<Error> wrong_kind(std::string_view key, std::string_view kind) const {
    return corrupt(prefix + "'" + std::string(key) + "' is not " + std::string(kind));
  }
};

Result<> File::State::read(std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  const auto header = read_header(cursor, bytes);
  if (!header) return tl::unexpected(header.error());
  for (std::uint64_t i = 0; i < header->metadata; ++i) {
    const auto key = read_string(cursor, max_name, "the key of metadata value " + std::to_string(i));
    if (!key) return tl::unexpected(key.error());
    auto value = read_value(cursor, "the value of " + quoted(*key));
    if (!value) return tl::unexpected(std::move(value.error()));
    if (!metadata_index.emplace(*key, metadata.size()).second)
      return corrupt("the key " + quoted(*key) + " occurs twice");
    metadata.emplace_back(*key, std::move(*value));
  }
  const auto alignment = alignment_of(find("general.alignment"));
  if (!alignment) return tl::unexpected(alignment.error());
  std::vector<PlacedTensor> placed;
  for (std::uint64_t i = 0; i < header->tensors; ++i) {
    auto tensor = read_tensor(cursor, i);
    if (!tensor) return tl::unexpected(std::move(tensor.error()));
    if (!tensor_index.emplace(tensor->tensor.name, placed.size()).second)
      return corrupt("tensor " + quoted(tensor->tensor.name) + " occurs twice");
    placed.push_back(std::move(*tensor));
  }
  const std::uint64_t begin = (cursor.at() + *alignment - 1) / *alignment * *alignment;
  return place(bytes, begin, *alignment, std::move(placed));
}

// Gives each tensor its data: aligned, inside the file, and shared with no other tensor.
Result<> File::State::place(std::span<const std::byte> bytes, std::uint64_t begin, std::uint64_t alignment,
                            std::vector<PlacedTensor> placed) {
  for (PlacedTensor& p : placed) {
    const std::string what = "tensor " + quoted(p.tensor.name);
    if (p.offset % alignment != 0)
      return corrupt(what + " begins at offset " + std::to_string(p.offset) + ", which is not aligned to " +
                     std::to_string(alignment));
    const std::uint64_t room = bytes.size() > begin ? bytes.size() - begin : 0;
    if (p.offset > room || p.size > room - p.offset) {
      const bool fits = p.offset <= std::numeric_limits<std::uint64_t>::max() - begin - p.size;
      return corrupt("truncated: " + what + " ends " +
                     (fits ? "at byte " + std::to_string(begin + p.offset + p.size) : "beyond any file") +
                     ", the file has " + std::to_string(bytes.size()));
    }
    p.tensor.data = bytes.subspan(begin + p.offset, p.size);
    tensors.push_back(p.tensor);
  }
  std::sort(placed.begin(), placed.end(),
            [](const PlacedTensor& a, const PlacedTensor& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < placed.size(); ++i)
    if (placed[i].offset < placed[i - 1].offset + placed[i - 1].size)
      return corrupt("tensors " + quoted(placed[i - 1].tensor.name) + " and " + quoted(placed[i].tensor.name) +
                     " overlap");
  return {};
}

std::size_t Tensor::rows() const {
  std::size_t rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  return rows;
}

std::size_t Tensor::columns() const { return shape.back(); }

File::File(std::unique_ptr<State> state) : state_(std::move(state)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

Result<File> File::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->prefix = path.string() + ": ";
  auto mapping = files::Mapping::open(path);
  if (!mapping) return tl::unexpected(std::move(mapping.error()));
  state->mapping = std::move(*mapping);
  if (const auto read = state->read(state->mapping.bytes()); !read)
    return updraft::fail(read.error().code, state->prefix + read.error().message);
  return File(std::move(state));
}

Result<File> File::parse(std::span<const std::byte> bytes) {
  auto state = std::make_unique<State>();
  if (auto read = state->read(bytes); !read) return tl::unexpected(std::move(read.error()));
  return File(std::move(state));
}

tl::unexpected<Error> File::fail(ErrorCode code, const std::string& message) const {
  return updraft::fail(code, state_->prefix + message);
}

void File::release(const Tensor& tensor) const { state_->mapping.release(tensor.data); }

std::span<const Tensor> File::tensors() const { return state_->tensors; }

const Tensor* File::tensor(std::string_view name) const {
  const auto found = state_->tensor_index.find(name);
  return found == state_->tensor_index.end() ? nullptr : &state_->tensors[found->second];
}

const Value* File::find(std::string_view key) const { return state_->find(key); }

std::span<const std::pair<std::string_view, Value>> File::metadata() const { return state_->metadata; }

Result<std::uint64_t> File::integer(std::string_view key) const {
  const Value* const value = find(key);
  if (value != nullptr)
    if (const auto* i = std::get_if<std::int64_t>(value); i != nullptr && *i >= 0)
      return static_cast<std::uint64_t>(*i);
  const auto integer = state_->get<std::uint64_t>(key, "a non-negative integer");
  if (!integer) return tl::unexpected(integer.error());
  return **integer;
}

Result<double> File::number(std::string_view key) const {
  if (const Value* const value = find(key)) {
    if (const auto* u = std::get_if<std::uint64_t>(value)) return static_cast<double>(*u);
    if (const auto* i = std::get_if<std::int64_t>(value)) return static_cast<double>(*i);
  }
  const auto number = state_->get<double>(key, "a number");
  if (!number) return tl::unexpected(number.error());
  return **number;
}

Result<std::string_view> File::string(std::string_view key) const {
  const auto text = state_->get<std::string_view>(key, "a string");
  if (!text) return tl::unexpected(text.error());
  return **text;
}

Result<std::span<const std::string_view>> File::strings(std::string_view key) const {
  const auto texts = state_->get<std::vector<std::string_view>>(key, "an array of strings");
  if (!texts) return tl::unexpected(texts.error());
  return std::span(**texts);
}

Result<std::vector<std::uint64_t>> File::integers(std::string_view key) const {
  const Value* const value = find(key);
  if (value != nullptr) {
    if (const auto* i = std::get_if<std::vector<std::int64_t>>(value)) {
      if (std::any_of(i->begin(), i->end(), [](std::int64_t x) { return x < 0; }))
        return state_->wrong_kind(key, "an array of non-negative integers");
      return std::vector<std::uint64_t>(i->begin(), i->end());
    }
  }
  const auto integers = state_->get<std::vector<std::uint64_t>>(key, "an array of integers");
  if (!integers) return tl::unexpected(integers.error());
  return **integers;
}

}  // namespace updraft::gguf
