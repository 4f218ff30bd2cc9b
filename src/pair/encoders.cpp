#include "pair/encoders.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernels/thread_pool.h"
#include "onnx/session.h"
#include "pair/description.h"
#include "pair/tokenizer.h"

namespace updraft::pair {
namespace {

using onnx::Port;
using onnx::Session;
using Shape = std::vector<std::int64_t>;

constexpr int colours = 3;
constexpr std::size_t multiple = 32;  // that dimensions are

tl::unexpected<Error> refuse(const Session& session, const std::string& why) {
  return fail(ErrorCode::unsupported, session.path().string() + ": " + why);
}

std::string names_of(std::span<const Port> ports) {
  std::string all;
  for (const Port& port : ports) all.append(all.empty() ? "" : ", ").append(port.name);
  return all;
}

// "[1, 3, 224, 224]", "[any, 77]"
std::string told(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    text.append(text.empty() ? "" : ", ").append(size < 0 ? "any" : std::to_string(size));
  }
  return "[" + text + "]";
}

// Whether the network takes what it will be given: a value of that shape; `key` is where pair.json names it.
Result<onnx::Type> check_input(const Session& session, const std::string& name, const char* key, const Shape& shape,
                               std::initializer_list<onnx::Type> types) {
  const Port* port = onnx::find(session.inputs(), name);
  if (port == nullptr) {
    return refuse(session, "it has no input '" + name + "' but " + names_of(session.inputs()) + "; " + key +
                               " of pair.json names it");
  }
  if (std::find(types.begin(), types.end(), port->type) == types.end()) {
    return refuse(session, "its input '" + name + "' is not of the type of " + key);
  }
  bool fits = port->shape.size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = port->shape[i] < 0 || shape[i] < 0 || port->shape[i] == shape[i];
  }
  if (!fits) {
    return refuse(session,
                  "its input '" + name + "' is " + told(port->shape) + ", and pair.json makes it " + told(shape));
  }
  return port->type;
}

// Nothing may be left open.
Result<> check_ports(const Session& session, std::span<const std::string> given, const std::string& output) {
  for (const Port& port : session.inputs()) {
    if (std::find(given.begin(), given.end(), port.name) != given.end()) continue;
    return refuse(session, "it wants the input '" + port.name +
                               "' as well, which pair.json does not name; a model for each side is needed");
  }
  if (onnx::find(session.outputs(), output) != nullptr) return {};
  return refuse(session, "it has no output '" + output + "' but " + names_of(session.outputs()));
}

// What came out, as a point.
Result<std::vector<float>> point_of(const Session& session, const std::string& name, onnx::Output output) {
  std::vector<float>& point = output.values;
  const bool is_one = !output.shape.empty() && !point.empty() &&
                      static_cast<std::size_t>(output.shape.back()) == point.size();  // all others are 1
  if (!is_one) {
    return refuse(session, "its output '" + name + "' is " + told(output.shape) + ", not one point; it has " +
                               names_of(session.outputs()));
  }
  if (point.size() > static_cast<std::size_t>(max_dimension)) {
    return refuse(session, "its points have " + std::to_string(point.size()) + " dimensions, more than " +
                               std::to_string(max_dimension));
  }
  double square = 0;
  for (const float x : point) square += double{x} * x;
  if (!std::isfinite(square) || !(square > 1e-24)) {
    return fail(ErrorCode::corrupt, session.path().string() + ": what it computes is no direction in a space");
  }
  const auto inverse = static_cast<float>(1 / std::sqrt(square));
  for (float& x : point) x *= inverse;
  point.resize((point.size() + multiple - 1) / multiple * multiple);
  return std::move(point);
}

// What both sides begin with.
struct Opened {
  Description description;
  std::uint64_t fingerprint = 0;
};

Result<Opened> read(const PairFiles& files) {
  auto description = read_description(files.folder);
  if (!description) return tl::unexpected(description.error());
  const auto id = fingerprint(files.folder, *description);
  if (!id) return tl::unexpected(id.error());
  return Opened{*std::move(description), *id};
}

}  // namespace

