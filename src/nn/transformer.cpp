#include "nn/transformer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/buffer.h"

namespace updraft::nn {

using kernels::Activations;
using kernels::block_size;
using kernels::Buffer;
using kernels::Kernels;
using kernels::Output;
using kernels::PackedMatrix;
using kernels::QuantizedRows;
using kernels::Worker;

namespace {

int padded(int positions) { return (positions + KvTree::page_size - 1) / KvTree::page_size * KvTree::page_size; }
std::size_t size(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }

// Rows of activations in both forms; a product reads the one that its matrix asks for.
class RowBuffer {
 public:
  RowBuffer() = default;
  RowBuffer(int rows, int columns)
      : columns_(columns),
        floats_(size(rows, columns)),
        quantized_(static_cast<std::size_t>(rows * QuantizedRows::row_bytes(columns))) {}

  [[nodiscard]] float* row(int i) { return floats_.data() + size(i, columns_); }
  [[nodiscard]] QuantizedRows quantized() { return {quantized_.data(), columns_, QuantizedRows::row_bytes(columns_)}; }
  [[nodiscard]] Activations view() { return {floats_.data(), columns_, quantized()}; }

  // Makes row i ready for products with `matrix`, once its floats are set.
  void finish_row(const Kernels& k, const PackedMatrix& matrix, int i) {
    if (kernels::is_quantized(matrix.type)) {
      k.quantize(row(i), columns_, 1, quantized().from(i), 0, columns_ / block_size);
    }
  }

 private:
  int columns_ = 0;
  Buffer<float> floats_;
  Buffer<std::int8_t> quantized_;
};

// Where a row stands in the tree.
struct Place {
  NodeId node = no_node;
  int index = 0;     // within its node
  int position = 0;  // within its sequence
};

// A stretch of positions that consecutive rows attend to: the tokens of one node.
struct Run {
  NodeId node = no_node;
  int first_row = 0, n_rows = 0;
  int length = 0;  // positions seen by at least one of the rows
  int offset = 0;  // where the run's scores stand within a row's
};

// Rows whose attention is computed together.
struct Tile {
  int first_row = 0, n_rows = 0;
  int first_run = 0, n_runs = 0;
};

}  // namespace

struct Transformer::State {
  State(const Weights& weights, kernels::ThreadPool& threads, int max_batch)
      : w(weights), c(weights.config), k(*weights.kernels), pool(threads), max_rows(std::max(max_batch, 1)) {
    group = c.n_heads / c.n_kv_heads;
    tile_rows = std::max(1, queries_per_tile / group);
    qkv_columns = c.d_model + 2 * c.d_kv();
    stream = Buffer<float>(size(max_rows, c.d_model));
    qkv = Buffer<float>(size(max_rows, qkv_columns));
    queries = Buffer<float>(size(max_rows, c.d_model));
    rotation = Buffer<float>(size(max_rows, c.head_dim));
    if (c.architecture == Architecture::llama) {
      for (int i = 0; i < c.head_dim / 2; ++i) {
        frequencies.push_back(static_cast<float>(std::pow(double{c.rope_base}, -2.0 * i / c.head_dim)));
      }
    }
    normed = RowBuffer(max_rows, c.d_model);
    attended = RowBuffer(max_rows, c.d_model);
    hidden = RowBuffer(max_rows, c.d_ffn);
    for (int i = 0; i < pool.size(); ++i) {
      scratch.push_back({RowBuffer(rows_worth_repeating, c.d_model),
                         Buffer<float>(size(max_rows, 2 * block_size)),
                         Buffer<float>(size(tile_rows * group, c.head_dim)),
                         {}});
    }
  }

  // What one thread needs for itself.
  struct Scratch {
    RowBuffer normed;           // [rows_worth_repeating, d_model]
    Buffer<float> gate_up;      // [max_rows, 2 * block_size]
    Buffer<float> sums;         // [tile_rows * group, head_dim]
    std::vector<float> scores;  // [tile_rows * group, scores_stride]
  };

  const Weights& w;
  const ModelConfig& c;
  const Kernels& k;
  kernels::ThreadPool& pool;
  int max_rows;
  int group;      // query heads per key/value head
  int tile_rows;  // rows per piece of attention work
  int qkv_columns;

