// What is on a picture, and what a person wants who shows one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/intent.h"
#include "updraft/pair.h"
#include "updraft/result.h"

namespace updraft {

inline constexpr std::size_t max_seen_tags = 10;

struct SeenTag {
  std::string name;
  double score = 0;  // 0..1: the probability that the tag is true of the picture
};

struct SeenColour {
  std::string name;  // in the words of intents
  double share = 0;  // 0..1 of the picture
};

struct Seen {
  std::vector<SeenTag> tags;  // the likeliest first, at most max_seen_tags
  std::string kind;           // photo, illustration, icon, screenshot or document
  double kind_probability = 0;
  std::vector<SeenColour> palette;  // the largest share first
  std::string written;              // what is written in it, UTF-8; empty: nothing, or it was not read
  std::string format;               // "PNG"
  int width = 0, height = 0;        // of the file, upright
  std::string aspect;               // banner, landscape, square, portrait or tall
  std::vector<float> point;         // in the text encoder's space or the pair's, of unit length; empty without either
  double look_ms = 0, read_ms = 0;  // decoding and looking; reading what is written
};

struct PictureOptions {
  std::filesystem::path image_encoder = {};  // encode/image_encoder.h
  std::filesystem::path tags = {};  // sight/tags.h; empty: image-tags-q8_0.gguf beside the encoder, where it is
  PairFiles pair = {};              // whose image encoder gives the point, where it is named
  int threads = 0;                  // 0: all cores
  bool read_text = true;            // what is written, where Tesseract is installed: takes 0.3 to 1 s
};

// Opens its files once, then looks at any number of pictures.
class PictureReader {
 public:
  // Errors name the file: not_found, io, corrupt, unsupported (tags that were learnt with another encoder).
  [[nodiscard]] static Result<PictureReader> load(const PictureOptions& options);

  PictureReader(PictureReader&&) noexcept;
  PictureReader& operator=(PictureReader&&) noexcept;
  ~PictureReader();

  // A file's bytes, whatever they are: PNG, JPEG, WebP, GIF, BMP, TIFF or SVG, told by the content. One at a time; a
  // second one waits. Errors: corrupt, unsupported, cancelled (it took too long), io; see image/decode.h.
  [[nodiscard]] Result<Seen> read(std::span<const std::byte> file) const;
  // The same of a file. Errors name it; not_found and io as well.
  [[nodiscard]] Result<Seen> read(const std::filesystem::path& path) const;

  [[nodiscard]] int dimension() const;  // of points; 0: it gives none

 private:
  struct State;
  explicit PictureReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The picture in the words that the detector was taught: "illustration of santa hat, christmas".
[[nodiscard]] std::string shown(const Seen& seen);

// What somebody who shows a picture and types nothing asks for in a search: the tags that speak for it.
[[nodiscard]] std::string search_text(const Seen& seen);

// What is typed beside the picture may be empty; where it is so long that both have no room in an utterance, it stands
// alone.

// The picture as an intent in the form that the corpus has for pictures, then what was typed: "tags: santa hat,
// christmas; kind: illustration; text: 'Ho ho ho'; colors: red, white; like this but in blue".
[[nodiscard]] std::string described(const Seen& seen, std::string_view words = {});

// What is wanted by whoever shows the picture and types `words` beside it: "like this but in blue, for kids". What the
// words state goes before what is seen. Without a detector (nullptr) the canonical intent is what is described, and
// goals and categories are empty. Errors: those of detect() for the words.
[[nodiscard]] Result<Intent> intent_of(const Seen& seen, std::string_view words, const IntentDetector* detector);

// Its two steps, for whoever asks the detector in a way of their own. First what it is asked: "illustration of santa
// hat, christmas; like this but in blue".
[[nodiscard]] std::string utterance_of(const Seen& seen, std::string_view words);
// Then what it made of that, with what is seen: how sure both are, what the words left open, and, where hardly anything
// was understood or nothing was (an empty text), what is described.
[[nodiscard]] Intent with_seen(Intent detected, const Seen& seen, std::string_view words);

}  // namespace updraft
