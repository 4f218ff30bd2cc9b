#include "image/decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "image/written.h"

namespace updraft::image {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

using test::append;
using test::append_number;
using test::Bytes;
using test::Quarters;

// Time is no matter of these tests: a busy machine must not fail them.
const Limits patient = {.seconds = 60};

Picture decoded(const Bytes& file, Limits limits = patient) {
  auto picture = decode(file, limits);
  if (!picture) {
    ADD_FAILURE() << picture.error().message;
    return Picture{.width = 1, .height = 1, .rgb = {0, 0, 0}};
  }
  EXPECT_EQ(picture->rgb.size(), 3U * picture->width * picture->height);
  return *picture;
}

Error error_of(std::span<const std::byte> file, const Limits& limits = patient) {
  const auto picture = decode(file, limits);
  if (picture) return Error{ErrorCode::io, "no error"};
  EXPECT_EQ(picture.error().message.find('\n'), std::string::npos);
  return picture.error();
}

using Rgb = std::array<int, 3>;
Rgb at(const Picture& picture, double x, double y) {
  const std::uint8_t* p = picture.pixel(static_cast<int>(x * picture.width), static_cast<int>(y * picture.height));
  return {p[0], p[1], p[2]};
}
constexpr Rgb red = {255, 0, 0}, green = {0, 255, 0}, blue = {0, 0, 255}, grey = {128, 128, 128},
              white = {255, 255, 255};

testing::AssertionResult near(Rgb a, Rgb b, int tolerance) {
  for (std::size_t c = 0; c < 3; ++c) {
    if (std::abs(a[c] - b[c]) > tolerance) {
      return testing::AssertionFailure() << testing::PrintToString(a) << " is not " << testing::PrintToString(b);
    }
  }
  return testing::AssertionSuccess();
}

void expect_quarters(const Picture& picture, std::array<Rgb, 4> colours = {red, green, blue, grey}, int tolerance = 0) {
  EXPECT_TRUE(near(at(picture, 0.25, 0.25), colours[0], tolerance));
  EXPECT_TRUE(near(at(picture, 0.75, 0.25), colours[1], tolerance));
  EXPECT_TRUE(near(at(picture, 0.25, 0.75), colours[2], tolerance));
  EXPECT_TRUE(near(at(picture, 0.75, 0.75), colours[3], tolerance));
}

struct File {
  const char* name;
  Format format;
  Bytes bytes;
};
std::vector<File> one_of_each() {
  return {{"png", Format::png, test::png()}, {"jpeg", Format::jpeg, test::jpeg()}, {"webp", Format::webp, test::webp()},
          {"gif", Format::gif, test::gif()}, {"bmp", Format::bmp, test::bmp()},    {"tiff", Format::tiff, test::tiff()},
          {"svg", Format::svg, test::svg()}};
}

TEST(Decode, ReadsEveryFormatToldByItsContent) {
  for (const File& file : one_of_each()) {
    SCOPED_TRACE(file.name);
    EXPECT_EQ(format_of(file.bytes), file.format);
    const Picture picture = decoded(file.bytes, {.side = file.format == Format::svg ? 40 : 1024, .seconds = 60});
    EXPECT_EQ(picture.format, file.format);
    EXPECT_EQ(std::tuple(picture.width, picture.height), std::tuple(40, 24));
    EXPECT_EQ(std::tuple(picture.source_width, picture.source_height), std::tuple(40, 24));
    EXPECT_EQ(picture.transparent, 0);
    expect_quarters(picture, {red, green, blue, grey}, file.format == Format::jpeg ? 3 : 0);
  }
}

TEST(Decode, RefusesWhatIsNoPicture) {
  EXPECT_EQ(error_of({}).code, ErrorCode::corrupt);
  EXPECT_PRED2(has, error_of({}).message, "0 bytes");
  for (const std::string_view text :
       {"hello", "<html><svg/></html>", "<", "\x89PNG", "RIFF1234WAVE", "%PDF-1.4", "GIF"}) {
    EXPECT_EQ(error_of(test::bytes_of(text)).code, ErrorCode::unsupported) << text;
  }
  EXPECT_PRED2(has, error_of(test::bytes_of("%PDF-1.4")).message, "PDF");
  EXPECT_PRED2(has, error_of(test::bytes_of("1234ftypheic")).message, "HEIC");
}

TEST(Decode, RefusesEveryTruncation) {
  for (const File& file : one_of_each()) {
    if (file.format == Format::svg) continue;  // a process each: below
    SCOPED_TRACE(file.name);
    // A JPEG's or a GIF's last bytes say only that it is over, a PNG's that no text follows.
    const std::size_t all = file.bytes.size() - (file.format == Format::png ? 12 : 2);
    std::size_t read = 0;
    for (std::size_t n = 0; n < all; ++n)
      read += error_of(std::span(file.bytes).first(n)).message == "no error" ? 1 : 0;
    // A few bytes before its end, all pixels of an entropy-coded file may be there already.
    EXPECT_LE(read, 8U);
  }
  const Bytes svg = test::svg();
  for (const std::size_t n : {60U, 120U, 200U}) EXPECT_EQ(error_of(std::span(svg).first(n)).code, ErrorCode::corrupt);
}

TEST(Decode, SurvivesEveryDamagedByte) {
  for (const File& file : one_of_each()) {
    if (file.format == Format::svg) continue;
    for (std::size_t i = 0; i < file.bytes.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        Bytes damaged = file.bytes;
        damaged[i] ^= static_cast<std::byte>(flip);
        if (const auto picture = decode(damaged, patient)) {
          EXPECT_EQ(picture->rgb.size(), 3U * picture->width * picture->height) << file.name << ' ' << i;
        }
      }
    }
  }
}

