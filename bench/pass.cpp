#include "bench/pass.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <random>

#include "bench/value.h"
#include "bench/workload.h"
#include "decode/sampler.h"
#include "nn/transformer.h"

namespace updraft::bench {
namespace {

using kernels::block_size;
using kernels::Buffer;
using kernels::Kernels;
using kernels::PackedMatrix;
using kernels::QuantizedRows;
using kernels::ThreadPool;
using kernels::Worker;
using nn::KvTree;
using nn::queries_per_tile;
using nn::rows_worth_repeating;

std::size_t size(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }

// Between -1 and 1, the same every time.
Buffer<float> random_floats(std::size_t n) {
  std::mt19937 random(1);
  Buffer<float> out(n);
  for (float& x : out.span()) x = static_cast<float>(random() % 2001) / 1000 - 1;
  return out;
}

// The steps of nn::Transformer's pass, each by itself, on made-up activations.
class Steps {
 public:
  Steps(const nn::Weights& weights, const PackedMatrix& whole_output, ThreadPool& pool, const ReadMemory& memory,
        const Streams& streams)
      : w_(weights),
        c_(weights.config),
        k_(*weights.kernels),
        whole_output_(whole_output),
        pool_(pool),
        memory_(memory),
        streams_(streams),
        n_(streams.rows),
        group_(c_.n_heads / c_.n_kv_heads),
        tile_rows_(std::max(1, queries_per_tile / group_)),
        transformer_(weights, pool),
        tree_(c_, streams.max_tokens(), n_ + 1),
        floats_(random_floats(size(n_, std::max(c_.d_model, c_.d_ffn)))),
        narrow_(rounded_rows(c_.d_model)),
        wide_(rounded_rows(c_.d_ffn)),
        out_(size(n_, std::max(whole_output.rows, 2 * c_.d_ffn))),
        logits_(size(n_, w_.n_output())) {
    for (int i = 0; i < pool.size(); ++i) scratch_.emplace_back(*this);
    for (const int columns : {c_.d_model, c_.d_ffn}) {
      k_.quantize(floats_.data(), columns, n_, in(columns), 0, columns / block_size);
    }
    fill_tree();
  }

