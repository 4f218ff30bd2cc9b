// The written-out passes against LibTorch's autograd on a plain, dense form of the same model.
#include "learn/model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

namespace updraft::learn {
namespace {

const Shape shape{.n_vocab = 48,
                  .n_layers = 2,
                  .d_model = 64,
                  .n_heads = 4,
                  .n_kv_heads = 2,
                  .d_ff = 96,
                  .rope_base = 100.0,
                  .norm_eps = 1e-5};

Model random_model() {
  torch::manual_seed(3);
  Model model(shape);
  Parameters& p = model.parameters();
  const auto fill = [](Parameter& parameter, double mean, double spread) {
    parameter.value.copy_(torch::randn(parameter.value.sizes()) * spread + mean);
  };
  fill(p.embedding, 0, 0.5);
  fill(p.output_norm, 1, 0.2);
  for (LayerParameters& layer : p.layers) {
    fill(layer.attention_norm, 1, 0.2);
    fill(layer.ffn_norm, 1, 0.2);
    for (Parameter* matrix : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down}) fill(*matrix, 0, 0.12);
  }
  p.value.copy_(p.value.to(torch::kBFloat16).to(torch::kFloat));  // so that both sides start from the same numbers
  p.refresh_halves(false);
  return model;
}

// Two intents: a prefix, two commands, the first with two prompts.
Batch tree_batch() {
  Batch batch;
  const auto append = [&](int n, std::int32_t position, const Sight& sight) {
    for (int i = 0; i < n; ++i) {
      batch.tokens.push_back(static_cast<text::TokenId>((batch.tokens.size() * 7 + 3) % 48));
      batch.positions.push_back(position + i);
      batch.sights.push_back(sight);
    }
  };
  const auto size = [&] { return static_cast<std::int32_t>(batch.tokens.size()); };
  for (int intent = 0; intent < 2; ++intent) {
    Range tree{size(), 0};
    append(3 + intent, 0, {{}, {}, size()});
    const Range prefix{tree.begin, size()};
    for (int c = 0; c < 2; ++c) {
      Range command{size(), 0};
      append(2, prefix.end - prefix.begin, {prefix, {}, size()});
      command.end = size();
      for (int prompt = 0; prompt < 2 - c; ++prompt) {
        batch.loss.push_back({command.end - 1, static_cast<text::TokenId>(5 + prompt)});
        append(4 + prompt, prefix.end - prefix.begin + 2, {prefix, command, size()});
        batch.loss.push_back({size() - 1, 2});
        batch.loss.push_back({size() - 2, 9});
      }
    }
    tree.end = size();
    batch.trees.push_back(tree);
  }
  return batch;
}

OutputRows all_rows() {
  OutputRows rows;
  for (std::int32_t i = 0; i < shape.n_vocab; ++i) {
    rows.tokens.push_back(static_cast<text::TokenId>((i * 5) % shape.n_vocab));  // any order
  }
  rows.row_of_token.resize(shape.n_vocab);
  for (std::size_t i = 0; i < rows.tokens.size(); ++i) rows.row_of_token[rows.tokens[i]] = static_cast<std::int32_t>(i);
  return rows;
}

// Mean loss by dense attention in double; `flat` is all parameters, in the order of Parameters.
torch::Tensor plain_loss(const torch::Tensor& flat, const Batch& batch) {
  const auto n = static_cast<std::int64_t>(batch.tokens.size()), d = shape.d_model, dh = shape.d_head();
  std::int64_t next = 0;
  const auto take = [&](std::initializer_list<std::int64_t> sizes) {
    const auto count = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
    torch::Tensor t = flat.narrow(0, next, count).view(std::vector<std::int64_t>(sizes));
    next += count;
    return t;
  };
  const auto norm = [](const torch::Tensor& x, const torch::Tensor& g) {
    return x * torch::rsqrt(x.pow(2).mean(-1, true) + shape.norm_eps) * g;
  };
  torch::Tensor mask = torch::full({n, n}, -1e30, torch::kDouble);
  for (std::int64_t row = 0; row < n; ++row) {
    const Sight& sight = batch.sights[row];
    for (const Range range :
         {sight.prefix, sight.command, Range{sight.own_begin, static_cast<std::int32_t>(row) + 1}}) {
      for (std::int32_t i = range.begin; i < range.end; ++i) mask[row][i] = 0.0;
    }
  }
  torch::Tensor angles = torch::empty({n, dh / 2}, torch::kDouble);
  for (std::int64_t row = 0; row < n; ++row) {
    for (std::int64_t i = 0; i < dh / 2; ++i) {
      const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(dh);
      angles[row][i] = batch.positions[row] * std::pow(shape.rope_base, exponent);
    }
  }
  const auto rotate = [&](const torch::Tensor& x) {  // [n, heads, dh]
    const torch::Tensor pairs = x.view({n, -1, dh / 2, 2});
    const torch::Tensor c = angles.cos().unsqueeze(1), s = angles.sin().unsqueeze(1);
    const torch::Tensor a = pairs.select(3, 0), b = pairs.select(3, 1);
    return torch::stack({a * c - b * s, a * s + b * c}, 3).view({n, -1, dh});
  };
  const torch::Tensor embedding = take({shape.n_vocab, d});
  torch::Tensor x =
      embedding.index_select(0, torch::tensor(std::vector<std::int64_t>(batch.tokens.begin(), batch.tokens.end())));
  for (std::int64_t layer = 0; layer < shape.n_layers; ++layer) {
    const torch::Tensor attention_norm = take({d}), qkv = take({shape.d_qkv(), d}), out = take({d, d}),
                        ffn_norm = take({d}), gate_up = take({2 * shape.d_ff, d}), down = take({d, shape.d_ff});
    const torch::Tensor all = norm(x, attention_norm).matmul(qkv.t());
    const torch::Tensor q = rotate(all.narrow(1, 0, d).reshape({n, shape.n_heads, dh}));
    const auto repeat = [&](const torch::Tensor& t) {
      return t.repeat_interleave(shape.n_heads / shape.n_kv_heads, 1);
    };
    const torch::Tensor k = repeat(rotate(all.narrow(1, d, shape.d_kv()).reshape({n, shape.n_kv_heads, dh})));
    const torch::Tensor v = repeat(all.narrow(1, d + shape.d_kv(), shape.d_kv()).reshape({n, shape.n_kv_heads, dh}));
    const torch::Tensor scores = torch::einsum("nhd,mhd->hnm", {q, k}) / std::sqrt(static_cast<double>(dh)) + mask;
    x = x + torch::einsum("hnm,mhd->nhd", {scores.softmax(-1), v}).reshape({n, d}).matmul(out.t());
    const torch::Tensor wide = norm(x, ffn_norm).matmul(gate_up.t());
    x = x + (torch::silu(wide.narrow(1, 0, shape.d_ff)) * wide.narrow(1, shape.d_ff, shape.d_ff)).matmul(down.t());
  }
  const torch::Tensor logits = norm(x, take({d})).matmul(embedding.t()).log_softmax(-1);
  torch::Tensor sum = torch::zeros({}, torch::kDouble);
  for (const LossTerm& term : batch.loss) sum = sum - logits[term.row][term.target];
  return sum / static_cast<double>(batch.loss.size());
}

std::int64_t terms_of(const Batch& batch) { return static_cast<std::int64_t>(batch.loss.size()); }

TEST(Model, LossAgreesWithThePlainModel) {
  Model model = random_model();
  const Batch batch = tree_batch();
  const LossSum sum = model.loss(batch, all_rows());
  const double plain = plain_loss(model.parameters().value.to(torch::kDouble), batch).item<double>();
  EXPECT_EQ(sum.terms, terms_of(batch));
  EXPECT_NEAR(sum.nats / static_cast<double>(sum.terms), plain, 0.02 * plain);
}

TEST(Model, GradientsAgreeWithAutograd) {
  Model model = random_model();
  const Batch batch = tree_batch();
  model.loss(batch, all_rows(), terms_of(batch));
  torch::Tensor flat = model.parameters().value.to(torch::kDouble).detach().requires_grad_(true);
  plain_loss(flat, batch).backward();
  std::int64_t offset = 0;
  const auto compare = [&](const char* what, const Parameter& parameter) {
    const torch::Tensor ours = parameter.grad.flatten().to(torch::kDouble);
    const torch::Tensor theirs = flat.grad().narrow(0, offset, ours.numel());
    offset += ours.numel();
    EXPECT_GT(theirs.norm().item<double>(), 0) << what;
    // bfloat16 has 8 significant bits; errors are independent, so whole tensors agree far better than elements
    EXPECT_LT(((ours - theirs).norm() / theirs.norm()).item<double>(), 0.03) << what;
  };
  compare("embedding", model.parameters().embedding);
  for (const LayerParameters& layer : model.parameters().layers) {
    compare("attention_norm", layer.attention_norm);
    compare("qkv", layer.qkv);
    compare("attention_out", layer.attention_out);
    compare("ffn_norm", layer.ffn_norm);
    compare("gate_up", layer.gate_up);
    compare("down", layer.down);
  }
  compare("output_norm", model.parameters().output_norm);
}

TEST(Model, GradientsAddUp) {
  Model model = random_model();
  const Batch batch = tree_batch();
  model.loss(batch, all_rows(), terms_of(batch));
  const at::Tensor once = model.parameters().grad.clone();
  model.loss(batch, all_rows(), terms_of(batch));
  EXPECT_LT(((model.parameters().grad - 2 * once).norm() / once.norm()).item<double>(), 1e-4);
}

TEST(Model, QuantizedHalvesLieOnTheGridOfQ4_0) {
  Model model = random_model();
  model.parameters().refresh_halves(true);
  const at::Tensor block = model.parameters().layers[0].down.half.flatten().narrow(0, 0, 32).to(torch::kFloat);
  EXPECT_LE(std::get<0>(at::_unique(block)).numel(), 16);
}

}  // namespace
}  // namespace updraft::learn