struct TextEncoder::State {
  Opened opened;
  Tokenizer tokenizer;
  Session session;
  onnx::Type type = onnx::Type::int64;  // of its inputs
  int dimension = 0;

  [[nodiscard]] Result<std::vector<float>> encode(std::string_view text) const {
    const TextSide& side = opened.description.text;
    std::vector<std::int64_t> ids = tokenizer.encode(text, side.max_tokens), mask(ids.size(), 1);
    if (ids.empty()) return fail(ErrorCode::invalid_argument, "the text has nothing that the tokenizer knows");
    if (side.pad) {
      ids.resize(side.max_tokens, *side.pad);
      mask.resize(side.max_tokens, 0);
    }
    const std::vector<std::int64_t> kinds(ids.size(), 0);
    std::vector<onnx::Input> inputs;
    std::vector<std::vector<std::int32_t>> narrow;
    narrow.reserve(3);  // spans of them stay good
    const auto give = [&](const std::string& name, const std::vector<std::int64_t>& values) {
      const Shape shape = {1, static_cast<std::int64_t>(values.size())};
      if (type == onnx::Type::int64) return inputs.push_back({name, shape, std::span(values)});
      const auto& as_32 = narrow.emplace_back(values.begin(), values.end());
      inputs.push_back({name, shape, std::span(as_32)});
    };
    give(side.ids, ids);
    if (side.mask) give(*side.mask, mask);
    if (side.kinds) give(*side.kinds, kinds);
    auto output = session.run(inputs, side.output);
    if (!output) return tl::unexpected(output.error());
    return point_of(session, side.output, *std::move(output));
  }
};

TextEncoder::TextEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextEncoder::TextEncoder(TextEncoder&&) noexcept = default;
TextEncoder& TextEncoder::operator=(TextEncoder&&) noexcept = default;
TextEncoder::~TextEncoder() = default;