  Pass measure() {
    const std::vector<Alone> all = steps();
    Pass pass;
    pass.streams = streams_;
    pass.n_barriers = barriers_of_pass(c_.n_layers, n_);
    for (const Alone& alone : all) pass.steps.push_back(alone.step);

    // In turns, so that whatever else the machine does falls on all of them. The first round warms up.
    std::vector<double> forward_times, cold_times;
    std::vector<std::vector<double>> times(all.size());
    for (int round = 0; round <= runs; ++round) {
      memory_.read(pool_);
      cold_times.push_back(us([&] { run_passes(0); }));
      run_passes(0);
      forward_times.push_back(us([&] { run_passes(0); }));
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].step.cost.bytes > 0) memory_.read(pool_);
        times[i].push_back(us([&] { run(all[i]); }) / all[i].runs);
      }
    }
    const auto typical = [](const std::vector<double>& all_times) {
      return median({all_times.begin() + 1, all_times.end()});
    };
    pass.forward_us = typical(forward_times);
    pass.cold_us = typical(cold_times);
    for (std::size_t i = 0; i < all.size(); ++i) pass.steps[i].us = typical(times[i]);
    return pass;
  }

  // At least one.
  void run_passes(double seconds) {
    const double start = now_ms();
    do {
      for (const nn::Row& row : next_) tree_.truncate(row.node, streams_.own - 1);
      value(transformer_.forward(tree_, next_, logits_));
    } while (now_ms() - start < 1000 * seconds);
  }

 private:
  // What a thread needs for itself.
  struct Scratch {
    explicit Scratch(const Steps& s)
        : normed(static_cast<std::size_t>(s.c_.d_model)),
          rounded(s.rounded_rows(s.c_.d_model)),
          gate_up(random_floats(size(s.n_, 2 * block_size))),
          hidden(size(s.n_, block_size)),
          rounded_hidden(s.rounded_rows(s.c_.d_ffn)),
          queries(random_floats(size(s.tile_rows_ * s.group_, s.c_.head_dim))),
          scores(size(s.tile_rows_ * s.group_, s.scores_stride())),
          sums(size(s.tile_rows_ * s.group_, s.c_.head_dim)),
          attended(s.rounded_rows(s.c_.d_model)) {}
    Buffer<float> normed;
    Buffer<std::int8_t> rounded;
    Buffer<float> gate_up;  // [rows, gate of 32 channels | up]
    Buffer<float> hidden;   // [rows, 32]
    Buffer<std::int8_t> rounded_hidden;
    Buffer<float> queries, scores, sums;  // [tile_rows * group, ...]
    Buffer<std::int8_t> attended;
  };

  static int pages(int tokens) { return (tokens + KvTree::page_size - 1) / KvTree::page_size; }
  [[nodiscard]] int scores_stride() const { return (pages(streams_.prompt) + pages(streams_.own)) * KvTree::page_size; }
  [[nodiscard]] Buffer<std::int8_t> rounded_rows(int columns) const {
    return Buffer<std::int8_t>(static_cast<std::size_t>(n_ * QuantizedRows::row_bytes(columns)));
  }
  static QuantizedRows rows(Buffer<std::int8_t>& buffer, int columns) {
    return {buffer.data(), columns, QuantizedRows::row_bytes(columns)};
  }
  QuantizedRows in(int columns) { return columns == c_.d_model ? rows(narrow_, columns) : rows(wide_, columns); }
  Scratch& own(const Worker& worker) { return scratch_[static_cast<std::size_t>(worker.index())]; }

  // The prompt, and what each text holds before the pass.
  void fill_tree() {
    root_ = value(tree_.add(nn::no_node));
    std::vector<nn::Row> tokens;
    for (int i = 0; i < streams_.prompt; ++i) tokens.push_back({i, root_, false});
    value(transformer_.forward(tree_, tokens, {}));
    tokens.clear();
    for (int i = 0; i < n_; ++i) {
      next_.push_back({i, value(tree_.add(root_)), true});
      for (int t = 1; t < streams_.own; ++t) tokens.push_back({i, next_.back().node, false});
    }
    value(transformer_.forward(tree_, tokens, {}));
  }

  // A step, and what all threads do for it, `runs` times: a layer each, or once.
  struct Alone {
    Step step;
    int runs;
    std::function<void(Worker&, int layer)> call;
  };

  std::vector<Alone> steps() {
    const int n_layers = c_.n_layers;
    const auto product = [&](const char* name, nn::Linear nn::Layer::*linear, const auto& call) {
      return Alone{{name, n_layers, cost_of_product((w_.layers.front().*linear).matrix, n_)},
                   n_layers,
                   [=, this](Worker& worker, int layer) {
                     call(worker, (w_.layers[layer].*linear).matrix);
                     if (layer + 1 < n_layers) fetch(worker, (w_.layers[layer + 1].*linear).matrix);
                   }};
    };
    const auto set = [this](Worker& worker, const PackedMatrix& m) { multiply(worker, m, false); };
    const auto add = [this](Worker& worker, const PackedMatrix& m) { multiply(worker, m, true); };
    const auto in_parts = [this](Worker& worker, const PackedMatrix& m) { multiply_in_parts(worker, m); };
    const auto output = [&](const char* name, int calls, const PackedMatrix& m) {
      return Alone{{name, calls, cost_of_product(m, n_)}, 1, [&m, set](Worker& worker, int) { set(worker, m); }};
    };

    std::vector<Alone> all;
    all.push_back({{"norm, rounding", 2 * n_layers + 1, {}}, n_layers, [this](Worker& worker, int layer) {
                     normalize(worker, w_.layers[layer].attention_norm);
                   }});
    all.push_back(product("queries, keys, values", &nn::Layer::qkv, set));
    all.push_back({{"attention", n_layers, cost_of_attention(c_, streams_)},
                   n_layers,
                   [this](Worker& worker, int layer) { attend(worker, layer); }});
    all.push_back(product("attention's output", &nn::Layer::attention_output, add));
    all.push_back(product("FFN in", &nn::Layer::ffn_in, in_parts));
    all.push_back({{"SwiGLU, rounding", n_layers, {}}, n_layers, [this](Worker& worker, int) { activate(worker); }});
    all.push_back(product("FFN out", &nn::Layer::ffn_out, add));
    all.push_back(output("output", 1, w_.output.matrix));
    if (whole_output_.rows != w_.n_output()) all.push_back(output("output, whole vocabulary", 0, whole_output_));
    all.push_back({{"sampling", 1, {}}, 1, [this](Worker& worker, int) {
                     if (worker.index() == 0) sample();
                   }});
    return all;
  }

  // Threads do not wait for each other in between: what they wait in a pass is no step's.
  void run(const Alone& alone) {
    pool_.run([&](Worker& worker) {
      for (int i = 0; i < alone.runs; ++i) alone.call(worker, i);
    });
  }

  template <class Function>
  static double us(const Function& f) {
    const double start = now_ms();
    f();
    return 1000 * (now_ms() - start);
  }

  // Row by row on one thread, what suggest does for each; on the logits of the pass before.
  void sample() {
    for (int row = 0; row < n_; ++row) {
      const std::span<const float> logits =
          std::span(logits_).subspan(size(row, w_.n_output()), size(1, w_.n_output()));
      static_cast<void>(k_.log_sum_exp(logits.data(), w_.n_output()));
      decode::find_candidates(k_, logits, {}, candidates_);
      static_cast<void>(decode::Path(0.3, decode::Random(1)).next(candidates_));
    }
  }

  void multiply(Worker& worker, const PackedMatrix& m, bool accumulate) {
    const auto groups = worker.share(m.groups());
    const kernels::Output out{out_.data() + size(groups.begin, m.group_rows), m.rows, nullptr, accumulate};
    k_.matmul(m, groups.begin, groups.end, {nullptr, 0, in(m.columns)}, n_, out);
  }

  void fetch(Worker& worker, const PackedMatrix& next) {
    const auto groups = worker.share(next.groups());
    k_.prefetch(next, groups.begin, groups.end);
  }

  // 32 channels at a time, which SwiGLU then finds in the cache.
  void multiply_in_parts(Worker& worker, const PackedMatrix& m) {
    constexpr int columns = 2 * block_size;
    const int groups = columns / m.group_rows;
    const auto channels = worker.share(c_.d_ffn, block_size);
    for (int at = channels.begin; at < channels.end; at += block_size) {
      const int g = at / block_size * groups;
      k_.matmul(m, g, g + groups, {nullptr, 0, in(m.columns)}, n_, {own(worker).gate_up.data(), columns});
    }
  }

  void activate(Worker& worker) {
    Scratch& mine = own(worker);
    const auto channels = worker.share(c_.d_ffn, block_size);
    for (int at = channels.begin; at < channels.end; at += block_size) {
      for (int t = 0; t < n_; ++t) {
        const float* x = mine.gate_up.data() + size(t, 2 * block_size);
        k_.silu_multiply(x, x + block_size, block_size, mine.hidden.data() + size(t, block_size));
      }
      k_.quantize(mine.hidden.data(), block_size, n_, rows(mine.rounded_hidden, c_.d_ffn), at / block_size, 1);
    }
  }

  void normalize(Worker& worker, const nn::Norm& norm) {
    Scratch& mine = own(worker);
    const auto share = n_ <= rows_worth_repeating ? Worker::Range{0, n_} : worker.share(n_);
    for (int t = share.begin; t < share.end; ++t) {
      k_.rms_norm(floats_.data() + size(t, c_.d_model), norm.scale.data(), c_.norm_epsilon, c_.d_model,
                  mine.normed.data());
      k_.quantize(mine.normed.data(), c_.d_model, 1, rows(mine.rounded, c_.d_model).from(t), 0,
                  c_.d_model / block_size);
    }
  }

  // All query heads of a key/value head for some rows at a time: the prompt for all of them at once, then each one's
  // own.
  void attend(Worker& worker, int layer) {
    const int items = (n_ + tile_rows_ - 1) / tile_rows_ * c_.n_kv_heads;
    for (int item = worker.index(); item < items; item += worker.count()) {
      const int first = item / c_.n_kv_heads * tile_rows_;
      attend_tile(own(worker), layer, item % c_.n_kv_heads, first, std::min(n_, first + tile_rows_));
    }
  }

  void attend_tile(Scratch& mine, int layer, int kv_head, int first, int end) {
    const int hd = c_.head_dim, stride = scores_stride(), n_queries = (end - first) * group_;
    const auto scores = [&](int row, int at) { return mine.scores.data() + size((row - first) * group_, stride) + at; };
    const auto of_row = [&](const Buffer<float>& buffer, int row) {
      return buffer.data() + size((row - first) * group_, hd);
    };
    const int own_at = pages(streams_.prompt) * KvTree::page_size;

    const auto score = [&](nn::NodeId node, int length, int row, int n, int at) {
      for (const std::int32_t page : tree_.pages(node)) {
        k_.page_scores(tree_.keys(layer, page, kv_head), of_row(mine.queries, row), hd, n, hd, scores(row, at), stride);
        at += KvTree::page_size;
      }
      for (int q = 0; q < n; ++q) {
        float* behind = scores(row, at) + size(q, stride);
        std::fill(behind - (pages(length) * KvTree::page_size - length), behind,
                  -std::numeric_limits<float>::infinity());
      }
    };
    const auto add_values = [&](nn::NodeId node, int length, int row, int n, int at) {
      for (const std::int32_t page : tree_.pages(node)) {
        k_.page_values(tree_.values(layer, page, kv_head), scores(row, at), stride, n,
                       std::min(KvTree::page_size, length), hd, mine.sums.data() + size((row - first) * group_, hd),
                       hd);
        at += KvTree::page_size;
        length -= KvTree::page_size;
      }
    };
    const auto node = [&](int row) { return next_[static_cast<std::size_t>(row)].node; };

    score(root_, streams_.prompt, first, n_queries, 0);
    for (int row = first; row < end; ++row) score(node(row), streams_.own, row, group_, own_at);
    for (int q = 0; q < n_queries; ++q) k_.softmax(mine.scores.data() + size(q, stride), stride);
    std::fill_n(mine.sums.data(), size(n_queries, hd), 0.0F);
    add_values(root_, streams_.prompt, first, n_queries, 0);
    for (int row = first; row < end; ++row) add_values(node(row), streams_.own, row, group_, own_at);

    const int columns = group_ * hd;
    k_.quantize(mine.sums.data(), columns, end - first, rows(mine.attended, c_.d_model).from(first),
                kv_head * columns / block_size, columns / block_size);
  }

  const nn::Weights& w_;
  const nn::ModelConfig& c_;
  const Kernels& k_;
  const PackedMatrix& whole_output_;
  ThreadPool& pool_;
  const ReadMemory& memory_;
  Streams streams_;
  int n_;
  int group_;      // query heads of a key/value head
  int tile_rows_;  // rows that attend together
  nn::Transformer transformer_;
  KvTree tree_;
  nn::NodeId root_ = nn::no_node;
  std::vector<nn::Row> next_;  // the rows of the pass

  Buffer<float> floats_;               // made-up activations, [rows, d_model or d_ffn]
  Buffer<std::int8_t> narrow_, wide_;  // the same rounded, [rows, d_model] and [rows, d_ffn]
  Buffer<float> out_;                  // of any product
  std::vector<float> logits_;          // [rows, n_output]
  std::vector<decode::Candidate> candidates_;
  std::vector<Scratch> scratch_;  // [threads]
};

