#include "encode/efficient_net.h"

#include <algorithm>
#include <array>
#include <string>

#include "encode/weight_reader.h"

namespace updraft::encode {

using gguf::Tensor;
using kernels::block_size;
using kernels::Buffer;
using kernels::QuantizedRows;
using kernels::Worker;
using Shape = EfficientNetShape;

namespace {

constexpr int chunk = 64;                                      // pixels at a time
constexpr int stem_row = Shape::stem_kernel * Shape::colours;  // values of a row of taps
constexpr int stem_columns = block_size;                       // the taps, filled up
constexpr int max_taps = 5 * 5;

// Of rows of `b` values, `a` of them.
std::size_t size(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }

// "Same" padding: as many pixels come out as the stride leaves. What is missing around the picture is zero, the smaller
// half of it before the first pixel.
int side_behind(int side, int stride) { return (side + stride - 1) / stride; }
int padding_before(int side, int kernel, int stride) {
  return std::max((side_behind(side, stride) - 1) * stride + kernel - side, 0) / 2;
}

std::string prefix(std::size_t i) { return "blk." + std::to_string(i) + "."; }

// Extents that the file's own tensors tell.
class Extents {
 public:
  Extents(const gguf::File& file, WeightReader& reader) : file_(file), reader_(reader) {}

  // Of a tensor that must be there.
  int rows(const std::string& name) { return extent(name, 0, Shape::max_channels); }
  int extent(const std::string& name, std::size_t dimension, int max) {
    const Tensor* tensor = file_.tensor(name);
    if (tensor == nullptr || tensor->shape.size() <= dimension || tensor->shape[dimension] < 1 ||
        tensor->shape[dimension] > static_cast<std::uint64_t>(max)) {
      reader_.wrong("tensor " + name + " is missing, or has no dimension of 1 to " + std::to_string(max));
      return 1;
    }
    return static_cast<int>(tensor->shape[dimension]);
  }
  int channels(const std::string& name) {
    const int n = rows(name);
    if (n % block_size != 0) reader_.wrong("tensor " + name + " has channels that are no multiple of 32");
    return n;
  }
  [[nodiscard]] bool has(const std::string& name) const { return file_.tensor(name) != nullptr; }

