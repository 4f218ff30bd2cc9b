#include "image/metadata.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "image/decode.h"
#include "image/dublin_core.h"
#include "image/integers.h"
#include "image/iptc.h"
#include "image/tiff_directory.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace updraft::image {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

constexpr std::size_t max_called = 200;                       // bytes of a description that does for a title
constexpr std::size_t max_searched = std::size_t{64} << 20U;  // for a packet of XMP
constexpr std::size_t max_text = 65536;                       // bytes: what is longer is none
constexpr std::size_t max_keywords = 256;
constexpr std::string_view blanks("\0 \t\r\n", 5);

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
std::string_view until_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

// Where a file keeps what.
struct Parts {
  std::string_view xmp;
  Bytes iptc, exif;
  Metadata texts;
};

Parts parts_of_jpeg(Bytes file) {
  constexpr std::uint32_t fill = 0xff, start_of_scan = 0xda, end_of_image = 0xd9, app1 = 0xe1, app13 = 0xed;
  constexpr std::string_view exif("Exif\0\0", 6), xmp("http://ns.adobe.com/xap/1.0/\0", 29),
      iptc("Photoshop 3.0\0", 14);
  const Integers at(file, Order::big);
  Parts parts;
  for (std::uint64_t i = 2; at.u8(i) == fill;) {
    const std::uint32_t marker = at.u8(i + 1);
    if (marker == fill) {
      ++i;
      continue;
    }
    const std::uint64_t length = at.u16(i + 2);
    if (marker == start_of_scan || marker == end_of_image || length < 2 || !at.has(i + 2, length)) break;
    const Bytes segment = file.subspan(i + 4, length - 2);
    const std::string_view text = text_of(segment);
    if (marker == app1 && parts.exif.empty() && text.starts_with(exif)) parts.exif = segment;
    if (marker == app1 && parts.xmp.empty() && text.starts_with(xmp)) parts.xmp = text.substr(xmp.size());
    if (marker == app13 && parts.iptc.empty() && text.starts_with(iptc))
      parts.iptc = iptc_of_resources(segment.subspan(iptc.size()));
    i += 2 + length;
  }
  return parts;
}

// Of PNG.
void keep_text(Parts& parts, std::string_view keyword, std::string_view text) {
  if (keyword == "XML:com.adobe.xmp") parts.xmp = text;
  if (text.size() > max_text) return;
  if (keyword == "Title") parts.texts.title = text::utf8_or_latin1(text);
  if (keyword == "Description") parts.texts.description = text::utf8_or_latin1(text);
  if (keyword == "Author") parts.texts.creator = text::utf8_or_latin1(text);
}

Parts parts_of_png(Bytes file) {
  constexpr std::uint64_t signature = 8, around = 12;  // length, type, checksum
  const Integers at(file, Order::big);
  Parts parts;
  for (std::uint64_t i = signature; at.has(i, around);) {
    const std::uint64_t length = at.u32(i);
    if (!at.has(i + around, length)) break;
    const std::string_view type = text_of(file.subspan(i + 4, 4));
    const Bytes chunk = file.subspan(i + 8, length);
    i += around + length;
    if (type == "eXIf") parts.exif = chunk;
    if (type != "tEXt" && type != "iTXt") continue;
    std::string_view text = text_of(chunk);
    const std::string_view keyword = until_zero(text);
    text.remove_prefix(std::min(keyword.size() + 1, text.size()));
    if (type == "iTXt") {
      if (!text.starts_with("\0\0"sv)) continue;  // compressed, which packets of XMP must not be
      text.remove_prefix(2);
      for (int names = 0; names < 2; ++names) text.remove_prefix(std::min(until_zero(text).size() + 1, text.size()));
    }
    keep_text(parts, keyword, text);
  }
  return parts;
}

Parts parts_of_webp(Bytes file) {
  constexpr std::uint64_t signature = 12, header = 8;
  const Integers at(file, Order::little);
  Parts parts;
  for (std::uint64_t i = signature; at.has(i, header);) {
    const std::uint64_t length = at.u32(i + 4);
    if (!at.has(i + header, length)) break;
    const std::string_view type = text_of(file.subspan(i, 4));
    const Bytes chunk = file.subspan(i + header, length);
    if (type == "EXIF") parts.exif = chunk;
    if (type == "XMP ") parts.xmp = text_of(chunk);
    i += header + (length + 1) / 2 * 2;
  }
  return parts;
}

Parts parts_of_tiff(Bytes file) {
  enum Tag : std::uint32_t { xmp = 700, iptc = 33723, photoshop = 34377 };
  const TiffDirectory directory(file);
  Parts parts{.xmp = text_of(directory.bytes(xmp)), .iptc = directory.bytes(iptc), .exif = file, .texts = {}};
  if (parts.iptc.empty()) parts.iptc = iptc_of_resources(directory.bytes(photoshop));
  return parts;
}

// Wherever it is: a packet can be told from anything else.
Parts parts_of_packet(Bytes file) {
  constexpr std::string_view opening = "<x:xmpmeta", closing = "</x:xmpmeta>";
  std::string_view text = text_of(file).substr(0, max_searched);
  text.remove_prefix(std::min(text.find(opening), text.size()));
  return {.xmp = text.substr(0, text.find(closing)), .iptc = {}, .exif = {}, .texts = {}};
}