Result<nn::Model> load(const std::filesystem::path& path, ThreadPool& pool, const nn::LoadOptions& options) {
  auto model = nn::Model::load(path, pool, options);
  if (!model) return model;
  const nn::Weights& weights = model->weights;
  const nn::ModelConfig& c = weights.config;
  bool quantized = kernels::is_quantized(weights.output.matrix.type);
  for (const nn::Layer& layer : weights.layers) {
    for (const nn::Linear* linear : {&layer.qkv, &layer.attention_output, &layer.ffn_in, &layer.ffn_out}) {
      quantized = quantized && kernels::is_quantized(linear->matrix.type);
    }
  }
  const bool whole_blocks = c.n_heads / c.n_kv_heads * c.head_dim % block_size == 0;
  if (quantized && whole_blocks && c.architecture == nn::Architecture::llama) return model;
  return fail(ErrorCode::unsupported,
              "the roofline is that of a quantised Llama: give such a file, as models/updraft-135m-q4_0.gguf is one");
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  bytes += other.bytes;
  macs += other.macs;
  float_macs += other.float_macs;
  return *this;
}

Bound bound_of(const Cost& cost, const Peaks& peaks) {
  constexpr double us_a_ns = 1e-3;  // GB/s are bytes a nanosecond
  const double reading = cost.bytes / peaks.read_gbs * us_a_ns;
  const double computing = (cost.macs / peaks.dot_gmacs + cost.float_macs / peaks.float_gmacs) * us_a_ns;
  return {std::max(reading, computing), reading >= computing};
}