 private:
  const gguf::File& file_;
  WeightReader& reader_;
};

}  // namespace

bool is_class_name(std::string_view name) {
  constexpr std::size_t longest = 100;
  return !name.empty() && name.size() <= longest &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool Shape::is_inner(std::size_t block) const {
  return std::find(inner_blocks.begin(), inner_blocks.end(), static_cast<int>(block)) != inner_blocks.end();
}

Result<Shape> Shape::from(const gguf::File& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "efficientnet-lite") {
    return file.fail(ErrorCode::unsupported, "not an image encoder of the architecture efficientnet-lite");
  }
  const auto strides = file.integers("efficientnet-lite.strides");
  if (!strides) return tl::unexpected(strides.error());
  const auto residual = file.integers("efficientnet-lite.residual");
  if (!residual) return tl::unexpected(residual.error());
  const auto names = file.strings("efficientnet-lite.classes");
  if (!names) return tl::unexpected(names.error());
  const auto corrupt = [&](const std::string& what) { return file.fail(ErrorCode::corrupt, what); };
  if (strides->empty() || strides->size() > max_blocks || strides->size() != residual->size()) {
    return corrupt("efficientnet-lite.strides and .residual are not 1 to 64 numbers each");
  }
  if (names->empty() || names->size() > max_classes || !std::all_of(names->begin(), names->end(), is_class_name)) {
    return corrupt("efficientnet-lite.classes are not 1 to 65536 names that can be shown");
  }

  WeightReader read(file);
  Extents extents(file, read);
  Shape s;
  s.side = read.integer("efficientnet-lite.image_size", 32, max_side);
  s.mean = read.number("efficientnet-lite.image_mean", 0, 255);
  s.deviation = read.number("efficientnet-lite.image_deviation", 1, 255);
  s.stem = extents.channels("stem.weight");
  int in = s.stem, side_in = s.stem_side();
  bool too_large = size(side_in * side_in, s.stem) > max_hidden;
  for (std::size_t i = 0; i < strides->size(); ++i) {
    Block b{.in = in, .side_in = side_in};
    b.expands = extents.has(prefix(i) + "expand.weight") || extents.has(prefix(i) + "expand.bias");
    b.hidden = b.expands ? extents.channels(prefix(i) + "expand.weight") : in;
    b.out = extents.channels(prefix(i) + "project.weight");
    b.kernel = extents.extent(prefix(i) + "depthwise.weight", 0, 5);
    b.stride = static_cast<int>((*strides)[i] & 3U);
    b.residual = (*residual)[i] == 1;
    const bool adds = b.expands && b.stride == 1 && b.in == b.out;
    if ((*strides)[i] < 1 || (*strides)[i] > 2 || (*residual)[i] > 1 || (b.residual && !adds)) {
      return corrupt("block " + std::to_string(i) + " has a stride or a residual that cannot be");
    }
    if (b.kernel != 3 && b.kernel != 5) read.wrong("a kernel of another size than 3 or 5");
    b.side_out = side_behind(b.side_in, b.stride);
    too_large = too_large || size(b.pixels_in(), b.hidden) > max_hidden || size(b.pixels_out(), b.out) > max_hidden;
    s.blocks.push_back(b);
    in = b.out;
    side_in = b.side_out;
  }
  s.features = extents.channels("head.weight");
  s.classes = static_cast<int>(names->size());
  if (file.find("efficientnet-lite.inner") != nullptr) {
    const auto inner = file.integers("efficientnet-lite.inner");
    if (!inner) return tl::unexpected(inner.error());
    for (const std::uint64_t block : *inner) {
      const bool follows = s.inner_blocks.empty() || block > static_cast<std::uint64_t>(s.inner_blocks.back());
      if (!follows || block >= s.blocks.size() || !s.blocks[block].expands) {
        return corrupt("efficientnet-lite.inner names no blocks that expand, in their order");
      }
      s.inner_blocks.push_back(static_cast<int>(block));
      s.inner += s.blocks[block].hidden;
    }
  }
  if (s.inner > max_inner) return corrupt("more than 16384 inner features");
  if (extents.has("hidden.weight")) s.hidden = extents.channels("hidden.weight");
  if (extents.has("projection.weight")) s.dimension = extents.rows("projection.weight");
  if (s.hidden > 0 && s.dimension == 0) return corrupt("a hidden layer without a projection behind it");
  if (!read.result()) return tl::unexpected<Error>(read.result().error());
  if (too_large) return file.fail(ErrorCode::unsupported, "its pictures between the convolutions are too large");
  return s;
}

Result<EfficientNetWeights> EfficientNetWeights::load(const gguf::File& file, const kernels::Kernels& kernels,
                                                      kernels::ThreadPool& pool) {
  auto shape = Shape::from(file);
  if (!shape) return tl::unexpected(shape.error());
  WeightReader reader(file);
  EfficientNetWeights w;
  w.shape = std::move(*shape);
  w.kernels = &kernels;
  const Shape& s = w.shape;

  std::vector<PackJob> jobs;
  // What ReLU6 leaves is never negative: quantised around centres it is twice as exact.
  constexpr bool behind_relu6 = true;
  const auto linear = [&](const std::string& name, int rows, int columns, bool centred, nn::Linear& out) {
    out.bias = reader.vector(name + ".bias", rows);
    jobs.push_back(
        {&out.matrix, centred, static_cast<std::size_t>(rows), {reader.matrix(name + ".weight", rows, columns)}});
  };
  linear("stem", s.stem, stem_columns, !behind_relu6, w.stem);
  w.blocks.resize(s.blocks.size());
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const Shape::Block& b = s.blocks[i];
    EfficientNetBlock& block = w.blocks[i];
    if (b.expands) linear(prefix(i) + "expand", b.hidden, b.in, !behind_relu6, block.expand);
    const auto kernel = static_cast<std::uint64_t>(b.kernel);
    block.depthwise =
        reader.values(prefix(i) + "depthwise.weight", {kernel, kernel, static_cast<std::uint64_t>(b.hidden)});
    block.depthwise_bias = reader.vector(prefix(i) + "depthwise.bias", b.hidden);
    linear(prefix(i) + "project", b.out, b.hidden, behind_relu6, block.project);
  }
  linear("head", s.features, s.blocks.back().out, !behind_relu6, w.head);
  linear("classifier", s.classes, s.features, behind_relu6, w.classifier);
  if (s.hidden > 0) linear("hidden", s.hidden, s.all_features(), behind_relu6, w.hidden);
  const int before_projection = s.hidden > 0 ? s.hidden : s.all_features();
  if (s.dimension > 0) linear("projection", s.dimension, before_projection, behind_relu6, w.projection);
  if (!reader.result()) return tl::unexpected<Error>(reader.result().error());
  w.packed = pack(file, jobs, kernels, pool);
  return w;
}

// ---- The pass ----

