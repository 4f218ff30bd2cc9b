// The hot paths, each once, on one thread, one instruction set and fixed inputs, for callgrind to count their
// instructions: bench/instructions/count runs this. Valgrind knows no AVX-512, so the instruction set is AVX2.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/value.h"
#include "decode/sampler.h"
#include "encode/text_encoder.h"
#include "kernels/packed_matrix.h"
#include "nn/tiny_model.h"
#include "nn/transformer.h"

namespace updraft::bench {
namespace {

using gguf::TensorType;

constexpr int skipped = 77;  // the exit code that ctest takes for "not on this machine"

// The shapes of updraft-135m; of its layers one, of its vocabulary a part.
constexpr int d_model = 576, n_heads = 9, n_kv_heads = 3, head_dim = 64, d_ffn = 1536, n_layers = 1, vocab_size = 1024;
constexpr int shortlist = 22'512;
constexpr int prefix = 128;  // tokens that are there already
constexpr int streams = 8;

// Once to warm up, once counted: callgrind writes a file that bears the name.
template <class Work>
void count(const char* name, const Work& work) {
  work();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}

// Between -1 and 1, the same on every machine.
std::vector<float> random_floats(int n) {
  std::mt19937 random(1);
  std::vector<float> out(static_cast<std::size_t>(n));
  for (float& x : out) x = static_cast<float>(random() % 2001) / 1000 - 1;
  return out;
}

// A packed matrix of random weights, and rows to multiply with it.
class Product {
 public:
  Product(const kernels::Kernels& k, TensorType type, int rows, int columns)
      : k_(k),
        matrix_(kernels::packed_layout(k, type, rows, columns)),
        packed_(matrix_.bytes()),
        in_(random_floats(streams * columns)),
        rounded_(static_cast<std::size_t>(streams * kernels::QuantizedRows::row_bytes(columns))),
        out_(static_cast<std::size_t>(streams * rows)) {
    const std::vector<float> values = random_floats(rows * columns);
    std::vector<std::byte> bytes(gguf::row_bytes(type, values.size()));
    gguf::quantize(type, values, bytes);
    std::vector<const std::byte*> starts;
    for (int r = 0; r < rows; ++r) {
      starts.push_back(bytes.data() + static_cast<std::size_t>(r) * (bytes.size() / static_cast<std::size_t>(rows)));
    }
    kernels::pack_groups(k, matrix_, starts, 0, matrix_.groups(), packed_.data());
    matrix_.data = packed_.data();
  }

  void multiply(int m) {
    const int columns = matrix_.columns;
    const kernels::QuantizedRows rounded{rounded_.data(), columns, kernels::QuantizedRows::row_bytes(columns)};
    k_.quantize(in_.data(), columns, m, rounded, 0, columns / kernels::block_size);
    k_.matmul(matrix_, 0, matrix_.groups(), {in_.data(), columns, rounded}, m, {out_.data(), matrix_.rows});
  }

