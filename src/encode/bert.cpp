#include "encode/bert.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "encode/weight_reader.h"

namespace updraft::encode {

using gguf::Tensor;
using kernels::block_size;
using kernels::Buffer;
using kernels::kv_page;
using kernels::QuantizedRows;
using kernels::Worker;

namespace {

constexpr int queries_per_tile = 32;                   // of attention: keeps the scores in the cache
constexpr int head_columns = 3 * BertShape::head_dim;  // queries | keys | values

// Of rows of `b` values, `a` of them.
std::size_t size(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }
int padded(int positions) { return (positions + kv_page - 1) / kv_page * kv_page; }

nn::Norm norm(WeightReader& reader, const std::string& name, int n) {
  return {reader.vector(name + ".weight", n), reader.vector(name + ".bias", n)};
}

void read_row(const Tensor& tensor, int row, std::span<float> out) {
  const std::size_t bytes = gguf::row_bytes(tensor.type, out.size());
  gguf::dequantize(tensor.type, tensor.data.subspan(static_cast<std::size_t>(row) * bytes, bytes), out);
}

}  // namespace

Result<BertShape> BertShape::from(const gguf::File& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "bert") return file.fail(ErrorCode::unsupported, "not a text encoder of the architecture bert");
  WeightReader read(file);
  BertShape s;
  s.n_layers = read.integer("bert.block_count", 1, max_layers);
  s.d_model = read.integer("bert.embedding_length", head_dim, 4096);
  s.d_ffn = read.integer("bert.feed_forward_length", block_size, 1 << 14);
  s.positions = std::min(read.integer("bert.context_length", 2, 1 << 16), max_positions);
  s.norm_epsilon = read.number("bert.attention.layer_norm_epsilon", 0, 1);
  const int n_heads = read.integer("bert.attention.head_count", 1, 1 << 12);
  const Tensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr || embedding->shape.size() != 2 || embedding->shape[0] > 1 << 20) {
    read.wrong("tensor token_embd.weight is missing, or no matrix of 1 to 1048576 rows");
  }
  if (!read.result()) return tl::unexpected<Error>(read.result().error());
  s.vocab_size = static_cast<int>(embedding->shape[0]);
  const auto unsupported = [&](const char* what) { return file.fail(ErrorCode::unsupported, what); };
  if (s.d_model != n_heads * head_dim) return unsupported("attention heads of another size than 32 dimensions");
  if (s.d_ffn % block_size != 0) return unsupported("a feed-forward layer whose width is no multiple of 32");
  if (file.find("bert.pooling_type") != nullptr) {
    const auto pooling = file.integer("bert.pooling_type");
    if (!pooling || *pooling != pooling_mean) return unsupported("points that are not the mean of a text's tokens");
  }
  if (const auto* causal = file.find("bert.attention.causal")) {
    if (*causal != gguf::Value(false)) return unsupported("attention that sees only what stands before");
  }
  return s;
}

