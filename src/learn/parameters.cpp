#include "learn/parameters.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "gguf/types.h"
#include "learn/blocks.h"

namespace updraft::learn {
namespace {

using c10::BFloat16;
using std::int64_t;

void to_half_through_q4_0(const at::Tensor& in, const at::Tensor& out) {
  const float* from = in.data_ptr<float>();
  auto* to = out.data_ptr<BFloat16>();
  constexpr int64_t chunk = 4096;  // a multiple of the block size
  at::parallel_for(0, (in.numel() + chunk - 1) / chunk, 16, [&](int64_t begin, int64_t end) {
    std::vector<std::byte> packed(gguf::row_bytes(gguf::TensorType::q4_0, chunk));
    std::vector<float> grid(chunk);
    for (int64_t i = begin * chunk; i < std::min(in.numel(), end * chunk); i += chunk) {
      const auto n = static_cast<std::size_t>(std::min(chunk, in.numel() - i));
      const std::span bytes(packed.data(), gguf::row_bytes(gguf::TensorType::q4_0, n));
      gguf::quantize(gguf::TensorType::q4_0, {from + i, n}, bytes);
      gguf::dequantize(gguf::TensorType::q4_0, bytes, {grid.data(), n});
      for (std::size_t j = 0; j < n; ++j) to[i + static_cast<int64_t>(j)] = BFloat16(grid[j]);
    }
  });
}

// What is to be cut from the flat buffers, in order.
struct Cut {
  Parameter* parameter;
  std::vector<int64_t> sizes;
  bool with_half;
};

std::vector<Cut> cuts_of(const Shape& shape, Parameters& p) {
  const bool llama = shape.architecture == Architecture::llama;
  const int64_t d = shape.d_model;
  std::vector<Cut> cuts;
  const auto table = [&](Parameter& parameter, int64_t rows) { cuts.push_back({&parameter, {rows, d}, false}); };
  const auto vector = [&](Parameter& parameter, int64_t n) { cuts.push_back({&parameter, {n}, false}); };
  const auto norm = [&](Norm& out) {
    vector(out.scale, d);
    if (!llama) vector(out.shift, d);
  };
  const auto linear = [&](Linear& out, int64_t n_out, int64_t n_in) {
    cuts.push_back({&out.matrix, {n_out, n_in}, true});
    if (!llama) vector(out.bias, n_out);
  };
  table(p.token_embedding, shape.n_vocab);
  if (!llama) table(p.position_embedding, shape.n_positions);
  p.layers.resize(static_cast<std::size_t>(shape.n_layers));
  for (Layer& layer : p.layers) {
    norm(layer.attention_norm);
    linear(layer.qkv, shape.d_qkv(), d);
    linear(layer.attention_output, d, d);
    norm(layer.ffn_norm);
    linear(layer.ffn_in, shape.d_ffn_in(), d);
    linear(layer.ffn_out, d, shape.d_ff);
  }
  norm(p.output_norm);
  return cuts;
}

}  // namespace

Parameters::Parameters(const Shape& shape) {
  const std::vector<Cut> cuts = cuts_of(shape, *this);
  int64_t total = 0, total_half = 0;
  for (const Cut& cut : cuts) {
    const int64_t n = c10::multiply_integers(cut.sizes);
    total += n;
    if (cut.with_half) total_half += n;
  }
  value = at::zeros({total}, at::kFloat);
  grad = at::zeros({total}, at::kFloat);
  half_ = at::zeros({total_half}, at::kBFloat16);
  int64_t next = 0, next_half = 0;
  for (const Cut& cut : cuts) {
    const int64_t n = c10::multiply_integers(cut.sizes);
    *cut.parameter = {value.narrow(0, next, n).view(cut.sizes), grad.narrow(0, next, n).view(cut.sizes), {}};
    next += n;
    if (!cut.with_half) continue;
    cut.parameter->half = half_.narrow(0, next_half, n).view(cut.sizes);
    next_half += n;
    matrices_.push_back(*cut.parameter);
  }
}

void Parameters::initialize(std::uint64_t seed) {
  constexpr double deviation = 0.02;
  const double residual_deviation = deviation / std::sqrt(2.0 * static_cast<double>(layers.size()));
  const at::Generator random = at::detail::createCPUGenerator(seed);
  const auto draw = [&](const Parameter& p, double spread) {
    if (p.exists()) p.value.normal_(0, spread, random);
  };
  value.zero_();
  draw(token_embedding, deviation);
  draw(position_embedding, deviation);
  for (const Layer& layer : layers) {
    for (const Linear* linear : {&layer.qkv, &layer.ffn_in}) draw(linear->matrix, deviation);
    for (const Linear* linear : {&layer.attention_output, &layer.ffn_out}) draw(linear->matrix, residual_deviation);
    for (const Norm* norm : {&layer.attention_norm, &layer.ffn_norm}) norm->scale.value.fill_(1);
  }
  output_norm.scale.value.fill_(1);
}

void Parameters::refresh_halves(bool quantized) {
  for (const Parameter& p : matrices_) quantized ? to_half_through_q4_0(p.value, p.half) : to_half(p.value, p.half);
}

}  // namespace updraft::learn