  Buffer<float> stream;            // [max_rows, d_model], the residual stream
  Buffer<float> qkv;               // [max_rows, queries | keys | values]
  Buffer<float> queries;           // [n_kv_heads, max_rows, group, head_dim], rotated and scaled
  Buffer<float> rotation;          // [max_rows, head_dim]: cosines, then sines
  std::vector<float> frequencies;  // [head_dim / 2]
  RowBuffer normed;                // [max_rows, d_model]
  RowBuffer attended;              // [max_rows, d_model]
  RowBuffer hidden;                // [max_rows, d_ffn]
  std::vector<Scratch> scratch;    // [threads]

  std::vector<Place> places;  // of all rows of the call
  std::vector<Run> runs;      // of the part of the batch in work
  std::vector<Tile> tiles;
  std::vector<NodeId> path, other_path;
  std::vector<int> row_offsets;
  std::vector<int> wanted;  // rows of the part that want logits
  int scores_stride = 0;
  bool tiles_are_independent = false;  // no tile attends to what another one stores in this part
  std::vector<int> tile_of_node;       // which tile has rows of the node: none, several, or its index

  Result<> place_rows(KvTree& tree, std::span<const Row> rows);
  void plan_attention(const KvTree& tree, int first, int n);
  void run_part(KvTree& tree, std::span<const Row> rows, int first, float* logits);

  // Steps of the pass, called by all threads together; n rows.
  void embed(Worker& worker, std::span<const Row> rows, int first);
  RowBuffer& normalize(Worker& worker, const Norm& norm, const PackedMatrix& reader, int n);
  void multiply(Worker& worker, const Linear& linear, RowBuffer& in, int n, float* out, int columns, bool accumulate,
                const PackedMatrix* next);
  void fetch(Worker& worker, const PackedMatrix* next);
  void store_keys_values(Worker& worker, KvTree& tree, int layer, int first);
  void store_row(KvTree& tree, int t, const Place& place, int layer, int kv_head);
  void attend(Worker& worker, KvTree& tree, int layer, int first);
  void attend_tile(Scratch& own, KvTree& tree, const Tile& tile, int layer, int kv_head, int first);
  void feed_forward(Worker& worker, const Layer& layer, RowBuffer& in, int n);
  void predict(Worker& worker, float* logits);