struct EfficientNet::State {
  State(const EfficientNetWeights& weights, kernels::ThreadPool& threads)
      : w(weights), s(weights.shape), k(*weights.kernels), pool(threads) {
    std::size_t stream_size = size(s.stem_side() * s.stem_side(), s.stem), hidden_size = 0, quantized_size = 0;
    int widest = std::max({s.all_features(), s.hidden, stem_columns});
    const auto need_quantized = [&](int pixels, int channels) {
      quantized_size = std::max(quantized_size, static_cast<std::size_t>(pixels) *
                                                    static_cast<std::size_t>(QuantizedRows::row_bytes(channels)));
    };
    for (const Shape::Block& b : s.blocks) {
      stream_size = std::max(stream_size, size(b.pixels_out(), b.out));
      if (b.expands) hidden_size = std::max(hidden_size, size(b.pixels_in(), b.hidden));
      need_quantized(b.pixels_out(), b.out);
      widest = std::max({widest, b.hidden, b.in, b.out});
    }
    need_quantized(s.stem_side() * s.stem_side(), s.stem);
    for (auto& stream : streams) stream = Buffer<float>(stream_size);
    hidden = Buffer<float>(hidden_size);
    quantized = Buffer<std::int8_t>(quantized_size);
    zeros = Buffer<float>(static_cast<std::size_t>(widest));
    padded = Buffer<float>(size(padded_side(), padded_side() * Shape::colours));
    for (int i = 0; i < pool.size(); ++i) {
      scratch.push_back({Buffer<float>(size(chunk, widest)),
                         Buffer<std::int8_t>(size(chunk, static_cast<int>(QuantizedRows::row_bytes(widest))))});
    }
  }

  // What one thread needs for itself: rows of a product's input.
  struct Scratch {
    Buffer<float> rows;  // [chunk, the widest row]
    Buffer<std::int8_t> quantized;
  };
  // Channels of all pixels; the stream that flows from block to block.
  struct Rows {
    float* data;
    int channels;
    [[nodiscard]] float* row(int i) const { return data + size(i, channels); }
  };

  const EfficientNetWeights& w;
  const Shape& s;
  const kernels::Kernels& k;
  kernels::ThreadPool& pool;
  Buffer<float> padded;  // [padded_side, padded_side, 3]: the picture, zeros around it
  std::array<Buffer<float>, 2> streams;
  Buffer<float> hidden;           // [pixels, channels] of the widest block
  Buffer<std::int8_t> quantized;  // the stream, for products with quantised matrices
  Buffer<float> zeros;            // a pixel outside of the picture
  std::vector<Scratch> scratch;   // [threads]

  [[nodiscard]] int padded_side() const { return (s.stem_side() - 1) * Shape::stem_stride + Shape::stem_kernel; }
  [[nodiscard]] QuantizedRows quantized_rows(int channels) {
    return {quantized.data(), channels, QuantizedRows::row_bytes(channels)};
  }

  // Steps of the pass, called by all threads together.
  void stem(Worker& worker, const Rows& out);
  void expand(Worker& worker, std::size_t i, const Rows& in, const Rows& out);
  void project(Worker& worker, std::size_t i, const Rows& in, const Rows& out);
  void average(const Worker& worker, const Rows& in, int pixels, std::span<float> means) const;
  void pool_head(Worker& worker, const Rows& in, std::span<float> features);
  void answer(Worker& worker, const nn::Linear& linear, std::span<const float> features, std::span<float> out);

  void quantize(const kernels::PackedMatrix& matrix, const float* rows, int m, const QuantizedRows& out) const {
    if (!kernels::is_quantized(matrix.type)) return;
    (matrix.centred ? k.quantize_centred : k.quantize)(rows, matrix.columns, m, out, 0, matrix.columns / block_size);
  }
  // The input of a product with `next`: the rows [first, first + n) of the stream, by the thread that made them.
  void hand_on(const kernels::PackedMatrix* next, const Rows& stream, int first, int n) {
    if (next != nullptr) quantize(*next, stream.row(first), n, quantized_rows(stream.channels).from(first));
  }
  // Which matrix multiplies the stream behind block i - 1; nullptr: none.
  [[nodiscard]] const kernels::PackedMatrix* next_matrix(std::size_t i) const {
    if (i == s.blocks.size()) return &w.head.matrix;
    return s.blocks[i].expands ? &w.blocks[i].expand.matrix : nullptr;
  }
  // Rows of this thread's own, times a matrix.
  void multiply(Worker& worker, const nn::Linear& linear, int n, const kernels::Output& out) {
    Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
    const int columns = linear.matrix.columns;
    const QuantizedRows rows{own.quantized.data(), columns, QuantizedRows::row_bytes(columns)};
    quantize(linear.matrix, own.rows.data(), n, rows);
    k.matmul(linear.matrix, 0, linear.matrix.groups(), {own.rows.data(), columns, rows}, n, out);
  }
};

