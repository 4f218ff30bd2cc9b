#include "eval/drawings.h"

#include <algorithm>
#include <array>
#include <map>

#include "catalogue/source.h"
#include "corpus/hash.h"
#include "text/ascii.h"

namespace updraft::eval {
namespace {

constexpr std::size_t max_tag_bytes = 32;
constexpr std::size_t max_sharing = 10;  // drawings with one title, which is a collection's if there are more

// What is said of nearly every drawing, or of its file.
constexpr std::array<std::string_view, 18> empty_tags = {
    "clip art", "clipart",  "svg",     "externalsource", "image", "images", "media",     "public domain", "drawing",
    "vector",   "unsorted", "artwork", "graphic",        "ocal",  "raster", "open clip", "hash",          "pd_issue"};

std::string words_of_name(const std::filesystem::path& path) {
  std::string name = path.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == '.' || c == '+'; }, ' ');
  return name;
}

}  // namespace

Part Drawing::part() const {
  std::string plain = text::lower_case(title);
  std::erase_if(plain, [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == '_'; });
  const std::uint64_t place = corpus::hash(plain.empty() ? id : plain) / 7 % 20;
  return place < 2 ? Part::held_out : place == 2 ? Part::dev : Part::train;
}

Result<std::vector<Drawing>> read_drawings(const std::filesystem::path& folder) {
  const auto source = catalogue::open_source(folder);
  if (!source) return tl::unexpected(source.error());
  std::vector<Drawing> drawings;
  while (true) {
    auto item = (*source)->next();
    if (!item) return tl::unexpected(item.error());
    if (!item->has_value()) break;
    Asset& asset = (**item).asset;
    if (!(**item).wrong.empty() || !asset.url.ends_with(".svg")) continue;
    Drawing drawing{asset.id, asset.url, asset.title, {}};
    for (const std::string& tag : asset.tags) {
      std::string lower = text::lower_case(tag);
      const bool empty = std::find(empty_tags.begin(), empty_tags.end(), lower) != empty_tags.end();
      const bool known = std::find(drawing.tags.begin(), drawing.tags.end(), lower) != drawing.tags.end();
      if (!empty && !known && lower.size() <= max_tag_bytes) drawing.tags.push_back(std::move(lower));
    }
    drawings.push_back(std::move(drawing));
  }
  std::map<std::string, std::size_t> sharing;
  for (const Drawing& drawing : drawings) ++sharing[drawing.title];
  for (Drawing& drawing : drawings) {
    if (sharing[drawing.title] > max_sharing) drawing.title = words_of_name(drawing.path);
  }
  std::sort(drawings.begin(), drawings.end(), [](const Drawing& a, const Drawing& b) {
    const std::uint64_t first = corpus::hash(a.id), second = corpus::hash(b.id);
    return first != second ? first < second : a.id < b.id;
  });
  return drawings;
}

}  // namespace updraft::eval