Result<BertWeights> BertWeights::load(const gguf::File& file, const kernels::Kernels& kernels,
                                      kernels::ThreadPool& pool) {
  const auto shape = BertShape::from(file);
  if (!shape) return tl::unexpected(shape.error());
  const int d = shape->d_model;
  WeightReader reader(file);
  BertWeights w;
  w.shape = *shape;
  w.kernels = &kernels;
  w.token_embedding = reader.matrix("token_embd.weight", shape->vocab_size, d);
  const auto context = static_cast<int>(file.integer("bert.context_length").value_or(0));
  const Tensor* positions = reader.matrix("position_embd.weight", context, d);
  const Tensor* segments = reader.matrix("token_types.weight", 2, d);
  w.embedding_norm = norm(reader, "token_embd_norm", d);

  std::vector<PackJob> jobs;
  // What comes out of a norm has channels that are large in every text: it is quantised around centres.
  constexpr bool behind_norm = true;
  const auto linear = [&](const std::string& name, int rows, int columns, bool centred, nn::Linear& out) {
    const Tensor* tensor = reader.matrix(name + ".weight", rows, columns);
    out.bias = reader.vector(name + ".bias", rows);
    jobs.push_back({&out.matrix, centred, static_cast<std::size_t>(rows), {tensor}});
  };
  w.layers.resize(static_cast<std::size_t>(shape->n_layers));
  for (int i = 0; i < shape->n_layers; ++i) {
    BertLayer& layer = w.layers[static_cast<std::size_t>(i)];
    const std::string prefix = "blk." + std::to_string(i) + ".";
    PackJob qkv{&layer.qkv.matrix, behind_norm, BertShape::head_dim, {}};
    std::vector<std::vector<float>> biases;
    for (const char* name : {"attn_q", "attn_k", "attn_v"}) {
      qkv.tensors.push_back(reader.matrix(prefix + name + ".weight", d, d));
      biases.push_back(reader.vector(prefix + name + ".bias", d));
    }
    for (auto at = std::ptrdiff_t{0}; at < d; at += BertShape::head_dim) {
      for (const auto& bias : biases) {
        layer.qkv.bias.insert(layer.qkv.bias.end(), bias.begin() + at, bias.begin() + at + BertShape::head_dim);
      }
    }
    jobs.push_back(std::move(qkv));
    linear(prefix + "attn_output", d, d, !behind_norm, layer.attention_output);
    linear(prefix + "ffn_up", shape->d_ffn, d, behind_norm, layer.ffn_in);
    linear(prefix + "ffn_down", d, shape->d_ffn, !behind_norm, layer.ffn_out);
    layer.attention_norm = norm(reader, prefix + "attn_output_norm", d);
    layer.ffn_norm = norm(reader, prefix + "layer_output_norm", d);
  }
  if (!reader.result()) return tl::unexpected<Error>(reader.result().error());
  for (const PackJob& job : jobs) {
    for (const Tensor* tensor : job.tensors) {
      if (tensor->type != jobs.front().tensors.front()->type) {
        return file.fail(ErrorCode::unsupported, "matrices of different types");
      }
    }
  }

  std::vector<float> segment(static_cast<std::size_t>(d));
  read_row(*segments, 0, segment);
  w.position_embedding.resize(size(shape->positions, d));
  for (int i = 0; i < shape->positions; ++i) {
    const auto row = std::span(w.position_embedding).subspan(size(i, d), segment.size());
    read_row(*positions, i, row);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] += segment[j];
  }
  w.packed = pack(file, jobs, kernels, pool);
  return w;
}

// ---- The pass ----

struct Bert::State {
  State(const BertWeights& weights, kernels::ThreadPool& threads, int max_rows)
      : w(weights), s(weights.shape), k(*weights.kernels), pool(threads) {
    const int longest = std::min(max_rows, s.positions);
    stream = Rows(max_rows, s.d_model);
    attended = Rows(max_rows, s.d_model);
    hidden = Rows(max_rows, s.d_ffn, quantized ? 0 : max_rows);
    for (int i = 0; i < pool.size(); ++i) {
      scratch.push_back({Buffer<std::uint16_t>(size(padded(longest), BertShape::head_dim)),
                         Buffer<std::uint16_t>(size(padded(longest), BertShape::head_dim)),
                         Buffer<float>(size(queries_per_tile, padded(longest))),
                         Buffer<float>(size(max_rows, head_columns))});
    }
  }

  // Rows of activations as floats and, for quantised matrices, as 8-bit integers.
  struct Rows {
    Rows() = default;
    Rows(int rows, int n) : Rows(rows, n, rows) {}
    Rows(int rows, int n, int float_rows)
        : columns(n),
          floats(size(float_rows, n)),
          quantized_bytes(static_cast<std::size_t>(rows * QuantizedRows::row_bytes(n))) {}

    int columns = 0;
    Buffer<float> floats;
    Buffer<std::int8_t> quantized_bytes;

    [[nodiscard]] float* row(int i) { return floats.data() + size(i, columns); }
    [[nodiscard]] QuantizedRows quantized() {
      return {quantized_bytes.data(), columns, QuantizedRows::row_bytes(columns)};
    }
    [[nodiscard]] kernels::Activations view() { return {floats.data(), columns, quantized()}; }
  };
  // What one thread needs for itself.
  struct Scratch {
    Buffer<std::uint16_t> keys;    // [pages, head_dim, kv_page] f16
    Buffer<std::uint16_t> values;  // [pages, kv_page, head_dim] f16
    Buffer<float> scores;          // [queries_per_tile, padded length]
    Buffer<float> columns;         // [max_rows, queries | keys | values] of a head; [max_rows, block_size] of a layer
  };
  struct Place {
    int first_row = 0, n_rows = 0;
  };

  const BertWeights& w;
  const BertShape& s;
  const kernels::Kernels& k;
  kernels::ThreadPool& pool;
  const bool quantized = kernels::is_quantized(w.layers.front().qkv.matrix.type);
  Rows stream, attended, hidden;
  std::vector<Scratch> scratch;  // [threads]
  std::vector<Place> places;     // [texts]
  std::vector<TokenId> tokens;   // [rows]
  std::vector<int> positions;    // [rows]