  void apply(const Norm& norm, const float* in, float* out) const {
    if (norm.shift.empty()) {
      k.rms_norm(in, norm.scale.data(), c.norm_epsilon, c.d_model, out);
    } else {
      k.layer_norm(in, norm.scale.data(), norm.shift.data(), c.norm_epsilon, c.d_model, out);
    }
  }
  [[nodiscard]] std::span<const Run> runs_of(const Tile& tile) const {
    return std::span(runs).subspan(static_cast<std::size_t>(tile.first_run), static_cast<std::size_t>(tile.n_runs));
  }
  // This thread's pieces of attention work: a tile and a key/value head each. Dealt out in turns, for later tiles of a
  // prefill see more positions; always in the same way, so that a thread finds in its cache what it stored.
  template <class Function>
  void for_items(const Worker& worker, const Function& f) const {
    const int n = static_cast<int>(tiles.size()) * c.n_kv_heads;
    for (int item = worker.index(); item < n; item += worker.count()) {
      f(tiles[static_cast<std::size_t>(item / c.n_kv_heads)], item % c.n_kv_heads);
    }
  }
  Scratch& own(const Worker& worker) { return scratch[static_cast<std::size_t>(worker.index())]; }
};

// ---- Before the pass: one thread ----

// Appends all rows to the tree, or none.
Result<> Transformer::State::place_rows(KvTree& tree, std::span<const Row> rows) {
  places.clear();
  const auto append = [&](const Row& row) -> Result<> {
    if (row.token < 0 || row.token >= c.vocab_size) {
      return fail(ErrorCode::invalid_argument, "token " + std::to_string(row.token) + " does not exist");
    }
    if (!tree.is_alive(row.node)) return fail(ErrorCode::invalid_argument, "no such node in the tree");
    const Place place{row.node, tree.length(row.node), tree.next_position(row.node)};
    if (place.position >= c.context_length) {
      return fail(ErrorCode::invalid_argument,
                  "the text is longer than the model's context of " + std::to_string(c.context_length) + " tokens");
    }
    if (auto appended = tree.append(row.node); !appended) return appended;
    places.push_back(place);
    return {};
  };
  for (const Row& row : rows) {
    if (auto appended = append(row); !appended) {
      for (auto p = places.rbegin(); p != places.rend(); ++p) tree.truncate(p->node, p->index);
      return appended;
    }
  }
  return {};
}

// Cuts rows [first, first + n) into tiles, and what each tile attends to into runs: first those that all its rows
// share, then the rest, row by row.
void Transformer::State::plan_attention(const KvTree& tree, int first, int n) {
  const auto place = [&](int row) -> const Place& {
    return places[static_cast<std::size_t>(first) + static_cast<std::size_t>(row)];
  };
  const auto path_of = [&](NodeId node, std::vector<NodeId>& out) {
    out.clear();
    for (; node != no_node; node = tree.parent(node)) out.push_back(node);
    std::reverse(out.begin(), out.end());
  };
  runs.clear();
  tiles.clear();
  scores_stride = 0;
  for (int at = 0; at < n; at += tile_rows) {
    Tile tile{at, std::min(tile_rows, n - at), static_cast<int>(runs.size()), 0};
    path_of(place(at).node, path);
    std::size_t n_shared = path.size();
    for (int row = at + 1; row < at + tile.n_rows; ++row) {
      path_of(place(row).node, other_path);
      n_shared = std::min(n_shared, other_path.size());
      const auto differ =
          std::mismatch(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(n_shared), other_path.begin());
      n_shared = static_cast<std::size_t>(differ.first - path.begin());
    }
    int shared_offset = 0;
    for (std::size_t i = 0; i < n_shared; ++i) {
      Run run{path[i], at, tile.n_rows, 0, shared_offset};
      for (int row = at; row < at + tile.n_rows; ++row) {
        run.length = std::max(run.length, place(row).node == run.node ? place(row).index + 1 : tree.length(run.node));
      }
      shared_offset += padded(run.length);
      if (run.length > 0) runs.push_back(run);
    }
    scores_stride = std::max(scores_stride, shared_offset);
    for (int row = at; row < at + tile.n_rows; ++row) {
      path_of(place(row).node, path);
      int offset = shared_offset;
      for (std::size_t i = n_shared; i < path.size(); ++i) {
        const bool is_own = i + 1 == path.size();
        Run run{path[i], row, 1, is_own ? place(row).index + 1 : tree.length(path[i]), offset};
        offset += padded(run.length);
        if (run.length > 0) runs.push_back(run);
      }
      scores_stride = std::max(scores_stride, offset);
    }
    tile.n_runs = static_cast<int>(runs.size()) - tile.first_run;
    tiles.push_back(tile);
  }
  constexpr int none = -1, several = -2;
  tile_of_node.assign(static_cast<std::size_t>(tree.max_nodes()), none);
  const auto tile_of = [&](NodeId node) -> int& { return tile_of_node[static_cast<std::size_t>(node)]; };
  for (int row = 0; row < n; ++row) {
    int& tile = tile_of(place(row).node);
    tile = tile == none || tile == row / tile_rows ? row / tile_rows : several;
  }
  tiles_are_independent = true;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (const Run& run : runs_of(tiles[i])) {
      const int writer = tile_of(run.node);
      if (writer != none && writer != static_cast<int>(i)) tiles_are_independent = false;
    }
  }

  for (Scratch& s : scratch) {
    const std::size_t needed = size(tile_rows * group, scores_stride);
    if (s.scores.size() < needed) s.scores.resize(needed);
  }
}

// ---- The pass: all threads ----

void Transformer::State::embed(Worker& worker, std::span<const Row> rows, int first) {
  const auto dequantize_row = [&](const gguf::Tensor& tensor, int row, std::span<float> out) {
    const std::size_t bytes = gguf::row_bytes(tensor.type, out.size());
    gguf::dequantize(tensor.type, tensor.data.subspan(static_cast<std::size_t>(row) * bytes, bytes), out);
  };
  const auto mine = worker.share(static_cast<int>(rows.size()));
  for (int t = mine.begin; t < mine.end; ++t) {
    const int position = places[static_cast<std::size_t>(first) + static_cast<std::size_t>(t)].position;
    const std::span<float> x(stream.data() + size(t, c.d_model), static_cast<std::size_t>(c.d_model));
    dequantize_row(*w.token_embedding, rows[static_cast<std::size_t>(t)].token, x);
    if (w.position_embedding != nullptr) {
      // The row of queries is not in use yet.
      const std::span<float> p(queries.data() + size(t, c.d_model), x.size());
      dequantize_row(*w.position_embedding, position, p);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += p[i];
    }
    float* cs = rotation.data() + size(t, c.head_dim);
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      const float angle = static_cast<float>(position) * frequencies[i];
      cs[i] = std::cos(angle);
      cs[frequencies.size() + i] = std::sin(angle);
    }
  }
  worker.barrier();
}

