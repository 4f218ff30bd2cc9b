// Tags: words for what is on a picture, each with the probability that it is true of it. A GGUF file of the
// architecture "image-tags" holds
//   image-tags.names        the tags, 1..16384 names that can be shown; the first ones have a head
//   image-tags.of_class     which tag each class of the image encoder is: [classes] numbers
//   tags.weight, tags.bias  the heads, [heads, hidden] and [heads]: what the encoder's hidden layer says, as log odds
// Heads were learnt from drawings, classes from photos: each counts as much as the picture is one.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "encode/image_encoder.h"
#include "gguf/file.h"
#include "gguf/writer.h"
#include "updraft/picture.h"
#include "updraft/result.h"

namespace updraft::sight {

class Tags {
 public:
  // Errors name the file: not_found, io, corrupt, unsupported.
  [[nodiscard]] static Result<Tags> open(const std::filesystem::path& path);
  [[nodiscard]] static Result<Tags> from(const gguf::File& file);
  // The classes of the encoder alone.
  [[nodiscard]] static Tags of_classes(std::span<const std::string> classes);

  [[nodiscard]] std::span<const std::string> names() const { return names_; }
  [[nodiscard]] std::size_t hidden() const { return hidden_; }  // that the heads read; 0: there are none
  [[nodiscard]] std::size_t classes() const { return of_class_.size(); }

  // Of each of names(). `photo`: 0..1, how likely the picture is one. `image` is of an encoder with as many hidden
  // values and classes.
  [[nodiscard]] std::vector<double> scores(const encode::EncodedImage& image, double photo) const;

  // What a file of them holds: the heads of `heads` names, [heads, hidden] and [heads].
  [[nodiscard]] static Result<gguf::Contents> contents(std::span<const std::string> heads,
                                                       std::span<const float> weight, std::span<const float> bias,
                                                       std::span<const std::string> classes);

 private:
  std::vector<std::string> names_;
  std::vector<std::uint32_t> of_class_;
  std::size_t hidden_ = 0;
  std::vector<float> weight_, bias_;
};

// A class as a tag: "shoji screen / room divider" is "shoji screen", "Egyptian Mau" stays.
[[nodiscard]] std::string tag_of_class(std::string_view name);

// The n likeliest, without those below `least`.
[[nodiscard]] std::vector<SeenTag> likeliest(std::span<const std::string> names, std::span<const double> scores,
                                             std::size_t n, double least);

}  // namespace updraft::sight
