#include "gguf/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_set>
#include <utility>

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

tl::unexpected<Error> refused(const std::filesystem::path& path, const char* doing) {
  return fail(ErrorCode::io, path.string() + ": " + doing + ": " + std::strerror(errno));
}

// A new file beside `target` that takes its place when all is well, and vanishes otherwise.
class Replacement {
 public:
  static Result<Replacement> create(const std::filesystem::path& target) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      auto path = target;
      path += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file >= 0) return Replacement(target, std::move(path), file);
      if (errno != EEXIST) break;
    }
    return refused(target, "cannot create");
  }

  Replacement(Replacement&& other) noexcept
      : target_(std::move(other.target_)), path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {
    other.path_.clear();
  }
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement() {
    if (file_ >= 0) ::close(file_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  [[nodiscard]] Result<> write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return refused(target_, "cannot write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  [[nodiscard]] Result<> commit() {
    if (::fsync(file_) != 0) return refused(target_, "cannot write");
    if (::close(std::exchange(file_, -1)) != 0) return refused(target_, "cannot write");
    if (::rename(path_.c_str(), target_.c_str()) != 0) return refused(target_, "cannot replace");
    path_.clear();
    // Without this, a crash could still undo the renaming. Some file systems cannot do it; the file is whole anyway.
    const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
    if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
      (void)::fsync(directory);
      ::close(directory);
    }
    return {};
  }

 private:
  Replacement(std::filesystem::path target, std::filesystem::path path, int file)
      : target_(std::move(target)), path_(std::move(path)), file_(file) {}

  std::filesystem::path target_, path_;
  int file_;
};

}  // namespace

Result<> write(const std::filesystem::path& path, const Contents& contents) {
  const auto alignment = alignment_of(contents);
  if (!alignment) return tl::unexpected(alignment.error());
  const auto head = head_of(contents, *alignment);
  if (!head) return tl::unexpected(head.error());
  auto file = Replacement::create(path);
  if (!file) return tl::unexpected(file.error());
  if (auto done = file->write(std::as_bytes(std::span(*head))); !done) return done;
  const std::vector<std::byte> zeros(*alignment);
  for (const WriteTensor& tensor : contents.tensors) {
    if (auto done = file->write(tensor.data); !done) return done;
    const std::size_t padding = aligned(tensor.data.size(), *alignment) - tensor.data.size();
    if (auto done = file->write(std::span(zeros).first(padding)); !done) return done;
  }
  return file->commit();
}

}  // namespace updraft::gguf
