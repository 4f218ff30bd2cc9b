// What the image encoder computes of each drawing, before any projection, kept in a file: it takes a quarter of an hour
// of two cores, and a run that was stopped goes on where it was.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "encode/image_encoder.h"
#include "eval/drawings.h"
#include "gguf/file.h"
#include "gguf/writer.h"

namespace updraft::vision {

// The blocks of Lite0 whose means the projection may read, the first of the stages of 112, 192 and 320 channels.
inline constexpr std::array<std::uint32_t, 3> inner_blocks = {8, 11, 15};

// The encoder of `base` (without a projection), with those inner features.
[[nodiscard]] Result<gguf::Contents> with_inner_features(const gguf::File& base);

struct Features {
  std::size_t views = 0, values = 0;
  std::vector<std::uint32_t> drawings;  // places in the list of drawings; those that cannot be drawn are not there
  std::vector<std::uint16_t> f16;       // [drawings, views, values]

  [[nodiscard]] std::span<const std::uint16_t> row(std::size_t drawing, std::size_t view) const {
    return std::span(f16).subspan((drawing * views + view) * values, values);
  }
};

struct FeatureOptions {
  std::filesystem::path cache;        // the file
  int first_view = 0, views = 1;      // of view_of
  int threads = 0;                    // 0: all cores
  std::size_t stop_after = SIZE_MAX;  // drawings
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

// Errors: io, corrupt (a cache of other drawings or another encoder; delete it), those of the encoder.
[[nodiscard]] Result<Features> features_of(std::span<const eval::Drawing> drawings, const gguf::File& encoder,
                                           const FeatureOptions& options);

}  // namespace updraft::vision