  [[nodiscard]] int n_rows() const { return static_cast<int>(tokens.size()); }

  // Steps of the pass, called by all threads together; each ends with a barrier.
  void embed(Worker& worker);
  void normalize(Worker& worker, const nn::Norm& norm);
  void add_product(Worker& worker, const nn::Linear& linear, Rows& in, const kernels::PackedMatrix& next);
  void attend(Worker& worker, const BertLayer& layer);
  void enter_ffn(Worker& worker, const BertLayer& layer);
  void pool_tokens(Worker& worker, float* out);

  // One head of one text.
  void attend(Scratch& own, const Place& place, int head);
  // What a thread is about to read of a matrix.
  void fetch(Worker& worker, const kernels::PackedMatrix& next) const {
    const auto groups = worker.share(next.groups());
    k.prefetch(next, groups.begin, groups.end);
  }
};

void Bert::State::embed(Worker& worker) {
  const auto mine = worker.share(n_rows());
  for (int t = mine.begin; t < mine.end; ++t) {
    const std::span<float> x(stream.row(t), static_cast<std::size_t>(s.d_model));
    read_row(*w.token_embedding, tokens[static_cast<std::size_t>(t)], x);
    const float* position = w.position_embedding.data() + size(positions[static_cast<std::size_t>(t)], s.d_model);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += position[i];
  }
  normalize(worker, w.embedding_norm);  // the same share of the rows
}

void Bert::State::normalize(Worker& worker, const nn::Norm& norm) {
  const auto mine = worker.share(n_rows());
  for (int t = mine.begin; t < mine.end; ++t) {
    float* x = stream.row(t);
    k.layer_norm(x, norm.scale.data(), norm.shift.data(), s.norm_epsilon, s.d_model, x);
  }
  if (quantized) {
    const auto quantize = w.layers.front().qkv.matrix.centred ? k.quantize_centred : k.quantize;
    quantize(stream.row(mine.begin), s.d_model, mine.end - mine.begin, stream.quantized().from(mine.begin), 0,
             s.d_model / block_size);
  }
  worker.barrier();
}

// stream += in * matrix + bias, each thread some of the columns
void Bert::State::add_product(Worker& worker, const nn::Linear& linear, Rows& in, const kernels::PackedMatrix& next) {
  const kernels::PackedMatrix& m = linear.matrix;
  const auto groups = worker.share(m.groups(), 2);  // kernels like pairs
  const int first = groups.begin * m.group_rows;
  k.matmul(m, groups.begin, groups.end, in.view(), n_rows(),
           {stream.floats.data() + first, s.d_model, linear.bias.data() + first, true});
  fetch(worker, next);
  worker.barrier();
}

// Each thread some of the heads: their queries, keys and values stay in its cache.
void Bert::State::attend(Worker& worker, const BertLayer& layer) {
  const kernels::PackedMatrix& m = layer.qkv.matrix;
  const int groups = head_columns / m.group_rows;
  Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
  const auto heads = worker.share(s.n_heads());
  for (int head = heads.begin; head < heads.end; ++head) {
    k.matmul(m, head * groups, (head + 1) * groups, stream.view(), n_rows(),
             {own.columns.data(), head_columns, layer.qkv.bias.data() + size(head, head_columns), false});
    for (const Place& place : places) attend(own, place, head);
  }
  fetch(worker, layer.attention_output.matrix);
  worker.barrier();
}