Cost cost_of_product(const PackedMatrix& matrix, int rows) {
  return {.bytes = static_cast<double>(matrix.bytes()),
          .macs = static_cast<double>(matrix.rows) * matrix.columns * rows};
}

// A key and a value of 16-bit floats for each token; a product with each of them for each query head of a row that sees
// it.
Cost cost_of_attention(const nn::ModelConfig& config, const Streams& streams) {
  constexpr double both = 2, bytes_a_value = 2;
  return {.bytes = both * bytes_a_value * config.d_kv() * streams.max_tokens(),
          .float_macs = both * config.n_heads * config.head_dim * streams.rows * (streams.prompt + streams.own)};
}

int barriers_of_pass(int n_layers, int rows) {
  const int norms = rows <= rows_worth_repeating ? 0 : 2;
  constexpr int steps = 5;                           // qkv, attention, its output, FFN in, FFN out
  constexpr int embedding = 1, output = 2, end = 1;  // output: norm and product
  return embedding + n_layers * (steps + norms) + output + end;
}

Cost Pass::cost() const {
  Cost sum;
  for (const Step& step : steps) sum += step.cost.times(step.calls);
  return sum;
}

Result<std::vector<Pass>> measure_passes(const std::filesystem::path& path, ThreadPool& pool, const Kernels& k,
                                         const ReadMemory& memory, const std::vector<int>& rows) {
  const auto model = load(path, pool, {.kernels = &k});
  if (!model) return tl::unexpected<Error>(model.error());
  const auto whole = load(path, pool, {.whole_vocabulary = true, .kernels = &k});
  if (!whole) return tl::unexpected<Error>(whole.error());
  try {
    std::vector<Pass> passes;
    for (const int n : rows) {
      passes.push_back(Steps(model->weights, whole->weights.output.matrix, pool, memory, {.rows = n}).measure());
    }
    return passes;
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, error.what());
  }
}

Result<> run_passes(const std::filesystem::path& path, ThreadPool& pool, const Kernels& k, int rows, double seconds) {
  const auto model = load(path, pool, {.kernels = &k});
  if (!model) return tl::unexpected<Error>(model.error());
  try {
    Steps(model->weights, model->weights.output.matrix, pool, ReadMemory(0), {.rows = rows}).run_passes(seconds);
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, error.what());
  }
}

}  // namespace updraft::bench