TEST(Decode, AveragesDownToTheSideAskedFor) {
  const Quarters large{.width = 320, .height = 192};
  const std::vector<Bytes> files = {
      test::png(large),         test::jpeg(large), test::webp(large),
      test::webp(large, false), test::gif(large),  test::bmp(large),
      test::tiff(large),        test::svg(),       test::png(large, {.interlaced = true})};
  for (const Bytes& file : files) {
    const Picture picture = decoded(file, {.side = 80, .seconds = 60});
    EXPECT_EQ(std::tuple(picture.width, picture.height), std::tuple(80, 48));
    EXPECT_EQ(picture.source_width, picture.format == Format::svg ? 80 : 320);
    expect_quarters(picture, {red, green, blue, grey}, 6);
  }
  // A factor that the decoder has and one that it has not; sizes that it does not divide.
  for (const int width : {401, 1203, 97}) {
    for (const Bytes& file : {test::jpeg({.width = width, .height = 77}), test::png({.width = width, .height = 77})}) {
      const Picture picture = decoded(file, {.side = 64, .seconds = 60});
      EXPECT_LE(picture.width, 64);
      EXPECT_GT(picture.width, 32);
      EXPECT_EQ(picture.source_width, width);
      EXPECT_NEAR(static_cast<double>(picture.height) / picture.width, 77.0 / width, 0.03);
    }
  }
}

TEST(Decode, MeansOfPixelsAreExact) {
  // Columns of black and white; the last square has one column only.
  Bytes pixels;
  for (int y = 0; y < 33; ++y) {
    for (int x = 0; x < 36; ++x) pixels.push_back(static_cast<std::byte>(x < 33 && x % 2 == 1 ? 255 : 0));
  }
  Bytes palette;
  for (int i = 0; i < 256; ++i) append_number(palette, static_cast<std::uint64_t>(i * 0x010101), 4);
  const Picture picture = decoded(test::bmp(33, 33, 8, 0, palette, pixels), {.side = 17, .seconds = 60});
  ASSERT_EQ(std::tuple(picture.width, picture.height), std::tuple(17, 17));
  EXPECT_EQ(*picture.pixel(0, 0), 128);
  EXPECT_EQ(*picture.pixel(16, 16), 0);
}

