#include "nn/weights.h"

#include <algorithm>
#include <string>
#include <utility>

namespace updraft::nn {
namespace {

using gguf::Tensor;
using gguf::TensorType;
using kernels::PackedMatrix;

std::size_t row_bytes(const Tensor& tensor) { return gguf::row_bytes(tensor.type, tensor.columns()); }
const std::byte* row(const Tensor& tensor, int i) {
  return tensor.data.data() + static_cast<std::size_t>(i) * row_bytes(tensor);
}

// Finds tensors and checks their shapes; the first error is kept and look-ups after it yield nullptr.
class Tensors {
 public:
  explicit Tensors(const gguf::File& file) : file_(file) {}

  const Tensor* matrix(const std::string& name, int rows, int columns) {
    return find(name, {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns)});
  }
  std::vector<float> vector(const std::string& name, int n) {
    const Tensor* tensor = find(name, {static_cast<std::uint64_t>(n)});
    std::vector<float> values(static_cast<std::size_t>(n));
    if (tensor != nullptr) gguf::dequantize(tensor->type, tensor->data, values);
    return values;
  }
  [[nodiscard]] const Result<>& result() const { return error_; }

 private:
  const Tensor* find(const std::string& name, const std::vector<std::uint64_t>& shape) {
    if (!error_) return nullptr;
    const Tensor* tensor = file_.tensor(name);
    if (tensor == nullptr) {
      error_ = fail(ErrorCode::corrupt, "tensor " + name + " is missing");
    } else if (tensor->shape != shape) {
      error_ = fail(ErrorCode::corrupt, "tensor " + name + " has another shape than the metadata says");
      return nullptr;
    } else if (shape.back() % gguf::traits(tensor->type).block_size != 0) {
      error_ = fail(ErrorCode::corrupt, "tensor " + name + " does not divide into blocks");
      return nullptr;
    }
    return tensor;
  }

  const gguf::File& file_;
  Result<> error_;
};

// A matrix that is still to be packed: which rows of the file it consists of.
struct Job {
  PackedMatrix* target = nullptr;
  TensorType type = TensorType::f32;
  int columns = 0;
  std::vector<const std::byte*> rows;
  std::vector<const Tensor*> tensors;  // that the rows come from
  std::vector<float> converted;        // where the rows live when their tensors are of different types
};

// One row of a stack: a tensor and the number of its row.
struct RowOf {
  const Tensor* tensor;
  int row;
};

Job job_of(PackedMatrix& target, std::span<const RowOf> rows) {
  Job job;
  job.target = &target;
  job.type = rows.front().tensor->type;
  job.columns = static_cast<int>(rows.front().tensor->columns());
  job.rows.reserve(rows.size());
  for (const RowOf& r : rows) {
    if (std::find(job.tensors.begin(), job.tensors.end(), r.tensor) == job.tensors.end())
      job.tensors.push_back(r.tensor);
  }
  const bool same = std::all_of(rows.begin(), rows.end(), [&](const RowOf& r) { return r.tensor->type == job.type; });
  if (same) {
    for (const RowOf& r : rows) job.rows.push_back(row(*r.tensor, r.row));
    return job;
  }
  // Nothing but float holds a mixture without loss.
  job.type = TensorType::f32;
  const auto n = static_cast<std::size_t>(job.columns);
  job.converted.resize(rows.size() * n);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Tensor& tensor = *rows[i].tensor;
    const auto values = std::span(job.converted).subspan(i * n, n);
    gguf::dequantize(tensor.type, {row(tensor, rows[i].row), row_bytes(tensor)}, values);
    job.rows.push_back(reinterpret_cast<const std::byte*>(values.data()));
  }
  return job;
}

void append_all(std::vector<RowOf>& rows, const Tensor* tensor) {
  for (int i = 0; i < static_cast<int>(tensor->rows()); ++i) rows.push_back({tensor, i});
}

// The rows of queries or keys, head by head: first the even ones, then the odd ones, so that the file's rotary pairs
// (2i, 2i + 1) end up at (i, i + head_dim / 2).
void append_rotary(std::vector<RowOf>& rows, const Tensor* tensor, int head_dim) {
  for (int first = 0; first < static_cast<int>(tensor->rows()); first += head_dim) {
    for (const int parity : {0, 1}) {
      for (int i = parity; i < head_dim; i += 2) rows.push_back({tensor, first + i});
    }
  }
}

