#include "image/metadata.h"

#include <gtest/gtest.h>

#include <tuple>

#include "image/written.h"
#include "text/utf8.h"

namespace updraft::image {
namespace {

using test::append;
using test::append_number;
using test::Bytes;
using test::bytes_of;
using Tags = std::vector<std::string>;

enum Tag : std::uint32_t {
  xmp_tag = 700,
  image_description = 0x010e,
  artist = 0x013b,
  iptc_tag = 33723,
  photoshop_tag = 34377,
  windows_title = 0x9c9b,
  windows_comment = 0x9c9c,
  windows_author = 0x9c9d,
  windows_keywords = 0x9c9e
};
using Values = std::vector<std::pair<Tag, Bytes>>;

Bytes joined(const Bytes& a, const Bytes& b) {
  Bytes both = a;
  append(both, b.data(), b.size());
  return both;
}

// As the first directory of a TIFF structure; texts of up to four bytes lie in it, longer ones behind it.
Bytes directory(const Values& values, bool big = false) {
  Bytes out = bytes_of(big ? "MM" : "II"), behind;
  const auto number = [&](std::uint64_t value, int n) { append_number(out, value, n, big); };
  number(42, 2), number(8, 4), number(values.size(), 2);
  const std::size_t end = 8 + 2 + 12 * values.size() + 4;
  for (const auto& [tag, value] : values) {
    number(tag, 2), number(7, 2), number(value.size(), 4);
    if (value.size() <= 4) {
      append(out, value.data(), value.size());
      number(0, static_cast<int>(4 - value.size()));
    } else {
      number(end + behind.size(), 4);
      append(behind, value.data(), value.size());
    }
  }
  number(0, 4);
  return joined(out, behind);
}

Bytes utf16(std::u16string_view text) {
  Bytes out;
  for (const char16_t c : text) append_number(out, c, 2);
  append_number(out, 0, 2);
  return out;
}

Bytes dataset(std::uint64_t record, std::uint64_t number, std::string_view value) {
  Bytes out;
  append_number(out, 0x1c, 1), append_number(out, record, 1), append_number(out, number, 1);
  append_number(out, value.size(), 2, true);
  return joined(out, bytes_of(value));
}

Bytes iptc(std::string_view title, std::string_view caption, const Tags& keywords, std::string_view author) {
  Bytes out = dataset(1, 90, "\x1b%G");
  out = joined(out, dataset(2, 5, title));
  for (const std::string& keyword : keywords) out = joined(out, dataset(2, 25, keyword));
  return joined(joined(out, dataset(2, 80, author)), dataset(2, 120, caption));
}

// Photoshop's resources: another one with a name, then IPTC.
Bytes resources(const Bytes& datasets) {
  Bytes out = bytes_of("8BIM");
  append_number(out, 0x03ed, 2, true), append_number(out, 2, 1);
  out = joined(out, bytes_of(std::string_view("ab\0", 3)));
  append_number(out, 3, 4, true);
  out = joined(joined(out, bytes_of(std::string_view("xyz\0", 4))), bytes_of("8BIM"));
  append_number(out, 0x0404, 2, true), append_number(out, 0, 2), append_number(out, datasets.size(), 4, true);
  return joined(out, datasets);
}

Bytes xmp(std::string_view properties) {
  return bytes_of(
      "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>"
      "<rdf:Description rdf:about='' tiff:Make='x'>" +
      std::string(properties) + "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>");
}

constexpr std::string_view whole_xmp =
    "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>of XMP</rdf:li><rdf:li xml:lang='de'>von "
    "XMP</rdf:li></rdf:Alt></dc:title>"
    "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>it &lt; that</rdf:li></rdf:Alt></dc:description>"
    "<dc:subject><rdf:Bag><rdf:li>x1</rdf:li><rdf:li>x2</rdf:li></rdf:Bag></dc:subject>"
    "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bea</rdf:li></rdf:Seq></dc:creator>";

// A JPEG of segments alone, as far as metadata goes.
Bytes segment(std::uint64_t marker, std::string_view name, const Bytes& content) {
  Bytes out = {std::byte{0xff}};
  append_number(out, marker, 1), append_number(out, 2 + name.size() + content.size(), 2, true);
  return joined(joined(out, bytes_of(name)), content);
}
Bytes exif_segment(const Bytes& exif) { return segment(0xe1, std::string_view("Exif\0\0", 6), exif); }
Bytes xmp_segment(const Bytes& packet) {
  return segment(0xe1, std::string_view("http://ns.adobe.com/xap/1.0/\0", 29), packet);
}
Bytes iptc_segment(const Bytes& datasets) {
  return segment(0xed, std::string_view("Photoshop 3.0\0", 14), resources(datasets));
}
Bytes jpeg_of(const std::vector<Bytes>& segments) {
  Bytes out = bytes_of("\xff\xd8");
  for (const Bytes& one : segments) out = joined(out, one);
  return joined(out, bytes_of("\xff\xda"));
}

Bytes png_of(const std::vector<std::pair<std::string, Bytes>>& chunks) {
  Bytes out = bytes_of("\x89PNG\r\n\x1a\n");
  for (const auto& [type, content] : chunks) {
    append_number(out, content.size(), 4, true);
    out = joined(joined(out, bytes_of(type)), content);
    append_number(out, 0, 4);
  }
  return out;
}

Bytes webp_of(const std::vector<std::pair<std::string, Bytes>>& chunks) {
  Bytes out = bytes_of(std::string_view("RIFF\0\0\0\0WEBP", 12));
  for (const auto& [type, content] : chunks) {
    out = joined(out, bytes_of(type));
    append_number(out, content.size(), 4);
    out = joined(out, content);
    if (content.size() % 2 == 1) out.push_back(std::byte{0});
  }
  return out;
}

const Values whole_exif = {{image_description, bytes_of(std::string_view("of EXIF\0", 8))},
                           {artist, bytes_of(std::string_view("Eve\0", 4))},
                           {windows_title, utf16(u"of Windows")},
                           {windows_keywords, utf16(u"w1; w\u00fc2;\U0001F389;")}};

TEST(Metadata, IsReadFromXmp) {
  for (const Bytes& file :
       {jpeg_of({xmp_segment(xmp(whole_xmp))}), directory({{xmp_tag, xmp(whole_xmp)}}),
        png_of({{"IHDR", Bytes(13)},
                {"iTXt", joined(bytes_of(std::string_view("XML:com.adobe.xmp\0\0\0\0\0", 22)), xmp(whole_xmp))}}),
        webp_of({{"VP8X", Bytes(11)}, {"XMP ", xmp(whole_xmp)}}),
        joined(bytes_of("GIF89a...XMP DataXMP"), xmp(whole_xmp)),
        joined(bytes_of(std::string_view("\0\0\0\x14"
                                         "ftypavif",
                                         12)),
               xmp(whole_xmp))}) {
    const Metadata said = read_metadata(file);
    EXPECT_EQ(said.title, "of XMP");
    EXPECT_EQ(said.description, "it < that");
    EXPECT_EQ(said.tags, (Tags{"x1", "x2"}));
    EXPECT_EQ(said.creator, "Ada");
  }
}

TEST(Metadata, IsReadFromIptc) {
  const Bytes datasets = iptc("of IPTC", "a caption", {"i1", "gr\xc3\xbcn"}, "Ina");
  for (const Bytes& file :
       {jpeg_of({segment(0xe0, "JFIF", {}), iptc_segment(datasets)}), directory({{iptc_tag, datasets}}),
        directory({{photoshop_tag, resources(datasets)}}, true)}) {
    const Metadata said = read_metadata(file);
    EXPECT_EQ(said.title, "of IPTC");
    EXPECT_EQ(said.description, "a caption");
    EXPECT_EQ(said.tags, (Tags{"i1", "gr\xc3\xbcn"}));
    EXPECT_EQ(said.creator, "Ina");
  }
  // In Latin-1, which many programs write without saying so.
  EXPECT_EQ(read_metadata(jpeg_of({iptc_segment(iptc("gr\xfcn", "", {}, ""))})).title, "gr\xc3\xbcn");
}

TEST(Metadata, IsReadFromExif) {
  for (const bool big : {false, true}) {
    const Bytes exif = directory(whole_exif, big);
    for (const Bytes& file :
         {jpeg_of({exif_segment(exif)}), exif, png_of({{"eXIf", exif}}), webp_of({{"EXIF", exif}})}) {
      const Metadata said = read_metadata(file);
      EXPECT_EQ(said.title, "of Windows");
      EXPECT_EQ(said.description, "of EXIF");
      EXPECT_EQ(said.tags, (Tags{"w1",
                                 "w\xc3\xbc"
                                 "2",
                                 "\xf0\x9f\x8e\x89"}));
      EXPECT_EQ(said.creator, "Eve");
    }
  }
  // Windows writes the title twice.
  const Metadata said = read_metadata(directory({{image_description, bytes_of("a barn")},
                                                 {windows_title, utf16(u"a barn")},
                                                 {windows_comment, utf16(u"it is old")},
                                                 {windows_author, utf16(u"Wim")}}));
  EXPECT_EQ(std::tie(said.title, said.description, said.creator), std::make_tuple("a barn", "it is old", "Wim"));
}

TEST(Metadata, IsReadFromTextsOfPng) {
  const auto text = [](std::string_view keyword, std::string_view value) {
    return std::pair<std::string, Bytes>("tEXt", bytes_of(std::string(keyword) + '\0' + std::string(value)));
  };
  Metadata said = read_metadata(png_of({text("Title", "caf\xe9"),
                                        text("Description", "of PNG"),
                                        text("Author", "Pia"),
                                        text("Software", "x"),
                                        {"IDAT", Bytes(9)}}));
  EXPECT_EQ(std::tie(said.title, said.description, said.creator), std::make_tuple("caf\xc3\xa9", "of PNG", "Pia"));
  said = read_metadata(png_of({{"iTXt", bytes_of(std::string_view("Title\0\0\0de\0Titel\0gr\xc3\xbcn", 22))},
                               {"iTXt", bytes_of(std::string_view("Author\0\1\0\0\0zip", 14))}}));
  EXPECT_EQ(said.title, "gr\xc3\xbcn");
  EXPECT_EQ(said.creator, "");
}

TEST(Metadata, IsXmpBeforeIptcBeforeExifFieldByField) {
  const Bytes exif = exif_segment(directory(whole_exif));
  Metadata said =
      read_metadata(jpeg_of({exif, iptc_segment(iptc("of IPTC", "", {"i1"}, "Ina")),
                             xmp_segment(xmp("<dc:title><rdf:Alt><rdf:li>of XMP</rdf:li></rdf:Alt></dc:title>"))}));
  EXPECT_EQ(std::tie(said.title, said.description, said.tags, said.creator),
            std::make_tuple("of XMP", "of EXIF", Tags{"i1"}, "Ina"));
  said = read_metadata(jpeg_of({xmp_segment(xmp("<dc:title>  </dc:title>")), exif}));
  EXPECT_EQ(said.title, "of Windows");
}

TEST(Metadata, CallsAPictureByAShortDescriptionWhereItHasNoTitle) {
  const auto described = [](const std::string& text) {
    return read_metadata(jpeg_of({exif_segment(directory({{image_description, bytes_of(text)}}))}));
  };
  EXPECT_EQ(described("a red barn").title, "a red barn");
  EXPECT_EQ(described("a red barn").description, "");
  const std::string story(300, 'x');
  EXPECT_EQ(described(story).title, "");
  EXPECT_EQ(described(story).description, story);
}

TEST(Metadata, IsNotWhatCamerasWriteIntoEveryPicture) {
  for (const std::string text :
       {"OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "DCIM\\100MEDIA\\DJI_0001.JPG", "<Digimax i6 PMP, Samsung #1>",
        "Exif_JPEG_PICTURE", "default", "Created with GIMP", "                               "}) {
    const Metadata said = read_metadata(
        jpeg_of({exif_segment(directory({{image_description, bytes_of(text)}, {artist, Bytes(20, std::byte{' '})}})),
                 iptc_segment(iptc("", text, {" "}, ""))}));
    EXPECT_EQ(std::tie(said.title, said.description, said.creator), std::make_tuple("", "", "")) << text;
    EXPECT_TRUE(said.tags.empty());
  }
  EXPECT_EQ(read_metadata(directory({{image_description, bytes_of("my new digital camera")}})).title,
            "my new digital camera");
}

TEST(Metadata, IsThatOfThePictureAndNotOfThoseThatItWasMadeOf) {
  const Metadata said = read_metadata(jpeg_of({xmp_segment(
      xmp("<photoshop:Pantry><rdf:Bag><rdf:li><rdf:Description><dc:title><rdf:Alt><rdf:li>another</rdf:li></rdf:Alt>"
          "</dc:title><dc:subject><rdf:Bag><rdf:li>other</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:li></"
          "rdf:Bag></photoshop:Pantry>"
          "<dc:rights><rdf:Alt><rdf:li>mine</rdf:li></rdf:Alt></dc:rights>"))}));
  EXPECT_TRUE(said.title.empty() && said.description.empty() && said.tags.empty());
}

TEST(Metadata, IsWhatAnSvgSays) {
  EXPECT_EQ(read_metadata(bytes_of("<svg><title>boat</title></svg>")).title, "boat");
  EXPECT_EQ(read_metadata(bytes_of("<svg><title>b\xf6t</title></svg>")).title, "");
}

TEST(Metadata, IsNotThereInRealPicturesWithoutAny) {
  for (const Bytes& file : {test::jpeg({}, {.orientation = 6}), test::png(), test::webp({}, true, 6), test::gif(),
                            test::bmp(), test::tiff(), test::svg(), Bytes()}) {
    const Metadata said = read_metadata(file);
    EXPECT_TRUE(said.title.empty() && said.description.empty() && said.tags.empty() && said.creator.empty());
  }
}

TEST(Metadata, TakesAnyBytes) {
  const Bytes exif = directory(whole_exif), packet = xmp(whole_xmp), datasets = iptc("a", "b", {"c"}, "d");
  for (const Bytes& file :
       {jpeg_of({exif_segment(exif), xmp_segment(packet), iptc_segment(datasets)}),
        png_of(
            {{"eXIf", exif}, {"iTXt", joined(bytes_of(std::string_view("XML:com.adobe.xmp\0\0\0\0\0", 22)), packet)}}),
        webp_of({{"EXIF", exif}, {"XMP ", packet}}),
        directory({{xmp_tag, packet}, {photoshop_tag, resources(datasets)}, {artist, bytes_of("abcde")}}, true)}) {
    for (std::size_t n = 0; n <= file.size(); ++n)
      (void)read_metadata(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n)));
    for (std::size_t i = 0; i < file.size(); ++i) {
      for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
        Bytes damaged = file;
        damaged[i] = static_cast<std::byte>(value);
        const Metadata said = read_metadata(damaged);
        EXPECT_TRUE(text::is_valid_utf8(said.title) && text::is_valid_utf8(said.description) &&
                    text::is_valid_utf8(said.creator));
      }
    }
  }
  // Sizes that lie.
  Bytes huge = directory({{image_description, Bytes(100'000, std::byte{'x'})}});
  EXPECT_EQ(read_metadata(huge).description, "");
  huge[14] = huge[15] = huge[16] = huge[17] = std::byte{0xff};
  EXPECT_EQ(read_metadata(huge).description, "");
}

}  // namespace
}  // namespace updraft::image