namespace {

// Calls f(first, n) for each chunk of this worker's share of the pixels.
template <class Function>
void for_chunks(const Worker& worker, int pixels, const Function& f) {
  const auto mine = worker.share(pixels);
  for (int first = mine.begin; first < mine.end; first += chunk) f(first, std::min(chunk, mine.end - first));
}

}  // namespace

void EfficientNet::State::stem(Worker& worker, const Rows& out) {
  Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
  const int side = s.stem_side();
  for_chunks(worker, side * side, [&](int first, int n) {
    float* to = own.rows.data();
    for (int i = first; i < first + n; ++i) {
      const int y = i / side * Shape::stem_stride, x = i % side * Shape::stem_stride;
      const float* from = padded.data() + size(y * padded_side() + x, Shape::colours);
      for (int row = 0; row < Shape::stem_kernel; ++row, from += size(padded_side(), Shape::colours), to += stem_row) {
        std::copy_n(from, stem_row, to);
      }
      constexpr int rest = stem_columns - Shape::stem_kernel * stem_row;
      std::fill_n(to, rest, 0.0F);
      to += rest;
    }
    multiply(worker, w.stem, n, {out.row(first), out.channels, w.stem.bias.data()});
    k.relu6(out.row(first), n * out.channels, out.row(first));
    hand_on(next_matrix(0), out, first, n);
  });
  worker.barrier();
}

void EfficientNet::State::expand(Worker& worker, std::size_t i, const Rows& in, const Rows& out) {
  const nn::Linear& linear = w.blocks[i].expand;
  for_chunks(worker, s.blocks[i].pixels_in(), [&](int first, int n) {
    const kernels::Activations a{in.row(first), in.channels, quantized_rows(in.channels).from(first)};
    k.matmul(linear.matrix, 0, linear.matrix.groups(), a, n, {out.row(first), out.channels, linear.bias.data()});
    k.relu6(out.row(first), n * out.channels, out.row(first));
  });
  worker.barrier();
}

// The second and third convolution of a block.
void EfficientNet::State::project(Worker& worker, std::size_t i, const Rows& in, const Rows& out) {
  const Shape::Block& b = s.blocks[i];
  const EfficientNetBlock& block = w.blocks[i];
  const int before = padding_before(b.side_in, b.kernel, b.stride);
  Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
  for_chunks(worker, b.pixels_out(), [&](int first, int n) {
    for (int p = 0; p < n; ++p) {
      const int top = (first + p) / b.side_out * b.stride - before, left = (first + p) % b.side_out * b.stride - before;
      std::array<const float*, max_taps> taps;
      int n_taps = 0;
      for (int y = top; y < top + b.kernel; ++y) {
        for (int x = left; x < left + b.kernel; ++x) {
          const bool inside = y >= 0 && y < b.side_in && x >= 0 && x < b.side_in;
          taps[static_cast<std::size_t>(n_taps++)] = inside ? in.row(y * b.side_in + x) : zeros.data();
        }
      }
      k.depthwise(taps.data(), n_taps, block.depthwise.data(), block.depthwise_bias.data(), b.hidden,
                  own.rows.data() + size(p, b.hidden));
    }
    multiply(worker, block.project, n,
             {out.row(first), out.channels, block.project.bias.data(), /*accumulate=*/b.residual});
    hand_on(next_matrix(i + 1), out, first, n);
  });
  worker.barrier();
}

// Each thread takes some channels, so that each mean is summed in the order of the places.
void EfficientNet::State::average(const Worker& worker, const Rows& in, int pixels, std::span<float> means) const {
  const auto blocks = worker.share(in.channels / block_size);
  const std::size_t begin = static_cast<std::size_t>(blocks.begin) * block_size;
  const auto mine = means.subspan(begin, static_cast<std::size_t>(blocks.end) * block_size - begin);
  std::fill(mine.begin(), mine.end(), 0.0F);
  for (int p = 0; p < pixels; ++p) {
    const float* row = in.row(p) + begin;
    for (std::size_t c = 0; c < mine.size(); ++c) mine[c] += row[c];
  }
  for (float& mean : mine) mean /= static_cast<float>(pixels);
}