RowBuffer& Transformer::State::normalize(Worker& worker, const Norm& norm, const PackedMatrix& reader, int n) {
  const bool alone = n <= rows_worth_repeating;
  RowBuffer& out = alone ? own(worker).normed : normed;
  const auto mine = alone ? Worker::Range{0, n} : worker.share(n);
  for (int t = mine.begin; t < mine.end; ++t) {
    apply(norm, stream.data() + size(t, c.d_model), out.row(t));
    out.finish_row(k, reader, t);
  }
  if (!alone) worker.barrier();
  return out;
}

// Before a barrier: the matrix behind it begins to arrive while this thread waits.
void Transformer::State::fetch(Worker& worker, const PackedMatrix* next) {
  if (next == nullptr) return;
  const auto groups = worker.share(next->groups());
  k.prefetch(*next, groups.begin, groups.end);
}

// out [n, columns] = in * matrix + bias (+ out)
void Transformer::State::multiply(Worker& worker, const Linear& linear, RowBuffer& in, int n, float* out, int columns,
                                  bool accumulate, const PackedMatrix* next) {
  const PackedMatrix& m = linear.matrix;
  const auto groups = worker.share(m.groups());
  const int first_row = groups.begin * m.group_rows;
  const float* bias = linear.bias.empty() ? nullptr : linear.bias.data() + first_row;
  k.matmul(m, groups.begin, groups.end, in.view(), n, Output{out + first_row, columns, bias, accumulate});
  fetch(worker, next);
  worker.barrier();
}

// Rotates queries and keys and puts keys and values into the tree.
void Transformer::State::store_keys_values(Worker& worker, KvTree& tree, int layer, int first) {
  for_items(worker, [&](const Tile& tile, int kv_head) {
    for (int row = tile.first_row; row < tile.first_row + tile.n_rows; ++row) {
      store_row(tree, row, places[static_cast<std::size_t>(first) + static_cast<std::size_t>(row)], layer, kv_head);
    }
  });
  if (!tiles_are_independent) worker.barrier();
}

void Transformer::State::store_row(KvTree& tree, int t, const Place& place, int layer, int kv_head) {
  const int hd = c.head_dim;
  const bool rotary = c.architecture == Architecture::llama;
  const float query_scale = 1.0F / std::sqrt(static_cast<float>(hd));
  float* row = qkv.data() + size(t, qkv_columns);
  const float* cs = rotation.data() + size(t, hd);

  float* q = queries.data() + size(kv_head * max_rows + t, group * hd);
  for (int i = 0; i < group * hd; ++i) q[i] = row[kv_head * group * hd + i];
  for (int head = 0; head < group; ++head) {
    if (rotary) {
      k.rotate(q + std::ptrdiff_t{head} * hd, cs, query_scale, hd);
    } else {
      for (int i = 0; i < hd; ++i) q[head * hd + i] *= query_scale;
    }
  }

  float* key = row + c.d_model + std::ptrdiff_t{kv_head} * hd;
  const float* value = row + c.d_model + c.d_kv() + std::ptrdiff_t{kv_head} * hd;
  if (rotary) k.rotate(key, cs, 1.0F, hd);
  const std::int32_t page = tree.pages(place.node)[static_cast<std::size_t>(place.index / KvTree::page_size)];
  const int lane = place.index % KvTree::page_size;
  std::uint16_t half[kernels::max_head_dim];
  k.to_f16(key, hd, half);
  std::uint16_t* keys = tree.keys(layer, page, kv_head) + lane;
  for (int i = 0; i < hd; ++i) keys[std::ptrdiff_t{i} * KvTree::page_size] = half[i];
  k.to_f16(value, hd, tree.values(layer, page, kv_head) + std::ptrdiff_t{lane} * hd);
}