Result<TextEncoder> TextEncoder::open(const PairFiles& files, int threads) {
  auto opened = read(files);
  if (!opened) return tl::unexpected(opened.error());
  const TextSide side = opened->description.text;
  auto tokenizer = Tokenizer::open(files.folder / side.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto session = Session::open(files.folder / side.model, {files.runtime, threads});
  if (!session) return tl::unexpected(session.error());
  const std::int64_t length = side.pad ? static_cast<std::int64_t>(side.max_tokens) : -1;
  std::vector<std::string> given;
  onnx::Type type = onnx::Type::other;
  const auto take = [&](const std::string& name, const char* key) -> Result<> {
    const auto is = check_input(*session, name, key, {1, length}, {onnx::Type::int64, onnx::Type::int32});
    if (!is) return tl::unexpected(is.error());
    if (!given.empty() && *is != type) return refuse(*session, "its inputs are of two types");
    type = *is;
    given.push_back(name);
    return {};
  };
  if (auto done = take(side.ids, "text.ids"); !done) return tl::unexpected(done.error());
  if (side.mask) {
    if (auto done = take(*side.mask, "text.mask"); !done) return tl::unexpected(done.error());
  }
  if (side.kinds) {
    if (auto done = take(*side.kinds, "text.types"); !done) return tl::unexpected(done.error());
  }
  if (auto done = check_ports(*session, given, side.output); !done) return tl::unexpected(done.error());
  auto state = std::make_unique<State>(State{*std::move(opened), *std::move(tokenizer), *std::move(session), type});
  const auto point = state->encode("a");  // what is wrong with the model is told now
  if (!point) return tl::unexpected(point.error());
  state->dimension = static_cast<int>(point->size());
  return TextEncoder(std::move(state));
}

int TextEncoder::dimension() const { return state_->dimension; }
std::uint64_t TextEncoder::fingerprint() const { return state_->opened.fingerprint; }
double TextEncoder::least_cosine() const { return state_->opened.description.least_cosine; }
bool TextEncoder::is_word(std::string_view word) const { return state_->tokenizer.is_word(word); }

Result<std::vector<float>> TextEncoder::encode(std::span<const std::string_view> texts) const {
  std::vector<float> points;
  points.reserve(texts.size() * static_cast<std::size_t>(state_->dimension));
  for (const std::string_view text : texts) {
    const auto point = state_->encode(text);
    if (!point) return point;
    if (point->size() != static_cast<std::size_t>(state_->dimension)) {
      return refuse(state_->session, "its points have now this, now that dimension");
    }
    points.insert(points.end(), point->begin(), point->end());
  }
  return points;
}

struct ImageEncoder::State {
  Opened opened;
  Session session;
  int dimension = 0;
  mutable kernels::ThreadPool pool{1};

  // The side of a picture that is `own` pixels long, the other one `other`.
  [[nodiscard]] encode::Cut cut_of(int own, int other) const {
    const ImageSide& side = opened.description.image;
    if (side.fit == Fit::stretch || own <= other) return {side.size, 0, side.size};
    constexpr double longest = 1 << 24;
    const int whole = static_cast<int>(std::min(static_cast<double>(side.size) * own / other, longest));
    return {whole, (whole - side.size) / 2, side.size};
  }
};

ImageEncoder::ImageEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageEncoder::ImageEncoder(ImageEncoder&&) noexcept = default;
ImageEncoder& ImageEncoder::operator=(ImageEncoder&&) noexcept = default;
ImageEncoder::~ImageEncoder() = default;

Result<ImageEncoder> ImageEncoder::open(const PairFiles& files, int threads) {
  auto opened = read(files);
  if (!opened) return tl::unexpected(opened.error());
  const ImageSide side = opened->description.image;
  auto session = Session::open(files.folder / side.model, {files.runtime, threads});
  if (!session) return tl::unexpected(session.error());
  const Shape shape =
      side.layout == Layout::nchw ? Shape{1, colours, side.size, side.size} : Shape{1, side.size, side.size, colours};
  const auto type = check_input(*session, side.input, "image.input", shape, {onnx::Type::float32});
  if (!type) return tl::unexpected(type.error());
  if (auto done = check_ports(*session, std::span(&side.input, 1), side.output); !done) {
    return tl::unexpected(done.error());
  }
  ImageEncoder encoder(std::unique_ptr<State>(new State{*std::move(opened), *std::move(session)}));
  constexpr std::array<std::uint8_t, 3> orange = {200, 90, 40};  // what is wrong with the model is told now
  const auto point = encoder.encode({orange, 1, 1});
  if (!point) return tl::unexpected(point.error());
  encoder.state_->dimension = static_cast<int>(point->size());
  return encoder;
}

int ImageEncoder::dimension() const { return state_->dimension; }
std::uint64_t ImageEncoder::fingerprint() const { return state_->opened.fingerprint; }
int ImageEncoder::side() const { return state_->opened.description.image.size; }

Result<std::vector<float>> ImageEncoder::encode(const encode::Pixels& pixels) const {
  if (pixels.width < 1 || pixels.height < 1) return fail(ErrorCode::invalid_argument, "the picture has no pixels");
  const auto row = static_cast<std::size_t>(pixels.width) * colours;
  if (pixels.rgb.size() % row != 0 || pixels.rgb.size() / row != static_cast<std::size_t>(pixels.height)) {
    return fail(ErrorCode::invalid_argument, "the picture has not as many bytes as its pixels need");
  }
  const ImageSide& side = state_->opened.description.image;
  const auto rgb = encode::resampled(pixels, state_->cut_of(pixels.width, pixels.height),
                                     state_->cut_of(pixels.height, pixels.width), side.filter, state_->pool);
  const std::size_t n = rgb.size() / colours;
  std::vector<float> values(rgb.size());
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    const std::size_t pixel = i / colours, colour = i % colours;
    const float value = (rgb[i] / 255 - side.mean[colour]) / side.deviation[colour];
    values[side.layout == Layout::nchw ? colour * n + pixel : i] = value;
  }
  const Shape shape =
      side.layout == Layout::nchw ? Shape{1, colours, side.size, side.size} : Shape{1, side.size, side.size, colours};
  const onnx::Input input{side.input, shape, std::span<const float>(values)};
  auto output = state_->session.run(std::span(&input, 1), side.output);
  if (!output) return tl::unexpected(output.error());
  return point_of(state_->session, side.output, *std::move(output));
}

}  // namespace updraft::pair