TEST(Decode, LaysTransparentPartsOnWhite) {
  const Quarters half{.alpha = 51};
  const std::array<Rgb, 4> pale = {Rgb{255, 204, 204}, {204, 255, 204}, {204, 204, 255}, {230, 230, 230}};
  for (const Bytes& file : {test::png(half), test::webp(half), test::tiff(half, {.alpha = EXTRASAMPLE_UNASSALPHA})}) {
    const Picture picture = decoded(file);
    expect_quarters(picture, pale, 1);
    EXPECT_NEAR(picture.transparent, 0.8, 1e-3);
  }
  const Picture gif = decoded(test::gif({}, 1, true));
  expect_quarters(gif, {red, green, blue, white});
  EXPECT_EQ(gif.transparent, 0.25);
  const Picture svg = decoded(test::svg("<rect width='20' height='24' fill='#f00'/>"), {.side = 40, .seconds = 60});
  expect_quarters(svg, {red, white, red, white});
  EXPECT_NEAR(svg.transparent, 0.5, 1e-3);
}

TEST(Decode, ReadsEveryKindOfPng) {
  for (const bool interlaced : {false, true}) {
    expect_quarters(decoded(test::png({}, {.interlaced = interlaced})));
    expect_quarters(decoded(test::png({}, {.colour = PNG_COLOR_TYPE_RGB, .bits = 16, .interlaced = interlaced})));
    for (const int bits : {2, 4, 8}) {
      expect_quarters(
          decoded(test::png({}, {.colour = PNG_COLOR_TYPE_PALETTE, .bits = bits, .interlaced = interlaced})),
          {red, green, blue, {191, 191, 191}});
    }
    for (const int bits : {1, 2, 4, 8, 16}) {
      const auto picture =
          decoded(test::png({}, {.colour = PNG_COLOR_TYPE_GRAY, .bits = bits, .interlaced = interlaced}));
      EXPECT_EQ(at(picture, 0.25, 0.25), white);
      EXPECT_EQ(at(picture, 0.75, 0.25), (Rgb{0, 0, 0}));
    }
    expect_quarters(decoded(test::png({}, {.colour = PNG_COLOR_TYPE_GRAY_ALPHA, .interlaced = interlaced})),
                    {white, {0, 0, 0}, white, {191, 191, 191}});
  }
}

TEST(Decode, ReadsEveryKindOfJpeg) {
  expect_quarters(decoded(test::jpeg({}, {.progressive = true})), {red, green, blue, grey}, 3);
  expect_quarters(decoded(test::jpeg({}, {.colours = JCS_CMYK})), {red, green, blue, grey}, 3);
  expect_quarters(decoded(test::jpeg({}, {.colours = JCS_GRAYSCALE})), {white, {0, 0, 0}, {0, 0, 0}, grey}, 3);
}