void Transformer::State::attend(Worker& worker, KvTree& tree, int layer, int first) {
  for_items(worker,
            [&](const Tile& tile, int kv_head) { attend_tile(own(worker), tree, tile, layer, kv_head, first); });
  worker.barrier();
}

// All query heads of one key/value head, for the rows of one tile.
void Transformer::State::attend_tile(Scratch& mine, KvTree& tree, const Tile& tile, int layer, int kv_head, int first) {
  const int hd = c.head_dim, stride = scores_stride;
  const auto my_runs = runs_of(tile);
  // Scores and sums of one row: `group` queries one after the other.
  const auto scores = [&](int row) { return mine.scores.data() + size((row - tile.first_row) * group, stride); };
  const auto sums = [&](int row) { return mine.sums.data() + size((row - tile.first_row) * group, hd); };

  int lengths[queries_per_tile] = {};  // of the rows' scores, in positions
  for (const Run& run : my_runs) {
    const auto pages = tree.pages(run.node);
    const float* q = queries.data() + size(kv_head * max_rows + run.first_row, group * hd);
    for (int at = 0; at < run.length; at += KvTree::page_size) {
      const std::uint16_t* keys = tree.keys(layer, pages[static_cast<std::size_t>(at / KvTree::page_size)], kv_head);
      k.page_scores(keys, q, hd, run.n_rows * group, hd, scores(run.first_row) + run.offset + at, stride);
    }
    for (int row = run.first_row; row < run.first_row + run.n_rows; ++row) {
      const Place& place = places[static_cast<std::size_t>(first) + static_cast<std::size_t>(row)];
      const int visible = place.node == run.node ? place.index + 1 : run.length;
      for (int head = 0; head < group; ++head) {
        float* s = scores(row) + size(head, stride) + run.offset;
        std::fill(s + visible, s + padded(run.length), -std::numeric_limits<float>::infinity());
      }
      lengths[row - tile.first_row] = run.offset + padded(run.length);
    }
  }
  for (int row = tile.first_row; row < tile.first_row + tile.n_rows; ++row) {
    for (int head = 0; head < group; ++head) {
      k.softmax(scores(row) + size(head, stride), lengths[row - tile.first_row]);
    }
  }
  std::fill_n(mine.sums.data(), size(tile.n_rows * group, hd), 0.0F);
  for (const Run& run : my_runs) {
    const auto pages = tree.pages(run.node);
    for (int at = 0; at < run.length; at += KvTree::page_size) {
      const std::uint16_t* values =
          tree.values(layer, pages[static_cast<std::size_t>(at / KvTree::page_size)], kv_head);
      k.page_values(values, scores(run.first_row) + run.offset + at, stride, run.n_rows * group,
                    std::min(KvTree::page_size, run.length - at), hd, sums(run.first_row), hd);
    }
  }

  // The row's share of the next product's input: group * head_dim columns.
  const int columns = group * hd;
  const bool quantized = kernels::is_quantized(w.layers[static_cast<std::size_t>(layer)].attention_output.matrix.type);
  if (quantized && columns % block_size == 0) {
    k.quantize(mine.sums.data(), columns, tile.n_rows, attended.quantized().from(tile.first_row),
               kv_head * columns / block_size, columns / block_size);
  } else {
    for (int row = tile.first_row; row < tile.first_row + tile.n_rows; ++row) {
      std::copy_n(sums(row), columns, attended.row(row) + std::ptrdiff_t{kv_head} * columns);
    }
  }
}