Parts parts_of(Format format, Bytes file) {
  switch (format) {
    case Format::jpeg:
      return parts_of_jpeg(file);
    case Format::png:
      return parts_of_png(file);
    case Format::webp:
      return parts_of_webp(file);
    case Format::tiff:
      return parts_of_tiff(file);
    case Format::gif:
      return parts_of_packet(file);
    case Format::bmp:
    case Format::svg:
      break;
  }
  return {};
}

// What Windows writes: UTF-16, whatever the order of the rest.
std::string text_of_utf16(Bytes bytes) {
  const Integers at(bytes, Order::little);
  std::string out;
  for (std::uint64_t i = 0; at.has(i, 2) && at.u16(i) != 0; i += 2) {
    std::uint32_t c = at.u16(i);
    const std::uint32_t next = at.u16(i + 2);
    if (c >= 0xD800 && c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10U) + (next - 0xDC00);
      i += 2;
    }
    if (c < 0xD800 || c >= 0xE000) text::append_utf8(out, static_cast<char32_t>(c));
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// What devices and programs write without being asked.
bool is_boilerplate(std::string_view text) {
  constexpr std::array exactly = {"olympus digital camera"sv,
                                  "minolta digital camera"sv,
                                  "konica minolta digital camera"sv,
                                  "samsung digital camera"sv,
                                  "kodak digital still camera"sv,
                                  "digital still camera"sv,
                                  "digital camera"sv,
                                  "sony dsc"sv,
                                  "minolta dsc"sv,
                                  "samsung"sv,
                                  "samsung camera pictures"sv,
                                  "exif_jpeg_picture"sv,
                                  "exif jpeg"sv,
                                  "exif_jpeg_422"sv,
                                  "jpeg"sv,
                                  "my beautiful picture"sv,
                                  "image description"sv,
                                  "default"sv,
                                  "untitled"sv,
                                  "created with gimp"sv,
                                  "created with the gimp"sv};
  constexpr std::array beginnings = {"dcim\\"sv, "dcim/"sv, "<digimax"sv, "<samsung"sv, "<kenox"sv};
  const std::string lower = text::lower_case(std::string(text));
  return std::find(exactly.begin(), exactly.end(), lower) != exactly.end() ||
         std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view b) { return lower.starts_with(b); });
}

Metadata cleaned(Metadata said) {
  for (std::string* text : {&said.title, &said.description}) {
    *text = std::string(trimmed(*text));
    if (is_boilerplate(*text)) text->clear();
  }
  said.creator = std::string(trimmed(said.creator));
  for (std::string& tag : said.tags) tag = std::string(trimmed(tag));
  std::erase_if(said.tags, [](const std::string& tag) { return tag.empty(); });
  return said;
}

Metadata read_exif(Bytes exif) {
  enum Tag : std::uint32_t {
    image_description = 0x010e,
    artist = 0x013b,
    windows_title = 0x9c9b,
    windows_comment = 0x9c9c,
    windows_author = 0x9c9d,
    windows_keywords = 0x9c9e
  };
  const TiffDirectory directory(exif);
  const auto value = [&](Tag tag) {
    const Bytes bytes = directory.bytes(tag);
    return bytes.size() <= max_text ? bytes : Bytes();
  };
  const auto text = [&](Tag tag) { return text::utf8_or_latin1(until_zero(text_of(value(tag)))); };
  const auto windows_text = [&](Tag tag) { return text_of_utf16(value(tag)); };
  Metadata said = cleaned({.title = windows_text(windows_title),
                           .description = text(image_description),
                           .tags = {},
                           .creator = text(artist)});
  // Windows writes the title as the description, too.
  if (said.description.empty() || said.description == said.title) said.description = windows_text(windows_comment);
  if (said.creator.empty()) said.creator = windows_text(windows_author);
  const std::string keywords = windows_text(windows_keywords);
  for (std::string_view rest = keywords; !rest.empty() && said.tags.size() < max_keywords;) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    said.tags.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return said;
}

// What the better source leaves open.
void fill(Metadata& said, Metadata more) {
  more = cleaned(std::move(more));
  if (said.title.empty()) said.title = std::move(more.title);
  if (said.description.empty()) said.description = std::move(more.description);
  if (said.tags.empty()) said.tags = std::move(more.tags);
  if (said.creator.empty()) said.creator = std::move(more.creator);
}

Metadata joined(Parts parts) {
  Metadata said;
  fill(said, read_dublin_core(parts.xmp));
  fill(said, read_iptc(parts.iptc));
  fill(said, read_exif(parts.exif));
  fill(said, std::move(parts.texts));
  if (said.title.empty() && said.description.size() <= max_called) said.title.swap(said.description);
  if (said.description == said.title) said.description.clear();
  return said;
}

bool is_avif(std::string_view file) { return file.size() > 8 && file.substr(4, 4) == "ftyp"; }

}  // namespace

Metadata read_metadata(std::span<const std::byte> file) {
  const auto format = format_of(file);
  if (format && *format != Format::svg) return joined(parts_of(*format, file));
  if (!format && is_avif(text_of(file))) return joined(parts_of_packet(file));
  return read_dublin_core(text_of(file));
}

}  // namespace updraft::image
