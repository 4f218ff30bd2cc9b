#include "image/ocr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "image/orientation.h"
#include "image/process.h"
#include "text/utf8.h"

namespace updraft::image {
namespace {

constexpr double least_confidence = 0.6;  // of a word
constexpr int small_side = 800;           // letters of small pictures are doubled: Tesseract wants them 20 pixels high
constexpr std::size_t enough_letters = 12;  // sure ones: then the page was read the right way up

// As a binary PGM file.
std::vector<std::byte> grey_file(const Picture& picture) {
  const int zoom = std::max(picture.width, picture.height) <= small_side ? 2 : 1;
  const int width = zoom * picture.width, height = zoom * picture.height;
  const std::string header = "P5 " + std::to_string(width) + ' ' + std::to_string(height) + " 255\n";
  std::vector<std::byte> file(header.size() + static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::transform(header.begin(), header.end(), file.begin(), [](char c) { return static_cast<std::byte>(c); });
  std::byte* out = file.data() + header.size();
  const auto grey = [&](int x, int y) {
    const std::uint8_t* p = picture.pixel(std::min(x, picture.width - 1), std::min(y, picture.height - 1));
    return 299 * p[0] + 587 * p[1] + 114 * p[2];
  };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, ++out) {
      const int left = x / zoom, top = y / zoom, right = left + x % zoom, bottom = top + y % zoom;
      const int sum = grey(left, top) + grey(right, top) + grey(left, bottom) + grey(right, bottom);
      *out = static_cast<std::byte>(sum / 4000);
    }
  }
  return file;
}

std::size_t n_letters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](unsigned char c) { return c > ' '; }));
}

// Letters and digits, or anything beyond ASCII.
bool says_something(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  });
}

// Valid UTF-8 without control characters.
std::string cleaned(std::string_view word) {
  std::string clean;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = text::next_codepoint(word, at);
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffd || (c >= 0x200b && c <= 0x200f) ||
                         (c >= 0x2028 && c <= 0x202e) || c == 0xfeff || (c >= 0xd800 && c < 0xe000);
    if (!control) text::append_utf8(clean, c);
  }
  return clean;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

double score(const WrittenText& written) { return written.confidence * static_cast<double>(n_letters(written.text)); }

}  // namespace

WrittenText text_of_table(std::string_view table, std::size_t max_bytes) {
  // level, page, block, paragraph, line, word, left, top, width, height, confidence in percent, text
  enum Column : std::size_t { level, page, block, paragraph, line, confidence = 10, word, n_columns };
  WrittenText written;
  std::array<std::string_view, line + 1> last{};
  std::size_t n_words = 0;
  for (const std::string_view row : split(table, '\n')) {
    const std::vector<std::string_view> columns = split(row, '\t');
    if (columns.size() != n_columns || columns[level] != "5") continue;
    double percent = 0;
    const std::string_view number = columns[confidence];
    if (std::from_chars(number.data(), number.data() + number.size(), percent).ec != std::errc()) continue;
    const std::string clean = cleaned(columns[word]);
    if (!(percent >= 100 * least_confidence && percent <= 100) || !says_something(clean)) continue;

    std::array<std::string_view, line + 1> place{};
    std::copy_n(columns.begin(), place.size(), place.begin());
    const bool first = written.text.empty();
    if (written.text.size() + clean.size() + 1 > max_bytes) break;
    if (!first) written.text += place == last ? ' ' : '\n';
    written.text += clean;
    written.confidence += percent / 100;
    last = place;
    ++n_words;
  }
  if (n_words > 0) written.confidence /= static_cast<double>(n_words);
  return written;
}

Result<WrittenText> read_text(const Picture& picture, const OcrLimits& limits) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto left = [&] { return limits.seconds - std::chrono::duration<double>(Clock::now() - start).count(); };
  const auto read = [&](const Picture& upright, const char* mode, double seconds) -> Result<WrittenText> {
    const std::vector<std::byte> file = grey_file(upright);
    const auto table = run({.arguments = {"tesseract", "stdin", "stdout", "--psm", mode, "-l", "eng", "tsv"},
                            .input = file,
                            .seconds = seconds});
    if (!table) {
      Error error = table.error();
      if (error.code == ErrorCode::unsupported)
        error.message += " (Debian: tesseract-ocr), which reads text in pictures";
      return tl::unexpected(std::move(error));
    }
    return text_of_table({reinterpret_cast<const char*>(table->data()), table->size()}, limits.text_bytes);
  };

  // A page: Tesseract tells its orientation, if there are some words.
  auto best = read(picture, "1", limits.seconds);
  if (!best && best.error().code != ErrorCode::corrupt) return best;
  if (best && n_letters(best->text) >= enough_letters) return best;
  // A few words somewhere: the orientation in which they are read best.
  WrittenText written = best ? std::move(*best) : WrittenText{};
  for (const int orientation : {1, 6, 3, 8}) {
    if (left() <= 0) break;
    Picture turned = picture;
    make_upright(turned, orientation);
    auto other = read(turned, "11", std::max(left(), 0.1));
    if (other && score(*other) > score(written)) written = std::move(*other);
  }
  return written;
}

}  // namespace updraft::image
