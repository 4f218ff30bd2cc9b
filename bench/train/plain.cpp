#include "bench/train/plain.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace updraft::bench {
namespace {

using learn::Range;
using learn::Sight;
using std::int64_t;
using torch::Tensor;

constexpr float hidden = -std::numeric_limits<float>::infinity();

Tensor longs(std::vector<int64_t> values) { return torch::tensor(values, torch::kLong); }

Tensor rms_norm(const Tensor& x, const Tensor& scale, double eps) {
  return x * torch::rsqrt(x.pow(2).mean(-1, true) + eps) * scale;
}

// x * weight^T with operands in bfloat16, as under autocast.
Tensor product(const Tensor& x, const Tensor& weight) {
  return torch::linear(x.to(torch::kBFloat16), weight.to(torch::kBFloat16));
}

// x: [n, length, heads, d_head]; cosine, sine: [n, length, 1, d_head / 2]; pairs are interleaved.
Tensor rotated(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  const Tensor pairs = x.unflatten(-1, {-1, 2});
  const Tensor a = pairs.select(-1, 0), b = pairs.select(-1, 1);
  return torch::stack({a * cosine - b * sine, a * sine + b * cosine}, -1).flatten(-2).to(torch::kBFloat16);
}

}  // namespace

PlainBatch as_trees(const learn::Batch& batch, const learn::OutputRows& rows) {
  const auto n = static_cast<int64_t>(batch.trees.size());
  int64_t length = 0;
  for (const Range tree : batch.trees) length = std::max<int64_t>(length, tree.end - tree.begin);
  PlainBatch plain{torch::zeros({n, length}, torch::kLong),
                   torch::zeros({n, length}, torch::kLong),
                   torch::full({n, 1, length, length}, hidden),
                   {},
                   {}};
  auto tokens = plain.tokens.accessor<int64_t, 2>(), positions = plain.positions.accessor<int64_t, 2>();
  auto mask = plain.mask.accessor<float, 4>();
  std::vector<int64_t> place(batch.tokens.size());  // of a token, among n * length
  for (int64_t i = 0; i < n; ++i) {
    const Range tree = batch.trees[i];
    for (int64_t t = 0; t < length; ++t) mask[i][0][t][t] = 0;  // for padding: it must see something
    for (std::int32_t row = tree.begin; row < tree.end; ++row) {
      const int64_t t = row - tree.begin;
      place[row] = i * length + t;
      tokens[i][t] = batch.tokens[row];
      positions[i][t] = batch.positions[row];
      const Sight& sight = batch.sights[row];
      for (const Range seen : {sight.prefix, sight.command, Range{sight.own_begin, row + 1}}) {
        for (std::int32_t other = seen.begin; other < seen.end; ++other) mask[i][0][t][other - tree.begin] = 0;
      }
    }
  }
  std::vector<int64_t> term_rows, targets;
  for (const learn::LossTerm& term : batch.loss) {
    term_rows.push_back(place[term.row]);
    targets.push_back(rows.row_of_token[term.target]);
  }
  plain.rows = longs(term_rows);
  plain.targets = longs(targets);
  return plain;
}

std::vector<PlainBatch> as_prompts(const learn::Batch& batch, const learn::OutputRows& rows, int64_t n) {
  struct Prompt {
    Range prefix, command, own;
    std::vector<std::pair<int64_t, int64_t>> terms;  // place in the sequence, output row
    [[nodiscard]] int64_t length() const {
      return prefix.end - prefix.begin + command.end - command.begin + own.end - own.begin;
    }
  };
  std::vector<Prompt> prompts;
  for (std::int32_t row = 0; row < static_cast<std::int32_t>(batch.tokens.size()); ++row) {
    const Sight& sight = batch.sights[row];
    if (sight.command.begin == sight.command.end) continue;  // not a prompt's
    if (sight.own_begin == row) prompts.push_back({sight.prefix, sight.command, {row, row}, {}});
    prompts.back().own.end = row + 1;
  }
  // Terms come prompt by prompt; the first of each is predicted by the command's last token.
  auto prompt = prompts.begin();
  for (bool first = true; const learn::LossTerm& term : batch.loss) {
    const Sight& sight = batch.sights[term.row];
    const bool by_command = sight.command.begin == sight.command.end;
    if (by_command && !first) ++prompt;
    first = false;
    const int64_t behind = prompt->length() - (prompt->own.end - prompt->own.begin);
    prompt->terms.emplace_back(by_command ? behind - 1 : behind + term.row - prompt->own.begin,
                               rows.row_of_token[term.target]);
  }

  std::vector<PlainBatch> batches;
  for (std::size_t begin = 0; begin < prompts.size(); begin += static_cast<std::size_t>(n)) {
    const std::span some(prompts.data() + begin, std::min(static_cast<std::size_t>(n), prompts.size() - begin));
    int64_t length = 0;
    for (const Prompt& p : some) length = std::max(length, p.length());
    const auto count = static_cast<int64_t>(some.size());
    PlainBatch plain{torch::zeros({count, length}, torch::kLong),
                     torch::arange(length).expand({count, length}),
                     torch::full({length, length}, hidden).triu(1).view({1, 1, length, length}),
                     {},
                     {}};
    auto tokens = plain.tokens.accessor<int64_t, 2>();
    std::vector<int64_t> term_rows, targets;
    for (int64_t i = 0; i < count; ++i) {
      int64_t t = 0;
      for (const Range range : {some[i].prefix, some[i].command, some[i].own}) {
        for (std::int32_t row = range.begin; row < range.end; ++row) tokens[i][t++] = batch.tokens[row];
      }
      for (const auto& [place, target] : some[i].terms) {
        term_rows.push_back(i * length + place);
        targets.push_back(target);
      }
    }
    plain.rows = longs(term_rows);
    plain.targets = longs(targets);
    batches.push_back(std::move(plain));
  }
  return batches;
}

