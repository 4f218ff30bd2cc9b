#include "image/iptc.h"

#include <cstdint>
#include <string>

#include "image/integers.h"
#include "text/utf8.h"

namespace updraft::image {
namespace {

constexpr std::size_t max_keywords = 256;

}  // namespace

Metadata read_iptc(std::span<const std::byte> datasets) {
  constexpr std::uint32_t marker = 0x1c, application_record = 2, extended = 0x8000;
  constexpr std::uint64_t header = 5;
  enum Dataset : std::uint32_t { object_name = 5, keyword = 25, by_line = 80, caption = 120 };
  const Integers at(datasets, Order::big);
  Metadata said;
  for (std::uint64_t i = 0; at.u8(i) == marker;) {
    const std::uint32_t record = at.u8(i + 1), dataset = at.u8(i + 2), length = at.u16(i + 3);
    // Lengths of lengths: for datasets of more than 32 KB, which no text has.
    if (length >= extended || !at.has(i + header, length)) break;
    const std::span<const std::byte> value = datasets.subspan(i + header, length);
    i += header + length;
    if (record != application_record) continue;
    // Which encoding it is, record 1 may say; most writers of UTF-8 do, some forget it.
    const std::string text = text::utf8_or_latin1({reinterpret_cast<const char*>(value.data()), value.size()});
    if (dataset == object_name && said.title.empty()) said.title = text;
    if (dataset == caption && said.description.empty()) said.description = text;
    if (dataset == by_line && said.creator.empty()) said.creator = text;
    if (dataset == keyword && said.tags.size() < max_keywords) said.tags.push_back(text);
  }
  return said;
}

std::span<const std::byte> iptc_of_resources(std::span<const std::byte> resources) {
  constexpr std::uint32_t signature = 0x3842494d, iptc = 0x0404;  // "8BIM"
  const Integers at(resources, Order::big);
  for (std::uint64_t i = 0; at.u32(i) == signature;) {
    const std::uint32_t id = at.u16(i + 4);
    const std::uint64_t name =
        (std::uint64_t{at.u8(i + 6)} + 2) / 2 * 2;  // with its length, filled up to an even number
    const std::uint64_t begin = i + 6 + name + 4, size = at.u32(begin - 4);
    if (!at.has(begin, size)) break;
    if (id == iptc) return resources.subspan(begin, size);
    i = begin + (size + 1) / 2 * 2;
  }
  return {};
}

}  // namespace updraft::image
