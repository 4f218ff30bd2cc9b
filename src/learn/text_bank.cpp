#include "learn/text_bank.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include "corpus/hash.h"
#include "files/mapping.h"

namespace updraft::learn {
namespace {

constexpr std::size_t encoded_together = 256;  // texts

using Key = std::uint64_t;  // corpus::hash of a text

// The file: the key of the encoder, then for each text its key and its point, floats as they lie in memory. A record
// that a killed run left unfinished ends the file; it is cut off.
class PointFile {
 public:
  // Nothing is read or written if the path is empty.
  static Result<PointFile> open(const std::filesystem::path& path, const encode::TextEncoder& encoder) {
    PointFile file(path, static_cast<std::size_t>(encoder.dimension()) * sizeof(float));
    if (path.empty()) return file;
    const std::vector<float> probe = encoder.encode("three red foxes at night, no text");
    const Key of_encoder = corpus::hash({reinterpret_cast<const char*>(probe.data()), file.point_bytes_});
    std::error_code code;
    if (std::filesystem::exists(path, code)) {
      auto mapping = files::Mapping::open(path);
      if (!mapping) return tl::unexpected(mapping.error());
      file.old_ = *std::move(mapping);
    }
    const auto old = file.old_.bytes();
    std::size_t end = sizeof(Key);
    if (old.size() >= end && file.key_at(0) == of_encoder) {
      for (; end + file.record_bytes() <= old.size(); end += file.record_bytes()) {
        file.places_.emplace(file.key_at(end), end + sizeof(Key));
      }
      if (end < old.size()) std::filesystem::resize_file(path, end, code);
      if (code) return fail(ErrorCode::io, path.string() + ": " + code.message());
    } else if (!old.empty()) {
      return fail(ErrorCode::invalid_argument, path.string() + ": holds no points of this text encoder");
    }
    file.new_.open(path, std::ios::binary | std::ios::app);
    if (old.empty()) file.new_.write(reinterpret_cast<const char*>(&of_encoder), sizeof of_encoder);
    if (!file.new_) return file.failed();
    return file;
  }

  // Copies the text's point, if it is there.
  [[nodiscard]] bool read(Key key, std::span<float> point) const {
    const auto found = places_.find(key);
    if (found == places_.end()) return false;
    std::memcpy(point.data(), old_.bytes().data() + found->second, point_bytes_);
    return true;
  }
  Result<> append(Key key, std::span<const float> point) {
    if (path_.empty()) return {};
    new_.write(reinterpret_cast<const char*>(&key), sizeof key);
    new_.write(reinterpret_cast<const char*>(point.data()), static_cast<std::streamsize>(point_bytes_));
    return new_ ? Result<>() : failed();
  }

 private:
  PointFile(std::filesystem::path path, std::size_t point_bytes) : path_(std::move(path)), point_bytes_(point_bytes) {}
  [[nodiscard]] std::size_t record_bytes() const { return sizeof(Key) + point_bytes_; }
  [[nodiscard]] Key key_at(std::size_t at) const {
    Key key = 0;
    std::memcpy(&key, old_.bytes().data() + at, sizeof key);
    return key;
  }
  [[nodiscard]] tl::unexpected<Error> failed() const {
    return fail(ErrorCode::io, path_.string() + ": cannot be written");
  }

  std::filesystem::path path_;
  std::size_t point_bytes_ = 0;
  files::Mapping old_;
  std::unordered_map<Key, std::size_t> places_;  // of points in old_
  std::ofstream new_;
};

}  // namespace

std::size_t TextBank::add(const std::string& text) {
  const auto [at, is_new] = numbers_.try_emplace(text, texts_.size());
  if (is_new) texts_.push_back(text);
  return at->second;
}

Result<> TextBank::encode(const encode::TextEncoder& encoder, const std::filesystem::path& cache, const Told& told) {
  auto file = PointFile::open(cache, encoder);
  if (!file) return tl::unexpected(file.error());
  dimension_ = static_cast<std::size_t>(encoder.dimension());
  points_.resize(texts_.size() * dimension_);
  const auto place = [&](std::size_t i) { return std::span(points_).subspan(i * dimension_, dimension_); };
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (!file->read(corpus::hash(texts_[i]), place(i))) missing.push_back(i);
  }
  for (std::size_t from = 0; from < missing.size(); from += encoded_together) {
    const std::size_t n = std::min(encoded_together, missing.size() - from);
    std::vector<std::string_view> some;
    for (std::size_t i = 0; i < n; ++i) some.emplace_back(texts_[missing[from + i]]);
    const std::vector<float> points = encoder.encode(some);
    for (std::size_t i = 0; i < n; ++i) {
      const auto point = std::span(points).subspan(i * dimension_, dimension_);
      std::copy(point.begin(), point.end(), place(missing[from + i]).begin());
      if (auto done = file->append(corpus::hash(some[i]), point); !done) return done;
    }
    if (!told(from + n, missing.size())) return fail(ErrorCode::cancelled, "stopped");
  }
  return {};
}

}  // namespace updraft::learn