TEST(Decode, ReadsTheFirstFrameOnly) {
  expect_quarters(decoded(test::gif({}, 3)));
  expect_quarters(decoded(test::gif({}, 1, false, true)));
  expect_quarters(decoded(test::animated_webp()));
  // Endless: what follows the first frame is never looked at.
  Bytes endless = test::gif({}, 1);
  endless.pop_back();
  const Bytes more = test::gif({}, 2);
  for (int i = 0; i < 100'000; ++i) append(endless, more.data() + 13 + 12, 40);
  expect_quarters(decoded(endless));
}

TEST(Decode, ReadsEveryKindOfBmp) {
  // Two rows of three pixels: red, green, blue / blue, red, green.
  const auto expect_six = [](const Bytes& file, int tolerance = 0) {
    const Picture picture = decoded(file);
    ASSERT_EQ(std::tuple(picture.width, picture.height), std::tuple(3, 2));
    const std::array<Rgb, 6> colours = {red, green, blue, blue, red, green};
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(near(at(picture, (i % 3 + 0.5) / 3, i / 3 == 0 ? 0.25 : 0.75), colours[static_cast<std::size_t>(i)],
                       tolerance))
          << i;
    }
  };
  const auto bytes = [](std::initializer_list<int> values) {
    Bytes out;
    for (const int value : values) out.push_back(static_cast<std::byte>(value));
    return out;
  };
  const Bytes palette = bytes({0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0});  // blue, green, red, nothing
  Bytes palette16 = palette, palette256 = palette;
  palette16.resize(64), palette256.resize(1024);
  // From the bottom: blue, red, green is 2 0 1.
  expect_six(test::bmp(3, 2, 8, 0, palette256, bytes({2, 0, 1, 0, 0, 1, 2, 0})));
  expect_six(test::bmp(3, -2, 8, 0, palette256, bytes({0, 1, 2, 0, 2, 0, 1, 0})));
  expect_six(test::bmp(3, 2, 4, 0, palette16, bytes({0x20, 0x10, 0, 0, 0x01, 0x20, 0, 0})));
  expect_six(test::bmp(3, 2, 8, 1, palette256, bytes({1, 2, 1, 0, 1, 1, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1})));
  expect_six(test::bmp(3, 2, 4, 2, palette16, bytes({3, 0x20, 0, 0, 0, 3, 0x01, 0x20, 0, 1})), 255);
  expect_six(test::bmp(3, 2, 4, 2, palette16, bytes({0, 3, 0x20, 0x10, 0, 0, 0, 3, 0x01, 0x20, 0, 1})));
  expect_six(test::bmp(3, 2, 16, 0, {}, bytes({0x1f, 0, 0, 0x7c, 0xe0, 3, 0, 0, 0, 0x7c, 0xe0, 3, 0x1f, 0, 0, 0})));
  expect_six(test::bmp(3, 2, 16, 3, bytes({0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0}),
                       bytes({0x1f, 0, 0, 0xf8, 0xe0, 7, 0, 0, 0, 0xf8, 0xe0, 7, 0x1f, 0, 0, 0})));
  expect_six(test::bmp(3, 2, 32, 0, {}, bytes({255, 0, 0,   0, 0, 0,   255, 0, 0,   255, 0, 0,  //
                                               0,   0, 255, 0, 0, 255, 0,   0, 255, 0,   0, 0})));
  const Picture two = decoded(test::bmp(2, 1, 1, 0, bytes({255, 255, 255, 0, 0, 0, 255, 0}), bytes({0x40, 0, 0, 0})));
  EXPECT_EQ(at(two, 0, 0), white);
  EXPECT_EQ(at(two, 0.5, 0), red);
  EXPECT_EQ(error_of(test::bmp(3, 2, 7, 0, {}, Bytes(64))).code, ErrorCode::unsupported);
  EXPECT_EQ(error_of(test::bmp(3, 2, 24, 5, {}, Bytes(64))).code, ErrorCode::unsupported);
  EXPECT_EQ(error_of(test::bmp(0, 2, 24, 0, {}, Bytes(64))).code, ErrorCode::corrupt);
  EXPECT_EQ(error_of(test::bmp(3, INT32_MIN, 24, 0, {}, Bytes(64))).code, ErrorCode::corrupt);
}

TEST(Decode, ReadsEveryKindOfTiff) {
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS, COMPRESSION_ADOBE_DEFLATE}) {
    const auto c = static_cast<std::uint16_t>(compression);
    expect_quarters(decoded(test::tiff({}, {.compression = c})));
    expect_quarters(decoded(test::tiff({}, {.compression = c, .tile = 16})));
    expect_quarters(decoded(test::tiff({}, {.compression = c, .rows_per_strip = 1000})));
  }
  EXPECT_EQ(error_of(test::tiff({}, {.compression = COMPRESSION_LZMA})).code, ErrorCode::unsupported);
}

// How the four quarters look when the file's rows are to be turned as EXIF's orientations say.
const std::array<std::array<Rgb, 4>, 8> turned = {{{red, green, blue, grey},
                                                   {green, red, grey, blue},
                                                   {grey, blue, green, red},
                                                   {blue, grey, red, green},
                                                   {red, blue, green, grey},
                                                   {blue, red, grey, green},
                                                   {grey, green, blue, red},
                                                   {green, grey, red, blue}}};

TEST(Decode, TurnsPicturesUpright) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::vector<Bytes> files = {test::jpeg({}, {.orientation = orientation}),
                                      test::png({}, {.orientation = orientation}), test::webp({}, true, orientation),
                                      test::tiff({}, {.orientation = static_cast<std::uint16_t>(orientation)})};
    for (const Bytes& file : files) {
      const Picture picture = decoded(file);
      SCOPED_TRACE(std::string(name(picture.format)) + ' ' + std::to_string(orientation));
      EXPECT_EQ(picture.width, orientation < 5 ? 40 : 24);
      EXPECT_EQ(picture.source_width, picture.width);
      EXPECT_EQ(picture.source_height, picture.height);
      expect_quarters(picture, turned[static_cast<std::size_t>(orientation - 1)], 6);
    }
  }
}