// Each thread computes some features at all places, so that each feature's mean is summed in the order of the places.
void EfficientNet::State::pool_head(Worker& worker, const Rows& in, std::span<float> features) {
  const auto groups = worker.share(w.head.matrix.groups());
  const int begin = groups.begin * w.head.matrix.group_rows, width = groups.end * w.head.matrix.group_rows - begin;
  const auto mine = features.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(width));
  float* rows = scratch[static_cast<std::size_t>(worker.index())].rows.data();
  std::fill(mine.begin(), mine.end(), 0.0F);
  const int pixels = s.last_side() * s.last_side();
  for (int first = 0; first < pixels; first += chunk) {
    const int n = std::min(chunk, pixels - first);
    const kernels::Activations a{in.row(first), in.channels, quantized_rows(in.channels).from(first)};
    k.matmul(w.head.matrix, groups.begin, groups.end, a, n, {rows, width, w.head.bias.data() + begin});
    k.relu6(rows, n * width, rows);
    for (int p = 0; p < n; ++p) {
      const float* row = rows + size(p, width);
      for (std::size_t c = 0; c < mine.size(); ++c) mine[c] += row[c];
    }
  }
  for (float& feature : mine) feature /= static_cast<float>(pixels);
  worker.barrier();
}

void EfficientNet::State::answer(Worker& worker, const nn::Linear& linear, std::span<const float> features,
                                 std::span<float> out) {
  Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
  const kernels::PackedMatrix& matrix = linear.matrix;
  const QuantizedRows row{own.quantized.data(), matrix.columns, QuantizedRows::row_bytes(matrix.columns)};
  quantize(matrix, features.data(), 1, row);
  const auto groups = worker.share(matrix.groups());
  if (groups.begin == groups.end) return;
  const int begin = groups.begin * matrix.group_rows;
  k.matmul(matrix, groups.begin, groups.end, {features.data(), matrix.columns, row}, 1,
           {out.data() + begin, matrix.rows, linear.bias.data() + begin});
}

EfficientNet::EfficientNet(const EfficientNetWeights& weights, kernels::ThreadPool& pool)
    : state_(std::make_unique<State>(weights, pool)) {}
EfficientNet::EfficientNet(EfficientNet&&) noexcept = default;
EfficientNet& EfficientNet::operator=(EfficientNet&&) noexcept = default;
EfficientNet::~EfficientNet() = default;

void EfficientNet::forward(std::span<const float> image, const Answer& answer) {
  State& state = *state_;
  const Shape& s = state.s;
  // The stem's padding: what is left over of it stands behind the last pixel and stays zero.
  const int before = padding_before(s.side, Shape::stem_kernel, Shape::stem_stride);
  const int n = std::min(s.side, state.padded_side() - before);  // of an odd side, all
  for (int y = 0; y < n; ++y) {
    std::copy_n(image.data() + size(y, s.side * Shape::colours), size(n, Shape::colours),
                state.padded.data() + size((y + before) * state.padded_side() + before, Shape::colours));
  }
  const std::span<float> features = answer.features.first(static_cast<std::size_t>(s.features));
  state.pool.run([&](Worker& worker) {
    std::span<float> inner = answer.features.subspan(features.size());
    State::Rows in{state.streams[0].data(), s.stem}, other{state.streams[1].data(), 0};
    state.stem(worker, in);
    for (std::size_t i = 0; i < s.blocks.size(); ++i) {
      const Shape::Block& b = s.blocks[i];
      const State::Rows hidden{b.expands ? state.hidden.data() : in.data, b.hidden};
      if (b.expands) state.expand(worker, i, in, hidden);
      if (s.is_inner(i)) {
        state.average(worker, hidden, b.pixels_in(), inner.first(static_cast<std::size_t>(b.hidden)));
        inner = inner.subspan(static_cast<std::size_t>(b.hidden));
      }
      if (!b.residual) std::swap(in.data, other.data);  // which is added to in its place
      in.channels = b.out;
      state.project(worker, i, hidden, in);
    }
    state.pool_head(worker, in, features);
    state.answer(worker, state.w.classifier, features, answer.logits);
    if (s.hidden > 0) {
      state.answer(worker, state.w.hidden, answer.features, answer.hidden);
      worker.barrier();
      if (worker.index() == 0) state.k.relu6(answer.hidden.data(), s.hidden, answer.hidden.data());
      worker.barrier();
    }
    if (s.dimension > 0) {
      state.answer(worker, state.w.projection, s.hidden > 0 ? answer.hidden : answer.features, answer.point);
    }
  });
}

}  // namespace updraft::encode
