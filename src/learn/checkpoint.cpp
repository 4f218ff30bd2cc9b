#include "learn/checkpoint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <span>

#include "files/replacement.h"

namespace updraft::learn {
namespace {

// Of version 1, which had no checksum, runs may still be under way.
constexpr std::array<char, 8> magic = {'u', 'p', 'd', 'r', 'a', 'f', 't', '2'};
constexpr std::array<char, 8> magic_1 = {'u', 'p', 'd', 'r', 'a', 'f', 't', '1'};
constexpr std::int64_t max_step = 1'000'000'000;

// The file: this, the values of the parameters and both moments, and a checksum of all of them.
struct Header {
  std::array<char, 8> magic{};
  std::int64_t n_parameters = 0;
  Progress progress;
};

// Tells damage by chance: each 8 bytes are mixed into one of four lanes, so that it runs at the memory's speed.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {  // zeros behind the last ones make 8 of them
    for (std::size_t i = 0; i < bytes.size(); i += 8, ++words_) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
      std::uint64_t& lane = lanes_[words_ % lanes_.size()];
      lane = std::rotl(lane ^ word, 29) * 0x9E3779B97F4A7C15ULL;
    }
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t sum = words_;
    for (const std::uint64_t lane : lanes_) sum = std::rotl(sum ^ lane, 31) * 0xC2B2AE3D27D4EB4FULL;
    return sum;
  }

 private:
  std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
  std::uint64_t words_ = 0;
};

std::span<float> floats_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

Result<> save_checkpoint(const std::filesystem::path& path, const Parameters& parameters, const AdamW& optimizer,
                         const Progress& progress) {
  auto file = files::Replacement::create(path);
  if (!file) return tl::unexpected(file.error());
  Checksum checksum;
  const auto write = [&](std::span<const std::byte> bytes) {
    checksum.add(bytes);
    return file->write(bytes);
  };
  const Header header{magic, parameters.value.numel(), progress};
  if (auto done = write(std::as_bytes(std::span(&header, 1))); !done) return done;
  for (const at::Tensor& tensor : {parameters.value, optimizer.mean, optimizer.variance}) {
    if (auto done = write(std::as_bytes(floats_of(tensor))); !done) return done;
  }
  const std::uint64_t sum = checksum.value();
  if (auto done = file->write(std::as_bytes(std::span(&sum, 1))); !done) return done;
  return file->commit();
}

Result<Progress> load_checkpoint(const std::filesystem::path& path, Parameters& parameters, AdamW& optimizer) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, path.string() + ": no such checkpoint");
  const auto damaged = [&](const char* what) {
    return fail(ErrorCode::corrupt,
                path.string() + ": " + what + "; without this file, the same command starts the run anew");
  };
  Header header;
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!in || (header.magic != magic && header.magic != magic_1)) return damaged("not a checkpoint");
  if (header.n_parameters != parameters.value.numel()) return damaged("a checkpoint of another model");
  const bool summed = header.magic == magic;
  std::error_code code;
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  if (code ||
      size != sizeof header + 3 * parameters.value.numel() * sizeof(float) + (summed ? sizeof(std::uint64_t) : 0)) {
    return damaged("a checkpoint of another length than it tells, truncated perhaps");
  }
  const Progress& progress = header.progress;
  if (progress.step < 0 || progress.step > max_step || progress.tokens < 0 || !(progress.seconds >= 0)) {
    return damaged("a damaged checkpoint");
  }
  Checksum checksum;
  checksum.add(std::as_bytes(std::span(&header, 1)));
  for (const at::Tensor& tensor : {parameters.value, optimizer.mean, optimizer.variance}) {
    const auto bytes = std::as_writable_bytes(floats_of(tensor));
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    checksum.add(bytes);
  }
  std::uint64_t sum = 0;
  if (summed) in.read(reinterpret_cast<char*>(&sum), sizeof sum);
  if (!in) return damaged("a checkpoint that cannot be read to its end");
  if (summed && sum != checksum.value()) return damaged("a damaged checkpoint");
  return progress;
}

}  // namespace updraft::learn
