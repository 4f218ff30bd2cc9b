#include "image/describe.h"

#include <algorithm>

#include "image/kind.h"

namespace updraft::image {

std::string_view name(Aspect aspect) {
  switch (aspect) {
    case Aspect::banner:
      return "banner";
    case Aspect::landscape:
      return "landscape";
    case Aspect::square:
      return "square";
    case Aspect::portrait:
      return "portrait";
    case Aspect::tall:
      return "tall";
  }
  return "";
}

Aspect aspect_of(int width, int height) {
  const double ratio = static_cast<double>(width) / height;
  if (ratio >= 2) return Aspect::banner;
  if (ratio > 1.05) return Aspect::landscape;
  if (ratio >= 1 / 1.05) return Aspect::square;
  return ratio > 1 / 1.7 ? Aspect::portrait : Aspect::tall;
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::photo:
      return "photo";
    case Kind::illustration:
      return "illustration";
    case Kind::icon:
      return "icon";
    case Kind::screenshot:
      return "screenshot";
    case Kind::document:
      return "document";
  }
  return "";
}

Description describe(const Picture& picture) {
  Description description;
  description.aspect = aspect_of(picture.source_width, picture.source_height);
  description.ratio = static_cast<double>(picture.source_width) / picture.source_height;
  description.palette = palette_of(picture);
  description.kind_probabilities = kind_probabilities(features_of(picture));
  const auto& p = description.kind_probabilities;
  description.kind = kinds[static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin())];
  return description;
}

}  // namespace updraft::image