std::vector<RowOf> all_rows(const Tensor* tensor) {
  std::vector<RowOf> rows;
  rows.reserve(tensor->rows());
  append_all(rows, tensor);
  return rows;
}

std::vector<RowOf> in_turns(const Tensor* gate, const Tensor* up, int n) {
  std::vector<RowOf> rows;
  rows.reserve(2 * gate->rows());
  for (int first = 0; first < static_cast<int>(gate->rows()); first += n) {
    for (const Tensor* tensor : {gate, up}) {
      for (int i = first; i < first + n; ++i) rows.push_back({tensor, i});
    }
  }
  return rows;
}

// Fills `layer` but for its matrices' data, and appends its jobs.
void plan_llama_layer(Tensors& tensors, const ModelConfig& c, const std::string& prefix, Layer& layer,
                      std::vector<Job>& jobs) {
  layer.attention_norm.scale = tensors.vector(prefix + "attn_norm.weight", c.d_model);
  layer.ffn_norm.scale = tensors.vector(prefix + "ffn_norm.weight", c.d_model);
  const Tensor* q = tensors.matrix(prefix + "attn_q.weight", c.d_model, c.d_model);
  const Tensor* k = tensors.matrix(prefix + "attn_k.weight", c.d_kv(), c.d_model);
  const Tensor* v = tensors.matrix(prefix + "attn_v.weight", c.d_kv(), c.d_model);
  const Tensor* o = tensors.matrix(prefix + "attn_output.weight", c.d_model, c.d_model);
  const Tensor* gate = tensors.matrix(prefix + "ffn_gate.weight", c.d_ffn, c.d_model);
  const Tensor* up = tensors.matrix(prefix + "ffn_up.weight", c.d_ffn, c.d_model);
  const Tensor* down = tensors.matrix(prefix + "ffn_down.weight", c.d_model, c.d_ffn);
  if (!tensors.result()) return;

  std::vector<RowOf> qkv;
  qkv.reserve(q->rows() + k->rows() + v->rows());
  append_rotary(qkv, q, c.head_dim);
  append_rotary(qkv, k, c.head_dim);
  append_all(qkv, v);
  jobs.push_back(job_of(layer.qkv.matrix, qkv));
  jobs.push_back(job_of(layer.attention_output.matrix, all_rows(o)));
  jobs.push_back(job_of(layer.ffn_in.matrix, in_turns(gate, up, kernels::block_size)));
  jobs.push_back(job_of(layer.ffn_out.matrix, all_rows(down)));
}

void plan_gpt2_layer(Tensors& tensors, const ModelConfig& c, const std::string& prefix, Layer& layer,
                     std::vector<Job>& jobs) {
  const auto norm = [&](const std::string& name) {
    return Norm{tensors.vector(name + ".weight", c.d_model), tensors.vector(name + ".bias", c.d_model)};
  };
  layer.attention_norm = norm(prefix + "attn_norm");
  layer.ffn_norm = norm(prefix + "ffn_norm");
  const auto linear = [&](const std::string& name, int rows, int columns, Linear& out) {
    const Tensor* tensor = tensors.matrix(prefix + name + ".weight", rows, columns);
    out.bias = tensors.vector(prefix + name + ".bias", rows);
    if (tensors.result()) jobs.push_back(job_of(out.matrix, all_rows(tensor)));
  };
  linear("attn_qkv", 3 * c.d_model, c.d_model, layer.qkv);
  linear("attn_output", c.d_model, c.d_model, layer.attention_output);
  linear("ffn_up", c.d_ffn, c.d_model, layer.ffn_in);
  linear("ffn_down", c.d_model, c.d_ffn, layer.ffn_out);
}

Result<std::vector<TokenId>> tokens_to_predict(const gguf::File& file, const ModelConfig& config,
                                               bool whole_vocabulary) {
  static constexpr std::string_view key = "updraft.shortlist";
  std::vector<TokenId> tokens;
  if (whole_vocabulary || file.find(key) == nullptr) {
    for (TokenId id = 0; id < config.vocab_size; ++id) tokens.push_back(id);
    return tokens;
  }
  const auto ids = file.integers(key);
  if (!ids) return tl::unexpected<Error>(ids.error());
  if (ids->empty() || ids->size() > static_cast<std::size_t>(config.vocab_size)) {
    return fail(ErrorCode::corrupt, "updraft.shortlist is empty or longer than the vocabulary");
  }
  for (const std::uint64_t id : *ids) {
    if (id >= static_cast<std::uint64_t>(config.vocab_size)) {
      return fail(ErrorCode::corrupt, "updraft.shortlist names token " + std::to_string(id) + ", which does not exist");
    }
    tokens.push_back(static_cast<TokenId>(id));
  }
  std::sort(tokens.begin(), tokens.end());
  if (std::adjacent_find(tokens.begin(), tokens.end()) != tokens.end()) {
    return fail(ErrorCode::corrupt, "updraft.shortlist names a token twice");
  }
  return tokens;
}