void Bert::State::attend(Scratch& own, const Place& place, int head) {
  constexpr int hd = BertShape::head_dim;
  constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
  const float scale = 1.0F / std::sqrt(static_cast<float>(hd));
  const int n = place.n_rows, n_padded = padded(n), stride = head_columns;
  float* queries = own.columns.data() + size(place.first_row, stride);
  for (int t = 0; t < n; ++t) {
    float* query = queries + size(t, stride);
    for (int i = 0; i < hd; ++i) query[i] *= scale;
    std::uint16_t key[hd];
    k.to_f16(query + hd, hd, key);
    std::uint16_t* lane = own.keys.data() + size(t / kv_page, kv_page * hd) + t % kv_page;
    for (int i = 0; i < hd; ++i) lane[size(i, kv_page)] = key[i];
    k.to_f16(query + 2 * std::ptrdiff_t{hd}, hd, own.values.data() + size(t, hd));
  }
  for (int first = 0; first < n; first += queries_per_tile) {
    const int n_queries = std::min(queries_per_tile, n - first);
    float* scores = own.scores.data();
    float* out = attended.row(place.first_row + first) + size(head, hd);
    for (int page = 0; page < n_padded; page += kv_page) {
      k.page_scores(own.keys.data() + size(page, hd), queries + size(first, stride), stride, n_queries, hd,
                    scores + page, n_padded);
    }
    for (int q = 0; q < n_queries; ++q) {
      float* row = scores + size(q, n_padded);
      std::fill(row + n, row + n_padded, minus_infinity);
      k.softmax(row, n_padded);
      std::fill_n(out + size(q, s.d_model), hd, 0.0F);
    }
    for (int page = 0; page < n_padded; page += kv_page) {
      k.page_values(own.values.data() + size(page, hd), scores + page, n_padded, n_queries, std::min(kv_page, n - page),
                    hd, out, s.d_model);
    }
    if (quantized) {
      k.quantize(out, s.d_model, n_queries, attended.quantized().from(place.first_row + first), head * hd / block_size,
                 hd / block_size);
    }
  }
}

// hidden = gelu(stream * matrix + bias), 32 channels at a time: quantised, no float of it leaves the cache.
void Bert::State::enter_ffn(Worker& worker, const BertLayer& layer) {
  const kernels::PackedMatrix& m = layer.ffn_in.matrix;
  const int n = n_rows(), groups = block_size / m.group_rows;
  Scratch& own = scratch[static_cast<std::size_t>(worker.index())];
  const auto mine = worker.share(s.d_ffn, block_size);
  for (int at = mine.begin; at < mine.end; at += block_size) {
    float* out = quantized ? own.columns.data() : hidden.floats.data() + at;
    const int stride = quantized ? block_size : s.d_ffn, g = at / m.group_rows;
    k.matmul(m, g, g + groups, stream.view(), n, {out, stride, layer.ffn_in.bias.data() + at, false});
    if (quantized) {
      k.gelu_exact(out, n * block_size, out);
      k.quantize(out, stride, n, hidden.quantized(), at / block_size, 1);
    } else {
      for (int t = 0; t < n; ++t) k.gelu_exact(out + size(t, stride), block_size, out + size(t, stride));
    }
  }
  fetch(worker, layer.ffn_out.matrix);
  worker.barrier();
}

void Bert::State::pool_tokens(Worker& worker, float* out) {
  const auto mine = worker.share(static_cast<int>(places.size()));
  for (int i = mine.begin; i < mine.end; ++i) {
    const Place& place = places[static_cast<std::size_t>(i)];
    const std::span<float> sum(out + size(i, s.d_model), static_cast<std::size_t>(s.d_model));
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (int t = place.first_row; t < place.first_row + place.n_rows; ++t) {
      const float* x = stream.row(t);
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += x[j];
    }
    double square = 0;
    for (const float x : sum) square += double{x} * x;
    const auto inverse = static_cast<float>(1.0 / std::sqrt(std::max(square, 1e-24)));
    for (float& x : sum) x *= inverse;
  }
}

Bert::Bert(const BertWeights& weights, kernels::ThreadPool& pool, int max_rows)
    : state_(std::make_unique<State>(weights, pool, max_rows)) {}
Bert::Bert(Bert&&) noexcept = default;
Bert& Bert::operator=(Bert&&) noexcept = default;
Bert::~Bert() = default;

void Bert::forward(std::span<const std::vector<TokenId>> texts, std::span<float> out) {
  State& s = *state_;
  s.places.clear();
  s.tokens.clear();
  s.positions.clear();
  for (const auto& text : texts) {
    s.places.push_back({s.n_rows(), static_cast<int>(text.size())});
    s.tokens.insert(s.tokens.end(), text.begin(), text.end());
    for (std::size_t i = 0; i < text.size(); ++i) s.positions.push_back(static_cast<int>(i));
  }
  s.pool.run([&](Worker& worker) {
    s.embed(worker);
    for (const BertLayer& layer : s.w.layers) {
      s.attend(worker, layer);
      s.add_product(worker, layer.attention_output, s.attended, layer.ffn_in.matrix);
      s.normalize(worker, layer.attention_norm);
      s.enter_ffn(worker, layer);
      s.add_product(worker, layer.ffn_out, s.hidden,
                    (&layer == &s.w.layers.back() ? s.w.layers.front() : *(&layer + 1)).qkv.matrix);
      s.normalize(worker, layer.ffn_norm);
    }
    s.pool_tokens(worker, out.data());
  });
}

}  // namespace updraft::encode