PlainLayer::PlainLayer(const learn::Layer& layer) {
  const auto parameter = [&](const char* name, const learn::Parameter& p) {
    return register_parameter(name, p.value.clone());
  };
  attention_norm = parameter("attention_norm", layer.attention_norm.scale);
  qkv = parameter("qkv", layer.qkv.matrix);
  attention_output = parameter("attention_output", layer.attention_output.matrix);
  ffn_norm = parameter("ffn_norm", layer.ffn_norm.scale);
  ffn_in = parameter("ffn_in", layer.ffn_in.matrix);
  ffn_out = parameter("ffn_out", layer.ffn_out.matrix);
}

PlainModel::PlainModel(const learn::Shape& model_shape, const learn::Parameters& parameters) : shape(model_shape) {
  embedding = register_parameter("embedding", parameters.token_embedding.value.clone());
  for (const learn::Layer& layer : parameters.layers) {
    layers.push_back(register_module("layer" + std::to_string(layers.size()), std::make_shared<PlainLayer>(layer)));
  }
  output_norm = register_parameter("output_norm", parameters.output_norm.scale.value.clone());
}

Tensor PlainModel::loss(const PlainBatch& batch, const learn::OutputRows& rows) {
  const int64_t n = batch.tokens.size(0), length = batch.tokens.size(1), d_head = shape.d_head();
  const Tensor exponents = torch::arange(0, d_head, 2, torch::kFloat) / static_cast<double>(d_head);
  const Tensor angles = (batch.positions.unsqueeze(-1) * torch::pow(shape.rope_base, -exponents)).unsqueeze(2);
  const Tensor cosine = angles.cos(), sine = angles.sin();

  Tensor x = torch::embedding(embedding, batch.tokens);
  for (const auto& layer : layers) {
    const Tensor qkv = product(rms_norm(x, layer->attention_norm, shape.norm_eps), layer->qkv);
    const auto heads = [&](int64_t begin, int64_t n_heads) {
      return qkv.narrow(-1, begin, n_heads * d_head).unflatten(-1, {n_heads, d_head});
    };
    const auto repeated = [&](const Tensor& kv) {  // [n, length, kv heads, d_head] -> [n, heads, length, d_head]
      return kv.repeat_interleave(shape.n_heads / shape.n_kv_heads, 2).transpose(1, 2);
    };
    const Tensor q = rotated(heads(0, shape.n_heads), cosine, sine).transpose(1, 2);
    const Tensor k = repeated(rotated(heads(shape.d_model, shape.n_kv_heads), cosine, sine));
    const Tensor v = repeated(heads(shape.d_model + shape.d_kv(), shape.n_kv_heads));
    const Tensor scores = torch::matmul(q, k.transpose(-1, -2)) / std::sqrt(static_cast<double>(d_head)) + batch.mask;
    const Tensor weights = torch::softmax(scores, -1).to(torch::kBFloat16);
    const Tensor mixed = torch::matmul(weights, v).transpose(1, 2).reshape({n, length, shape.d_model});
    x = x + product(mixed, layer->attention_output);
    const auto wide = product(rms_norm(x, layer->ffn_norm, shape.norm_eps), layer->ffn_in).chunk(2, -1);
    x = x + product(torch::silu(wide[0]) * wide[1], layer->ffn_out);
  }
  const Tensor last = x.flatten(0, 1).index_select(0, batch.rows);
  const Tensor output = embedding.index_select(0, longs({rows.tokens.begin(), rows.tokens.end()}));
  const Tensor logits = product(rms_norm(last, output_norm, shape.norm_eps), output);
  return torch::nn::functional::cross_entropy(logits.to(torch::kFloat), batch.targets,
                                              torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
}

double step(PlainModel& model, torch::optim::AdamW& optimizer, const std::vector<PlainBatch>& batches,
            const learn::OutputRows& rows) {
  int64_t terms = 0;
  for (const PlainBatch& batch : batches) terms += batch.targets.size(0);
  optimizer.zero_grad();
  double nats = 0;
  for (const PlainBatch& batch : batches) {
    const Tensor loss = model.loss(batch, rows);
    (loss / static_cast<double>(terms)).backward();
    nats += loss.item<double>();
  }
  torch::nn::utils::clip_grad_norm_(model.parameters(), 1.0);
  optimizer.step();
  return nats / static_cast<double>(terms);
}

}  // namespace updraft::bench
