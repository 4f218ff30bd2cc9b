#include <chrono>
#include <mutex>
#include <optional>

#include "files/mapping.h"
#include "image/decode.h"
#include "image/describe.h"
#include "image/ocr.h"
#include "pair/encoders.h"
#include "sight/tags.h"
#include "updraft/picture.h"

namespace updraft {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double least_score = 0.02;  // what is less likely is not worth naming
constexpr int side_to_read = 2000;    // pixels that Tesseract likes

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

struct PictureReader::State {
  encode::ImageEncoder encoder;
  sight::Tags tags;
  std::optional<pair::ImageEncoder> of_pair;
  bool read_text = true;
  std::mutex one_at_a_time;
};

PictureReader::PictureReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PictureReader::PictureReader(PictureReader&&) noexcept = default;
PictureReader& PictureReader::operator=(PictureReader&&) noexcept = default;
PictureReader::~PictureReader() = default;

int PictureReader::dimension() const {
  return state_->of_pair ? state_->of_pair->dimension() : state_->encoder.dimension();
}

Result<PictureReader> PictureReader::load(const PictureOptions& options) {
  auto encoder = encode::ImageEncoder::load(options.image_encoder, {.threads = options.threads});
  if (!encoder) return tl::unexpected(encoder.error());
  std::filesystem::path path = options.tags;
  if (path.empty()) {
    path = options.image_encoder.parent_path() / "image-tags-q8_0.gguf";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) path.clear();
  }
  auto tags = path.empty() ? Result<sight::Tags>(sight::Tags::of_classes(encoder->classes())) : sight::Tags::open(path);
  if (!tags) return tl::unexpected(tags.error());
  const bool fits = tags->classes() == encoder->classes().size() &&
                    (tags->hidden() == 0 || tags->hidden() == static_cast<std::size_t>(encoder->hidden()));
  if (!fits) {
    return fail(ErrorCode::unsupported, path.string() + ": these tags were learnt with another image encoder than " +
                                            options.image_encoder.string());
  }
  std::optional<pair::ImageEncoder> of_pair;
  if (!options.pair.folder.empty()) {
    auto opened = pair::ImageEncoder::open(options.pair, options.threads);
    if (!opened) return tl::unexpected(opened.error());
    of_pair.emplace(*std::move(opened));
  }
  std::unique_ptr<State> state(
      new State{*std::move(encoder), *std::move(tags), std::move(of_pair), options.read_text, {}});
  return PictureReader(std::move(state));
}

Result<Seen> PictureReader::read(std::span<const std::byte> file) const {
  const std::scoped_lock lock(state_->one_at_a_time);
  auto start = Clock::now();
  const auto picture = image::decode(file);
  if (!picture) return tl::unexpected(picture.error());
  const image::Description description = image::describe(*picture);
  const auto encoded = state_->encoder.encode({picture->rgb, picture->width, picture->height});
  if (!encoded) return tl::unexpected(encoded.error());
  const auto kind_probability = [&](image::Kind kind) {
    return description.kind_probabilities[static_cast<std::size_t>(kind)];
  };
  const auto scores = state_->tags.scores(*encoded, kind_probability(image::Kind::photo));
  Seen seen;
  seen.tags = sight::likeliest(state_->tags.names(), scores, max_seen_tags, least_score);
  seen.kind = name(description.kind);
  seen.kind_probability = kind_probability(description.kind);
  for (const image::NamedColour& colour : description.palette) {
    seen.palette.push_back({std::string(colour.name), colour.share});
  }
  seen.format = name(picture->format);
  seen.width = picture->source_width;
  seen.height = picture->source_height;
  seen.aspect = name(description.aspect);
  seen.point = encoded->point;
  if (state_->of_pair) {
    auto point = state_->of_pair->encode({picture->rgb, picture->width, picture->height});
    if (!point) return tl::unexpected(point.error());
    seen.point = *std::move(point);
  }
  seen.look_ms = milliseconds_since(start);
  if (!state_->read_text) return seen;
  start = Clock::now();
  // Without Tesseract, or when time is over, nothing is read; what was seen stands.
  const auto large = image::decode(file, {.side = side_to_read});
  const auto written = large ? image::read_text(*large) : Result<image::WrittenText>(tl::unexpected(large.error()));
  if (written) seen.written = written->text;
  seen.read_ms = milliseconds_since(start);
  return seen;
}

Result<Seen> PictureReader::read(const std::filesystem::path& path) const {
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  auto seen = read(file->bytes());
  if (!seen) return fail(seen.error().code, path.string() + ": " + seen.error().message);
  return seen;
}

}  // namespace updraft
