// pair.json: what a folder says about the two networks in it and how a picture and a text are made ready for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "encode/resize.h"
#include "updraft/result.h"

namespace updraft::pair {

enum class Fit { crop, stretch };  // the middle of the picture, as large as it goes; all of it, out of shape
using encode::Filter;
enum class Layout { nchw, nhwc };  // [1, 3, size, size]; [1, size, size, 3]

struct ImageSide {
  std::string model;  // a file of the folder, as all that follow
  std::string input = "pixel_values";
  std::string output = "image_embeds";
  int size = 0;  // pixels of the square that a picture becomes, 1..1024
  Fit fit = Fit::crop;
  Filter filter = Filter::bicubic;
  Layout layout = Layout::nchw;
  std::array<float, 3> mean = {}, deviation = {};  // of red, green and blue from 0 to 1; deviation is at least 1e-6
};

struct TextSide {
  std::string model;
  std::string tokenizer = "tokenizer.json";
  std::size_t max_tokens = 0;             // with those that frame a text, 3..1024
  std::optional<std::int64_t> pad = {};   // what every text is filled up with to max_tokens; else none is
  std::string ids = "input_ids";          // inputs
  std::optional<std::string> mask = {};   // 1 for each token of the text, 0 for what fills it up
  std::optional<std::string> kinds = {};  // all 0 (BERT's token_type_ids)
  std::string output = "text_embeds";
};

struct Description {
  ImageSide image;
  TextSide text;
  // Of a text and a picture that have nothing to do with each other, about: what is less near is not found. -1..1.
  double least_cosine = 0.2;
  // Of all that points depend on.
  std::uint64_t settings = 0;
};

// Errors: invalid_argument, one line (no JSON; a field that is missing, unknown or out of its range; a file's name that
// leaves the folder).
[[nodiscard]] Result<Description> parse_description(std::string_view json);
// FOLDER/pair.json. Errors name the file; not_found, io as well.
[[nodiscard]] Result<Description> read_description(const std::filesystem::path& folder);

// Tells pairs apart: what pair.json says of points, and samples of the files that it names. Never 0. Errors: not_found,
// io.
[[nodiscard]] Result<std::uint64_t> fingerprint(const std::filesystem::path& folder, const Description& description);

}  // namespace updraft::pair