 private:
  const kernels::Kernels& k_;
  kernels::PackedMatrix matrix_;
  kernels::Buffer<std::uint8_t> packed_;
  std::vector<float> in_;  // [streams, columns]
  kernels::Buffer<std::int8_t> rounded_;
  std::vector<float> out_;  // [streams, rows]
};

// The products of one layer, rounding of activations included.
void count_products(const kernels::Kernels& k, TensorType type, const std::string& name) {
  std::vector<Product> products;
  products.emplace_back(k, type, d_model + 2 * n_kv_heads * head_dim, d_model);
  products.emplace_back(k, type, d_model, d_model);
  products.emplace_back(k, type, 2 * d_ffn, d_model);
  products.emplace_back(k, type, d_model, d_ffn);
  for (const int m : {1, streams}) {
    count((name + " products, " + std::to_string(m) + (m == 1 ? " row" : " rows")).c_str(), [&] {
      for (Product& product : products) product.multiply(m);
    });
  }
}

// All heads of a layer, for 4 rows: what the transformer does in a tile.
void count_attention(const kernels::Kernels& k) {
  constexpr int n_queries = 4 * n_heads / n_kv_heads, pages = prefix / kernels::kv_page;
  constexpr int page_size = kernels::kv_page * head_dim;
  const std::vector<float> queries = random_floats(n_queries * head_dim);
  const std::vector<float> values = random_floats(pages * page_size);
  std::vector<std::uint16_t> half(values.size());
  k.to_f16(values.data(), static_cast<int>(values.size()), half.data());
  std::vector<float> scores(static_cast<std::size_t>(n_queries * prefix)), out(queries.size());
  count("attention over a prefix", [&] {
    for (int head = 0; head < n_kv_heads; ++head) {
      for (int page = 0; page < pages; ++page) {
        k.page_scores(half.data() + std::ptrdiff_t{page} * page_size, queries.data(), head_dim, n_queries, head_dim,
                      scores.data() + std::ptrdiff_t{page} * kernels::kv_page, prefix);
      }
      for (int q = 0; q < n_queries; ++q) k.softmax(scores.data() + std::ptrdiff_t{q} * prefix, prefix);
      for (int page = 0; page < pages; ++page) {
        k.page_values(half.data() + std::ptrdiff_t{page} * page_size,
                      scores.data() + std::ptrdiff_t{page} * kernels::kv_page, prefix, n_queries, kernels::kv_page,
                      head_dim, out.data(), head_dim);
      }
    }
  });
}

void count_passes(const kernels::Kernels& k) {
  const nn::test::TinyFile tiny = nn::test::as_file(nn::test::tiny_contents({.n_layers = n_layers,
                                                                             .d_model = d_model,
                                                                             .n_heads = n_heads,
                                                                             .n_kv_heads = n_kv_heads,
                                                                             .d_ffn = d_ffn,
                                                                             .vocab_size = vocab_size,
                                                                             .type = TensorType::q4_0}));
  if (!tiny.file) throw std::runtime_error(tiny.file.error().message);
  kernels::ThreadPool pool(1);
  const nn::Weights weights = value(nn::Weights::load(*tiny.file, pool, {.kernels = &k}));
  nn::Transformer transformer(weights, pool);
  nn::KvTree tree(weights.config, 2 * prefix + streams * kernels::kv_page, streams + 1);
  std::vector<float> logits(static_cast<std::size_t>(streams * weights.n_output()));
  const auto read = [&](nn::NodeId node, int n) {
    std::vector<nn::Row> rows;
    for (int i = 0; i < n; ++i) rows.push_back({i * 7 % vocab_size, node, false});
    value(transformer.forward(tree, rows, {}));
  };

  count("a layer, prefill of 32 rows", [&] {
    tree.reset();
    read(value(tree.add(nn::no_node)), 32);
  });

  tree.reset();
  const nn::NodeId root = value(tree.add(nn::no_node));
  read(root, prefix);
  std::vector<nn::Row> rows;
  for (int i = 0; i < streams; ++i) rows.push_back({i, value(tree.add(root)), true});
  count("a layer, one token of 8 streams", [&] {
    value(transformer.forward(tree, rows, logits));
    for (const nn::Row& row : rows) tree.truncate(row.node, 0);
  });
}

void count_sampling(const kernels::Kernels& k) {
  std::vector<float> logits = random_floats(shortlist);
  for (float& x : logits) x *= 30 * x * x * x * x;  // a few stand out
  std::vector<decode::Candidate> candidates;
  count("sampling from the shortlist", [&] {
    decode::find_candidates(k, logits, {}, candidates);
    static_cast<void>(decode::Path(0.3, decode::Random(1)).next(candidates));
  });
  count("log-sum-exp over the shortlist", [&] { static_cast<void>(k.log_sum_exp(logits.data(), shortlist)); });
}

void count_encoder(const kernels::Kernels& k) {
  const auto encoder =
      value(encode::TextEncoder::load(UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf", {.threads = 1, .kernels = &k}));
  count("text encoder, a text of 12 tokens",
        [&] { static_cast<void>(encoder.encode("watercolor lemon branches on a white kitchen tile")); });
}

int run() {
  const kernels::Kernels* k = kernels::find_kernels("avx2");
  if (k == nullptr) {
    std::puts("skipped: this processor has no AVX2");
    return skipped;
  }
  count_products(*k, TensorType::q4_0, "q4_0");
  count_products(*k, TensorType::q8_0, "q8_0");
  count_attention(*k);
  count_passes(*k);
  count_sampling(*k);
  count_encoder(*k);
  return 0;
}

}  // namespace
}  // namespace updraft::bench

int main() {
  try {
    return updraft::bench::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