// The IHDR of a PNG is in bytes 16 to 29, with its check sum behind.
Bytes with_size(Bytes file, std::uint32_t width, std::uint32_t height) {
  Bytes size;
  append_number(size, width, 4, true), append_number(size, height, 4, true);
  std::copy(size.begin(), size.end(), file.begin() + 16);
  std::uint32_t crc = ~0U;
  for (std::size_t i = 12; i < 29; ++i) {
    crc ^= std::to_integer<std::uint32_t>(file[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  Bytes sum;
  append_number(sum, ~crc, 4, true);
  std::copy(sum.begin(), sum.end(), file.begin() + 29);
  return file;
}

TEST(Decode, ChecksTheSizeBeforeAnythingIsAllocated) {
  const Error png = error_of(with_size(test::png(), 50'000, 50'000));
  EXPECT_EQ(png.code, ErrorCode::corrupt);
  EXPECT_PRED2(has, png.message, "50000 x 50000 pixels are too many");
  EXPECT_PRED2(has, error_of(with_size(test::png(), 100'000, 1)).message, "too many");
  EXPECT_PRED2(has, error_of(with_size(test::png({}, {.interlaced = true}), 9'000, 9'000)).message, "MiB");

  Bytes jpeg = test::jpeg();
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] == std::byte{0xff} && jpeg[i + 1] == std::byte{0xc0}) {
      for (std::size_t k = 5; k < 9; ++k) jpeg[i + k] = std::byte{0xea};
    }
  }
  EXPECT_PRED2(has, error_of(jpeg).message, "60138 x 60138 pixels are too many");
  Bytes gif = test::gif();
  const std::array<std::byte, 4> frame = {std::byte{0x50}, std::byte{0xc3}, std::byte{0x50}, std::byte{0xc3}};
  const std::array<std::byte, 5> descriptor = {std::byte{','}};
  const auto at_frame = std::search(gif.begin() + 13 + 12, gif.end(), descriptor.begin(), descriptor.end());
  std::copy(frame.begin(), frame.end(), at_frame + 5);
  EXPECT_PRED2(has, error_of(gif).message, "50000 x 50000 pixels are too many");
  EXPECT_PRED2(has, error_of(test::bmp(50'000, 50'000, 24, 0, {}, {})).message, "50000 x 50000");
  EXPECT_PRED2(has, error_of(test::bmp(9'000, 9'000, 24, 0, {}, {})).message, "ends too early");
  EXPECT_PRED2(
      has, error_of(test::bmp(20'000, 4'000, 4, 2, Bytes(64), {}), {.memory_bytes = 1U << 20U, .seconds = 60}).message,
      "MiB");
  // One strip or tile of all: libtiff would hold it as a whole.
  const auto tiff = [](std::uint32_t width, std::uint32_t height, std::uint32_t tile) {
    Bytes out = test::bytes_of(std::string_view("II*\0\10\0\0\0", 8));
    const std::vector<std::array<std::uint32_t, 2>> tags = {
        {256, width}, {257, height}, {258, 8}, {259, COMPRESSION_PACKBITS}, {262, 1}, {277, 1}, {322, tile},
        {323, tile},  {324, 8},      {325, 4}};
    append_number(out, tags.size(), 2);
    for (const auto& [tag, value] : tags) {
      append_number(out, tag, 2), append_number(out, 4, 2), append_number(out, 1, 4), append_number(out, value, 4);
    }
    append_number(out, 0, 4);
    return out;
  };
  EXPECT_PRED2(has, error_of(tiff(50'000, 50'000, 256)).message, "50000 x 50000");
  EXPECT_NE(error_of(tiff(100, 100, 0x40000000)).message, "no error");
  EXPECT_NE(error_of(tiff(100, 100, 0xfffffff0)).message, "no error");
  EXPECT_NE(error_of(tiff(9'000, 9'000, 9'008)).message, "no error");

  EXPECT_EQ(error_of(test::png(), {.file_bytes = 20, .seconds = 60}).code, ErrorCode::corrupt);
  EXPECT_EQ(error_of(test::png(), {.side = 0}).code, ErrorCode::invalid_argument);
}

TEST(Decode, RefusesAPictureThatBuildsUpWithoutEnd) {
  Bytes file = test::jpeg({}, {.progressive = true});
  const std::array<std::byte, 2> start = {std::byte{0xff}, std::byte{0xda}};
  const auto last = std::find_end(file.begin(), file.end(), start.begin(), start.end());
  const Bytes scan(last, file.end() - 2);
  Bytes bomb(file.begin(), file.end() - 2);
  for (int i = 0; i < 1000; ++i) append(bomb, scan.data(), scan.size());
  append(bomb, file.data() + file.size() - 2, 2);
  EXPECT_PRED2(has, error_of(bomb).message, "scans");
}

TEST(Decode, GivesUpWhenTimeIsOver) {
  const Quarters large{.width = 1000, .height = 1000};
  for (const Bytes& file : {test::png(large), test::jpeg(large), test::jpeg(large, {.progressive = true}),
                            test::gif(large), test::webp(large), test::bmp(large), test::tiff(large), test::svg()}) {
    EXPECT_EQ(error_of(file, {.seconds = 1e-9}).code, ErrorCode::cancelled) << name(*format_of(file));
  }
}

TEST(Decode, RefusesSvgThatAsksForMoreThanItself) {
  for (const std::string_view content :
       {"<script>alert(1)</script>", "<svg:script xmlns:svg='http://www.w3.org/2000/svg'/>",
        "<image href='file:///etc/passwd'/>", "<image xlink:href = \"http://example.com/a.png\"/>",
        "<use a='>' xlink:href='other.svg#a'/>",
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>",
        "<style>@import 'a.css';</style>", "<rect fill='url( http://example.com/a)'/>",
        "<rect style='fill:url(&quot;a.svg#b&quot;)'/>"}) {
    const Error error = error_of(test::svg(content));
    EXPECT_EQ(error.code, ErrorCode::unsupported) << content;
    EXPECT_PRED2(has, error.message, "stand alone") << content;
  }
  for (const std::string_view head :
       {"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<?xml-stylesheet href='a.css'?>",
        "<!DOCTYPE svg [ <!-- > --> <!ENTITY % x PUBLIC 'a' 'b'>]>"}) {
    Bytes file = test::bytes_of(head);
    const Bytes svg = test::svg();
    append(file, svg.data(), svg.size());
    EXPECT_EQ(format_of(file), Format::svg);
    EXPECT_EQ(error_of(file).code, ErrorCode::unsupported) << head;
  }
  // Harmless, and common.
  Bytes fine = test::bytes_of(
      "\xef\xbb\xbf<?xml version='1.0'?><!-- <script> --><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' "
      "'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd' [<!ENTITY ns 'http://example.com'>]>");
  const Bytes svg = test::svg(
      "<a xlink:href='http://example.com'><rect id='r' width='40' height='24' fill='red'/></a>"
      "<use xlink:href='#r'/><rect fill='url(#g)'/><image width='1' height='1' href='data:,'/>");
  append(fine, svg.data(), svg.size());
  EXPECT_EQ(at(decoded(fine), 0.5, 0.5), red);
}

TEST(Decode, EndsSvgThatWouldDrawForEver) {
  std::string uses = "<defs><g id='a0'><rect width='9' height='9'/></g>";
  for (int i = 1; i < 12; ++i) {
    uses += "<g id='a" + std::to_string(i) + "'>";
    for (int k = 0; k < 10; ++k)
      uses += "<use xlink:href='#a" + std::to_string(i - 1) + "' x='" + std::to_string(k) + "'/>";
    uses += "</g>";
  }
  uses += "</defs><use xlink:href='#a11'/>";
  const std::string filter =
      "<filter id='f' x='-1000' y='-1000' width='100000' height='100000'><feMorphology operator='dilate' "
      "radius='5000'/>"
      "<feTurbulence numOctaves='9999' baseFrequency='0.9'/></filter><rect width='40' height='24' filter='url(#f)'/>";
  for (const std::string& content : {uses, filter}) {
    const auto code = error_of(test::svg(content), {.seconds = 1}).code;
    EXPECT_TRUE(code == ErrorCode::cancelled || code == ErrorCode::corrupt);
  }
  EXPECT_EQ(error_of(test::svg("<svg>")).code, ErrorCode::corrupt);
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<g>";
  EXPECT_NE(error_of(test::svg(deep)).message, "no error");
}

}  // namespace
}  // namespace updraft::image