// Lays all matrices into one buffer, in the order of the jobs, and packs them with all threads. What is packed leaves
// memory at once: file and packed copy never stand there together. (A thread that lags behind reads its rows from the
// file again.)
kernels::Buffer<std::uint8_t> pack(const gguf::File& file, std::span<const Job> jobs, const kernels::Kernels& k,
                                   kernels::ThreadPool& pool) {
  std::size_t bytes = 0;
  for (const Job& job : jobs) {
    *job.target = kernels::packed_layout(k, job.type, static_cast<int>(job.rows.size()), job.columns);
    bytes += job.target->bytes();
  }
  kernels::Buffer<std::uint8_t> storage(bytes, kernels::Pages::large);
  std::size_t at = 0;
  for (const Job& job : jobs) {
    job.target->data = storage.data() + at;
    at += job.target->bytes();
  }
  pool.run([&](kernels::Worker& worker) {
    std::size_t offset = 0;
    for (const Job& job : jobs) {
      const auto groups = worker.share(job.target->groups());
      kernels::pack_groups(k, *job.target, job.rows, groups.begin, groups.end, storage.data() + offset);
      offset += job.target->bytes();
      if (worker.index() == 0) {
        for (const Tensor* tensor : job.tensors) file.release(*tensor);
      }
    }
  });
  return storage;
}

}  // namespace

Result<Weights> Weights::load(const gguf::File& file, kernels::ThreadPool& pool, const LoadOptions& options) {
  auto config = ModelConfig::from(file);
  if (!config) return tl::unexpected<Error>(config.error());
  const ModelConfig& c = *config;

  Weights w;
  w.config = c;
  w.kernels = options.kernels != nullptr ? options.kernels : &kernels::best_kernels();
  auto tokens = tokens_to_predict(file, c, options.whole_vocabulary);
  if (!tokens) return tl::unexpected<Error>(tokens.error());
  w.output_tokens = std::move(*tokens);
  w.output_index.assign(static_cast<std::size_t>(c.vocab_size), -1);
  for (std::size_t i = 0; i < w.output_tokens.size(); ++i) {
    w.output_index[static_cast<std::size_t>(w.output_tokens[i])] = static_cast<std::int32_t>(i);
  }

  Tensors tensors(file);
  std::vector<Job> jobs;
  w.token_embedding = tensors.matrix("token_embd.weight", c.vocab_size, c.d_model);
  w.output_norm.scale = tensors.vector("output_norm.weight", c.d_model);
  if (c.architecture == Architecture::gpt2) {
    w.output_norm.shift = tensors.vector("output_norm.bias", c.d_model);
    w.position_embedding = tensors.matrix("position_embd.weight", c.context_length, c.d_model);
  }
  w.layers.resize(static_cast<std::size_t>(c.n_layers));
  for (int i = 0; i < c.n_layers; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    Layer& layer = w.layers[static_cast<std::size_t>(i)];
    (c.architecture == Architecture::llama ? plan_llama_layer : plan_gpt2_layer)(tensors, c, prefix, layer, jobs);
  }
  const Tensor* output = w.token_embedding;
  if (file.tensor("output.weight") != nullptr) output = tensors.matrix("output.weight", c.vocab_size, c.d_model);
  if (!tensors.result()) return tl::unexpected<Error>(tensors.result().error());

  std::vector<RowOf> output_rows;
  output_rows.reserve(w.output_tokens.size());
  for (const TokenId id : w.output_tokens) output_rows.push_back({output, id});
  jobs.push_back(job_of(w.output.matrix, output_rows));
  w.packed = pack(file, jobs, *w.kernels, pool);
  return w;
}

Result<Model> Model::load(const std::filesystem::path& path, kernels::ThreadPool& pool, const LoadOptions& options) {
  auto file = gguf::File::open(path);
  if (!file) return tl::unexpected<Error>(file.error());
  auto weights = Weights::load(*file, pool, options);
  if (!weights) return tl::unexpected<Error>(weights.error());
  return Model{std::move(*file), std::move(*weights)};
}

}  // namespace updraft::nn
