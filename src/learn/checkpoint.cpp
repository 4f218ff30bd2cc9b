#include "learn/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace updraft::learn {
namespace {

constexpr std::array<char, 8> magic = {'u', 'p', 'd', 'r', 'a', 'f', 't', '1'};

struct Header {
  std::array<char, 8> magic{};
  std::int64_t n_parameters = 0;
  Progress progress;
};

}  // namespace

Result<> save_checkpoint(const std::filesystem::path& path, const Parameters& parameters, const AdamW& optimizer,
                         const Progress& progress) {
  const std::string temporary = path.string() + ".partial";
  const auto failed = [&](int error) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return fail(ErrorCode::io, path.string() + ": " + std::strerror(error));
  };
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failed(errno);
  const auto write_all = [file](const void* data, std::size_t size) {
    const auto* at = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(file, at, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      at += written;
      size -= static_cast<std::size_t>(written);
    }
    return true;
  };
  const Header header{magic, parameters.value.numel(), progress};
  bool good = write_all(&header, sizeof header);
  for (const at::Tensor& tensor : {parameters.value, optimizer.mean, optimizer.variance}) {
    good = good && write_all(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()) * sizeof(float));
  }
  good = good && ::fsync(file) == 0;
  const int error = errno;
  good = ::close(file) == 0 && good;
  if (!good) return failed(error);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

Result<Progress> load_checkpoint(const std::filesystem::path& path, Parameters& parameters, AdamW& optimizer) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, path.string() + ": no such checkpoint");
  Header header;
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!in || header.magic != magic || header.n_parameters != parameters.value.numel()) {
    return fail(ErrorCode::corrupt, path.string() + ": not a checkpoint of this model");
  }
  for (const at::Tensor& tensor : {parameters.value, optimizer.mean, optimizer.variance}) {
    in.read(reinterpret_cast<char*>(tensor.data_ptr<float>()),
            tensor.numel() * static_cast<std::int64_t>(sizeof(float)));
  }
  if (!in) return fail(ErrorCode::corrupt, path.string() + ": truncated checkpoint");
  return header.progress;
}

}  // namespace updraft::learn