// hidden = silu(gate) * up, or gelu(up), 32 channels at a time.
void Transformer::State::feed_forward(Worker& worker, const Layer& layer, RowBuffer& in, int n) {
  const PackedMatrix& m = layer.ffn_in.matrix;
  const bool gated = c.architecture == Architecture::llama;
  const bool quantize = kernels::is_quantized(layer.ffn_out.matrix.type);
  const int columns = gated ? 2 * block_size : block_size;  // of the product, for 32 channels of the result
  const int groups = columns / m.group_rows;
  float* product = own(worker).gate_up.data();
  const auto channels = worker.share(c.d_ffn, block_size);
  for (int at = channels.begin; at < channels.end; at += block_size) {
    const int g = at / block_size * groups;
    const float* bias = layer.ffn_in.bias.empty() ? nullptr : layer.ffn_in.bias.data() + at;
    k.matmul(m, g, g + groups, in.view(), n, Output{product, columns, bias, false});
    for (int t = 0; t < n; ++t) {
      float* x = product + std::ptrdiff_t{t} * columns;
      float* out = quantize ? x : hidden.row(t) + at;
      if (gated) {
        k.silu_multiply(x, x + block_size, block_size, out);
      } else {
        k.gelu(x, block_size, out);
      }
    }
    if (quantize) k.quantize(product, columns, n, hidden.quantized(), at / block_size, 1);
  }
  fetch(worker, &layer.ffn_out.matrix);
  worker.barrier();
}

void Transformer::State::predict(Worker& worker, float* logits) {
  const int n = static_cast<int>(wanted.size());
  const auto mine = worker.share(n);
  for (int i = mine.begin; i < mine.end; ++i) {
    apply(w.output_norm, stream.data() + size(wanted[static_cast<std::size_t>(i)], c.d_model), normed.row(i));
    normed.finish_row(k, w.output.matrix, i);
  }
  worker.barrier();
  multiply(worker, w.output, normed, n, logits, w.n_output(), false, nullptr);
}

void Transformer::State::run_part(KvTree& tree, std::span<const Row> rows, int first, float* logits) {
  const int n = static_cast<int>(rows.size());
  plan_attention(tree, first, n);
  const bool attended_needs_finish = group * c.head_dim % block_size != 0;
  pool.run([&](Worker& worker) {
    embed(worker, rows, first);
    for (int i = 0; i < c.n_layers; ++i) {
      const Layer& layer = w.layers[static_cast<std::size_t>(i)];
      RowBuffer& attention_in = normalize(worker, layer.attention_norm, layer.qkv.matrix, n);
      multiply(worker, layer.qkv, attention_in, n, qkv.data(), qkv_columns, false, &layer.attention_output.matrix);
      store_keys_values(worker, tree, i, first);
      attend(worker, tree, i, first);
      if (attended_needs_finish) {
        const auto mine = worker.share(n);
        for (int t = mine.begin; t < mine.end; ++t) attended.finish_row(k, layer.attention_output.matrix, t);
        worker.barrier();
      }
      multiply(worker, layer.attention_output, attended, n, stream.data(), c.d_model, true, &layer.ffn_in.matrix);
      RowBuffer& ffn_in = normalize(worker, layer.ffn_norm, layer.ffn_in.matrix, n);
      feed_forward(worker, layer, ffn_in, n);
      const bool last = i + 1 == c.n_layers;
      multiply(worker, layer.ffn_out, hidden, n, stream.data(), c.d_model, true,
               last ? &w.output.matrix : &w.layers[static_cast<std::size_t>(i) + 1].qkv.matrix);
    }
    if (!wanted.empty()) predict(worker, logits);
  });
}

// ---- The public side ----

Transformer::Transformer(const Weights& weights, kernels::ThreadPool& pool, int max_rows)
    : state_(std::make_unique<State>(weights, pool, max_rows)) {}
Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

int Transformer::n_output() const { return state_->w.n_output(); }

Result<> Transformer::forward(KvTree& tree, std::span<const Row> rows, std::span<float> logits) {
  State& s = *state_;
  const auto n_wanted = static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.wants_logits; }));
  const auto n_output = static_cast<std::size_t>(s.w.n_output());
  if (logits.size() != n_wanted * n_output) {
    return fail(ErrorCode::invalid_argument, "the room for logits does not fit the rows that want them");
  }
  if (auto placed = s.place_rows(tree, rows); !placed) return placed;
  float* out = logits.data();
  const auto part_size = static_cast<std::size_t>(s.max_rows);
  for (std::size_t first = 0; first < rows.size(); first += part_size) {
    const auto part = rows.subspan(first, std::min(part_size, rows.size() - first));
    s.wanted.clear();
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i].wants_logits) s.wanted.push_back(static_cast<int>(i));
    }
    s.run_part(tree, part, static_cast<int>(first), out);
    out += s.wanted.size() * n_output;
  }
  return {};
}

}  // namespace updraft::nn
