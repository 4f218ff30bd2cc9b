// Texts, each once, as points in the encoder's space; what was encoded is kept in a file, so that a stopped run goes
// on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "encode/text_encoder.h"
#include "updraft/result.h"

namespace updraft::learn {

// Told how far the work is; says whether to go on.
using Told = std::function<bool(std::size_t done, std::size_t all)>;

class TextBank {
 public:
  // Its number; one that is there already keeps its own.
  std::size_t add(const std::string& text);
  // After all texts were added. Points that the file `cache` holds for this encoder are not made again, and new ones
  // are appended to it; empty: no file. Errors: cancelled, io.
  [[nodiscard]] Result<> encode(const encode::TextEncoder& encoder, const std::filesystem::path& cache,
                                const Told& told);

  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] const std::string& text(std::size_t i) const { return texts_[i]; }
  [[nodiscard]] std::span<const float> point(std::size_t i) const {
    return std::span(points_).subspan(i * dimension_, dimension_);
  }
  [[nodiscard]] double cosine(std::size_t a, std::size_t b) const { return encode::cosine(point(a), point(b)); }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::size_t dimension_ = 0;
  std::vector<float> points_;  // [texts, dimension]
};

}  // namespace updraft::learn
