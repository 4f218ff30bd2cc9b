// The written-out passes against LibTorch's autograd on a plain, dense form of the same model.
#include "learn/model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

namespace updraft::learn {
namespace {

constexpr std::int64_t n_vocab = 48;

Shape shape_of(Architecture architecture) {
  const bool llama = architecture == Architecture::llama;
  return {.architecture = architecture,
          .n_vocab = n_vocab,
          .n_layers = 2,
          .d_model = llama ? 128 : 64,
          .n_heads = llama ? 2 : 4,  // of 64, which attention knows, or 16, which it does not
          .n_kv_heads = llama ? 1 : 4,
          .d_ff = 96,
          .n_positions = 16,
          .rope_base = 100.0,
          .norm_eps = 1e-5};
}

Model random_model(Architecture architecture) {
  torch::manual_seed(3);
  Model model(shape_of(architecture));
  Parameters& p = model.parameters();
  const auto fill = [](Parameter& parameter, double mean, double spread) {
    if (parameter.exists()) parameter.value.copy_(torch::randn(parameter.value.sizes()) * spread + mean);
  };
  const auto fill_norm = [&](Norm& norm) {
    fill(norm.scale, 1, 0.2);
    fill(norm.shift, 0, 0.2);
  };
  fill(p.token_embedding, 0, 0.5);
  fill(p.position_embedding, 0, 0.5);
  fill_norm(p.output_norm);
  for (Layer& layer : p.layers) {
    fill_norm(layer.attention_norm);
    fill_norm(layer.ffn_norm);
    for (Linear* linear : {&layer.qkv, &layer.attention_output, &layer.ffn_in, &layer.ffn_out}) {
      fill(linear->matrix, 0, 0.12);
      fill(linear->bias, 0, 0.12);
    }
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
      batch.tokens.push_back(static_cast<text::TokenId>((batch.tokens.size() * 7 + 3) % n_vocab));
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
  for (std::int32_t i = 0; i < n_vocab; ++i) {
    rows.tokens.push_back(static_cast<text::TokenId>((i * 5) % n_vocab));  // any order
  }
  rows.row_of_token.resize(n_vocab);
  for (std::size_t i = 0; i < rows.tokens.size(); ++i) rows.row_of_token[rows.tokens[i]] = static_cast<std::int32_t>(i);
  return rows;
}

// The same models by dense attention in double; `flat` is all parameters, in the order of Parameters.
class PlainModel {
 public:
  PlainModel(const Shape& shape, const torch::Tensor& flat, const Batch& batch)
      : shape_(shape), flat_(flat), batch_(batch), n_(static_cast<std::int64_t>(batch.tokens.size())) {}

  // The mean loss.
  torch::Tensor loss() {
    const std::int64_t d = shape_.d_model;
    const torch::Tensor mask = visible();
    const torch::Tensor embedding = take({shape_.n_vocab, d});
    torch::Tensor x = embedding.index_select(0, indices(batch_.tokens));
    if (!llama_) x = x + take({shape_.n_positions, d}).index_select(0, indices(batch_.positions));
    for (std::int64_t layer = 0; layer < shape_.n_layers; ++layer) {
      x = x + attention(norm(x), mask);
      x = x + feed_forward(norm(x));
    }
    const torch::Tensor logits = norm(x).matmul(embedding.t()).log_softmax(-1);
    torch::Tensor sum = torch::zeros({}, torch::kDouble);
    for (const LossTerm& term : batch_.loss) sum = sum - logits[term.row][term.target];
    EXPECT_EQ(next_, flat_.numel());
    return sum / static_cast<double>(batch_.loss.size());
  }

 private:
  torch::Tensor take(const std::vector<std::int64_t>& sizes) {
    const auto count = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
    torch::Tensor t = flat_.narrow(0, next_, count).view(sizes);
    next_ += count;
    return t;
  }
  template <class Integers>
  static torch::Tensor indices(const Integers& integers) {
    return torch::tensor(std::vector<std::int64_t>(integers.begin(), integers.end()));
  }

  torch::Tensor norm(const torch::Tensor& x) {
    const torch::Tensor scale = take({shape_.d_model});
    if (!llama_) return torch::layer_norm(x, {shape_.d_model}, scale, take({shape_.d_model}), shape_.norm_eps);
    return x * torch::rsqrt(x.pow(2).mean(-1, true) + shape_.norm_eps) * scale;
  }
  torch::Tensor linear(const torch::Tensor& x, std::int64_t n_out) {
    const torch::Tensor y = x.matmul(take({n_out, x.size(-1)}).t());
    return llama_ ? y : y + take({n_out});
  }

  torch::Tensor visible() const {  // [n, n]: 0, or a number below all scores
    torch::Tensor mask = torch::full({n_, n_}, -1e30, torch::kDouble);
    for (std::int64_t row = 0; row < n_; ++row) {
      const Sight& sight = batch_.sights[row];
      for (const Range range :
           {sight.prefix, sight.command, Range{sight.own_begin, static_cast<std::int32_t>(row) + 1}}) {
        for (std::int32_t i = range.begin; i < range.end; ++i) mask[row][i] = 0.0;
      }
    }
    return mask;
  }
  torch::Tensor rotated(const torch::Tensor& x) const {  // [n, heads, d_head]
    const std::int64_t pairs_a_head = shape_.d_head() / 2;
    torch::Tensor angles = torch::empty({n_, pairs_a_head}, torch::kDouble);
    for (std::int64_t row = 0; row < n_; ++row) {
      for (std::int64_t i = 0; i < pairs_a_head; ++i) {
        const double exponent = -static_cast<double>(i) / static_cast<double>(pairs_a_head);
        angles[row][i] = batch_.positions[row] * std::pow(shape_.rope_base, exponent);
      }
    }
    const torch::Tensor pairs = x.view({n_, -1, pairs_a_head, 2});
    const torch::Tensor c = angles.cos().unsqueeze(1), s = angles.sin().unsqueeze(1);
    const torch::Tensor a = pairs.select(3, 0), b = pairs.select(3, 1);
    return torch::stack({a * c - b * s, a * s + b * c}, 3).view({n_, -1, shape_.d_head()});
  }

  torch::Tensor attention(const torch::Tensor& x, const torch::Tensor& mask) {
    const std::int64_t d = shape_.d_model, d_kv = shape_.d_kv();
    const torch::Tensor all = linear(x, shape_.d_qkv());
    const auto heads = [&](std::int64_t begin, std::int64_t width) {
      return all.narrow(1, begin, width).reshape({n_, -1, shape_.d_head()});
    };
    const auto repeated = [&](const torch::Tensor& t) {
      return t.repeat_interleave(shape_.n_heads / shape_.n_kv_heads, 1);
    };
    torch::Tensor q = heads(0, d), k = heads(d, d_kv);
    if (llama_) q = rotated(q), k = rotated(k);
    const torch::Tensor scores =
        torch::einsum("nhd,mhd->hnm", {q, repeated(k)}) / std::sqrt(static_cast<double>(shape_.d_head())) + mask;
    const torch::Tensor v = repeated(heads(d + d_kv, d_kv));
    return linear(torch::einsum("hnm,mhd->nhd", {scores.softmax(-1), v}).reshape({n_, d}), d);
  }
  torch::Tensor feed_forward(const torch::Tensor& x) {
    const torch::Tensor wide = linear(x, shape_.d_ffn_in());
    if (!llama_) return linear(torch::gelu(wide, "tanh"), shape_.d_model);
    const std::vector<torch::Tensor> gate_up = wide.chunk(2, 1);
    return linear(torch::silu(gate_up[0]) * gate_up[1], shape_.d_model);
  }

  const Shape shape_;
  const torch::Tensor flat_;
  const Batch& batch_;
  const std::int64_t n_;
  const bool llama_ = shape_.architecture == Architecture::llama;
  std::int64_t next_ = 0;
};

std::int64_t terms_of(const Batch& batch) { return static_cast<std::int64_t>(batch.loss.size()); }

class AnyModel : public testing::TestWithParam<Architecture> {};
INSTANTIATE_TEST_SUITE_P(Of, AnyModel, testing::Values(Architecture::llama, Architecture::gpt2),
                         [](const auto& which) { return which.param == Architecture::llama ? "Llama" : "Gpt2"; });

TEST_P(AnyModel, LossAgreesWithThePlainModel) {
  Model model = random_model(GetParam());
  const Batch batch = tree_batch();
  const LossSum sum = model.loss(batch, all_rows());
  const torch::Tensor flat = model.parameters().value.to(torch::kDouble);
  const double plain = PlainModel(model.shape(), flat, batch).loss().item<double>();
  EXPECT_EQ(sum.terms, terms_of(batch));
  EXPECT_NEAR(sum.nats / static_cast<double>(sum.terms), plain, 0.02 * plain);
}

TEST_P(AnyModel, GradientsAgreeWithAutograd) {
  Model model = random_model(GetParam());
  const Batch batch = tree_batch();
  model.loss(batch, all_rows(), terms_of(batch));
  torch::Tensor flat = model.parameters().value.to(torch::kDouble).detach().requires_grad_(true);
  PlainModel(model.shape(), flat, batch).loss().backward();
  std::int64_t offset = 0;
  const auto compare = [&](const char* what, const Parameter& parameter) {
    if (!parameter.exists()) return;
    const torch::Tensor ours = parameter.grad.flatten().to(torch::kDouble);
    const torch::Tensor theirs = flat.grad().narrow(0, offset, ours.numel());
    offset += ours.numel();
    EXPECT_GT(theirs.norm().item<double>(), 0) << what;
    // bfloat16 has 8 significant bits; errors are independent, so whole tensors agree far better than elements
    EXPECT_LT(((ours - theirs).norm() / theirs.norm()).item<double>(), 0.03) << what;
  };
  const auto compare_linear = [&](const char* what, const Linear& linear) {
    compare(what, linear.matrix);
    compare(what, linear.bias);
  };
  const auto compare_norm = [&](const char* what, const Norm& norm) {
    compare(what, norm.scale);
    compare(what, norm.shift);
  };
  compare("token_embedding", model.parameters().token_embedding);
  compare("position_embedding", model.parameters().position_embedding);
  for (const Layer& layer : model.parameters().layers) {
    compare_norm("attention_norm", layer.attention_norm);
    compare_linear("qkv", layer.qkv);
    compare_linear("attention_output", layer.attention_output);
    compare_norm("ffn_norm", layer.ffn_norm);
    compare_linear("ffn_in", layer.ffn_in);
    compare_linear("ffn_out", layer.ffn_out);
  }
  compare_norm("output_norm", model.parameters().output_norm);
  EXPECT_EQ(offset, flat.numel());
}

TEST_P(AnyModel, GradientsAddUp) {
  Model model = random_model(GetParam());
  const Batch batch = tree_batch();
  model.loss(batch, all_rows(), terms_of(batch));
  const at::Tensor once = model.parameters().grad.clone();
  model.loss(batch, all_rows(), terms_of(batch));
  EXPECT_LT(((model.parameters().grad - 2 * once).norm() / once.norm()).item<double>(), 1e-4);
}

TEST(Parameters, BeginAsGpt2sDo) {
  Shape shape = shape_of(Architecture::gpt2);
  shape.n_layers = 8;
  Parameters p(shape), same(shape), other(shape);
  p.initialize(1);
  same.initialize(1);
  other.initialize(2);
  EXPECT_TRUE(p.value.equal(same.value));
  EXPECT_FALSE(p.value.equal(other.value));
  const auto deviation = [](const Parameter& parameter) { return parameter.value.std().item<double>(); };
  for (const Parameter& parameter :
       {p.token_embedding, p.position_embedding, p.layers[3].qkv.matrix, p.layers[3].ffn_in.matrix})
    EXPECT_NEAR(deviation(parameter), 0.02, 0.002);
  for (const Parameter& parameter : {p.layers[3].attention_output.matrix, p.layers[3].ffn_out.matrix})
    EXPECT_NEAR(deviation(parameter), 0.02 / 4, 0.0005);  // sqrt(2 * 8)
  for (const Norm& norm : {p.layers[3].attention_norm, p.layers[3].ffn_norm, p.output_norm}) {
    EXPECT_TRUE(norm.scale.value.eq(1).all().item<bool>());
    EXPECT_TRUE(norm.shift.value.eq(0).all().item<bool>());
  }
  EXPECT_TRUE(p.layers[3].qkv.bias.value.eq(0).all().item<bool>());
}

TEST_P(AnyModel, PaddingChangesNothing) {
  Model model = random_model(GetParam());
  Batch batch = tree_batch();
  const double nats = model.loss(batch, all_rows(), terms_of(batch)).nats;
  const at::Tensor gradients = model.parameters().grad.clone();
  model.parameters().grad.zero_();
  const std::size_t before = batch.tokens.size();
  pad(batch, tokens_multiple);
  ASSERT_GT(batch.tokens.size(), before);
  EXPECT_NEAR(model.loss(batch, all_rows(), terms_of(batch)).nats, nats, 1e-4 * nats);
  EXPECT_LT(((model.parameters().grad - gradients).norm() / gradients.norm()).item<double>(), 1e-3);
}

// A process of a team may have no intent in a step.
TEST_P(AnyModel, AnEmptyBatchLosesNothing) {
  Model model = random_model(GetParam());
  const LossSum sum = model.loss({}, all_rows(), 7);
  EXPECT_EQ(sum.nats, 0);
  EXPECT_EQ(sum.terms, 0);
  EXPECT_EQ(model.parameters().grad.abs().max().item<float>(), 0);
}

TEST(Parameters, QuantizedHalvesLieOnTheGridOfQ4_0) {
  Model model = random_model(Architecture::llama);
  model.parameters().refresh_halves(true);
  const at::Tensor block =
      model.parameters().layers[0].ffn_out.matrix.half.flatten().narrow(0, 0, 32).to(torch::kFloat);
  EXPECT_LE(std::get<0>(at::_unique(block)).numel(), 16);
}

}  // namespace
}  // namespace updraft::learn
