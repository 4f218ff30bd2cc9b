// Any bytes as a file of tags for pictures: refused in one line, or probabilities come out.
#include <cstdint>
#include <string>

#include "require.h"
#include "sight/tags.h"

using namespace updraft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = gguf::File::parse(std::as_bytes(std::span(data, size)));
  if (!file) {
    require_one_line(file.error());
    return 0;
  }
  const auto tags = sight::Tags::from(*file);
  if (!tags) {
    require_one_line(tags.error());
    return 0;
  }
  encode::EncodedImage image;
  image.hidden.assign(tags->hidden(), 3.0F);
  for (std::size_t i = 0; i < tags->classes(); ++i) image.logits.push_back(static_cast<float>(i % 7));
  const auto scores = tags->scores(image, 0.5);
  require(scores.size() == tags->names().size());
  for (const double score : scores) require(score >= 0 && score <= 1);
  for (const SeenTag& tag : sight::likeliest(tags->names(), scores, max_seen_tags, 0.02)) require(!tag.name.empty());
  return 0;
}
