#include "learn/checkpoint.h"

#include <array>
#include <fstream>
#include <span>

#include "files/replacement.h"

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
  auto file = files::Replacement::create(path);
  if (!file) return tl::unexpected(file.error());
  const Header header{magic, parameters.value.numel(), progress};
  if (auto done = file->write(std::as_bytes(std::span(&header, 1))); !done) return done;
  for (const at::Tensor& tensor : {parameters.value, optimizer.mean, optimizer.variance}) {
    const std::span values(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    if (auto done = file->write(std::as_bytes(values)); !done) return done;
  }
  return file->commit();
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
