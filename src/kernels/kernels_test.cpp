// Each kernel of each instruction set that this machine has, held against its plain twin.
#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/buffer.h"
#include "kernels/packed_matrix.h"
#include "kernels/reference.h"

namespace updraft::kernels {
#if defined(__x86_64__)
extern const Kernels avx_vnni_twin;
#endif
namespace {

using gguf::TensorType;

constexpr std::array all_types = {TensorType::q4_0, TensorType::q4_1, TensorType::q8_0,
                                  TensorType::f16,  TensorType::bf16, TensorType::f32};

std::vector<float> random_floats(std::size_t n, unsigned seed, float spread = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> out(n);
  for (auto& x : out) x = normal(random);
  return out;
}

// A GGUF matrix of random weights, and its rows' starts.
struct Matrix {
  TensorType type;
  int rows, columns;
  std::vector<std::byte> bytes;

  Matrix(TensorType t, int r, int c, unsigned seed) : type(t), rows(r), columns(c) {
    const auto values = random_floats(static_cast<std::size_t>(r) * static_cast<std::size_t>(c), seed);
    bytes.resize(gguf::row_bytes(type, values.size()));
    gguf::quantize(type, values, bytes);
  }
  [[nodiscard]] std::span<const std::byte> row(int i) const {
    const std::size_t n = gguf::row_bytes(type, static_cast<std::size_t>(columns));
    return std::span(bytes).subspan(static_cast<std::size_t>(i) * n, n);
  }
  [[nodiscard]] std::vector<const std::byte*> row_starts() const {
    std::vector<const std::byte*> out;
    for (int i = 0; i < rows; ++i) out.push_back(row(i).data());
    return out;
  }
};

struct Packed {
  PackedMatrix matrix;
  Buffer<std::uint8_t> storage;

  Packed(const Kernels& kernels, const Matrix& m, bool centred = false)
      : matrix(packed_layout(kernels, m.type, m.rows, m.columns, centred)) {
    storage = Buffer<std::uint8_t>(matrix.bytes());
    const auto starts = m.row_starts();
    pack_groups(kernels, matrix, starts, 0, matrix.groups(), storage.data());
    matrix.data = storage.data();
  }
};

struct Rows {
  std::vector<float> floats;
  Buffer<std::int8_t> storage;
  Activations view;

  Rows(const Kernels& kernels, int m, int columns, unsigned seed, bool centred = false)
      : floats(random_floats(static_cast<std::size_t>(m) * static_cast<std::size_t>(columns), seed)) {
    const auto stride = QuantizedRows::row_bytes(columns);
    storage = Buffer<std::int8_t>(static_cast<std::size_t>(m * stride));
    view = {floats.data(), columns, {storage.data(), columns, stride}};
    // In two parts, for ranges of blocks must do as well as whole rows.
    const auto quantize = centred ? kernels.quantize_centred : kernels.quantize;
    quantize(floats.data(), columns, m, view.quantized, 0, 1);
    quantize(floats.data() + block_size, columns, m, view.quantized, 1, columns / block_size - 1);
  }
  [[nodiscard]] std::span<const float> row(int i) const {
    return std::span(floats).subspan(static_cast<std::size_t>(i * view.stride), static_cast<std::size_t>(view.stride));
  }
};

class EachInstructionSet : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override {
    if (!GetParam()->supported_by_runtime_system()) GTEST_SKIP() << "not on this machine";
  }
  const Kernels& k = *GetParam();
};
const auto name_of = [](const auto& set) { return std::string(set.param->name); };
INSTANTIATE_TEST_SUITE_P(Kernels, EachInstructionSet, testing::ValuesIn(all_kernels().begin(), all_kernels().end()),
                         name_of);
#if defined(__x86_64__)
INSTANTIATE_TEST_SUITE_P(Twin, EachInstructionSet, testing::Values(&avx_vnni_twin), name_of);
#endif

TEST(Kernels, TheBestIsSupportedAndFoundByItsName) {
  EXPECT_TRUE(best_kernels().supported_by_runtime_system());
  EXPECT_EQ(find_kernels(best_kernels().name), &best_kernels());
  ASSERT_NE(find_kernels("portable"), nullptr);
  EXPECT_EQ(find_kernels("abacus"), nullptr);
}

TEST_P(EachInstructionSet, QuantizesLikeTheReference) {
  constexpr int m = 3, columns = 96;
  for (const bool centred : {false, true}) {
    const Rows rows(k, m, columns, 1, centred);
    for (int t = 0; t < m; ++t) {
      const auto expected = centred ? reference::quantize_centred(rows.row(t)) : reference::quantize(rows.row(t));
      for (std::size_t b = 0; b < columns / 32; ++b) {
        const std::int8_t* block =
            rows.view.quantized.row(t) + b * static_cast<std::size_t>(QuantizedRows::block_bytes);
        int sum = 0;
        for (std::size_t i = 0; i < 32; ++i) {
          ASSERT_EQ(block[i], expected.values[b * 32 + i]) << i;
          sum += block[i];
        }
        float scale, factor;
        std::int32_t minus_sum;
        std::memcpy(&scale, block + QuantizedRows::scale_at, 4);
        std::memcpy(&minus_sum, block + QuantizedRows::sum_at, 4);
        std::memcpy(&factor, block + QuantizedRows::factor_at, 4);
        EXPECT_EQ(scale, expected.scales[b]);
        EXPECT_EQ(minus_sum, (centred ? -k.q8_bias : -8) * sum);
        EXPECT_EQ(factor, centred ? expected.centres[b] : scale * static_cast<float>(sum));
      }
    }
  }
}

TEST_P(EachInstructionSet, QuantizesZerosAndNotANumber) {
  std::vector<float> x(64, 0.0F);
  x[40] = std::numeric_limits<float>::quiet_NaN();
  x[41] = std::numeric_limits<float>::infinity();
  std::vector<std::int8_t> storage(static_cast<std::size_t>(QuantizedRows::row_bytes(64)));
  const QuantizedRows out{storage.data(), 64, QuantizedRows::row_bytes(64)};
  k.quantize(x.data(), 64, 1, out, 0, 2);
  const std::int8_t* second = storage.data() + QuantizedRows::block_bytes;
  for (int i = 0; i < 32; ++i) EXPECT_EQ(storage[static_cast<std::size_t>(i)], 0);
  for (int i = 0; i < 32; ++i) EXPECT_GE(second[i], -127);
  k.quantize_centred(x.data(), 64, 1, out, 0, 2);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(storage[static_cast<std::size_t>(i)], 0);
  for (int i = 0; i < 32; ++i) EXPECT_GE(second[i], -127);
}

TEST_P(EachInstructionSet, MultipliesEveryTypeLikeTheReferenceToTheLastBit) {
  // 37 rows: the last group is partly filled, whatever the group size.
  constexpr int rows = 37, columns = 160, m = 5;
  for (const TensorType type : all_types) {
    const Matrix matrix(type, rows, columns, 2);
    const Packed packed(k, matrix);
    const Rows a(k, m, columns, 3);
    std::vector<float> out(m * rows, -1.0F);
    k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, m, {out.data(), rows});
    for (int t = 0; t < m; ++t) {
      for (int r = 0; r < rows; ++r) {
        const float expected = is_quantized(type) ? reference::dot(type, matrix.row(r), reference::quantize(a.row(t)))
                                                  : reference::dot(type, matrix.row(r), a.row(t));
        ASSERT_EQ(out[static_cast<std::size_t>(t * rows + r)], expected)
            << gguf::traits(type).name << " row " << r << " of token " << t;
      }
    }
  }
}

TEST_P(EachInstructionSet, MultipliesCentredRowsLikeTheReferenceToTheLastBit) {
  constexpr int rows = 37, columns = 160, m = 13;
  const Matrix matrix(TensorType::q8_0, rows, columns, 2);
  const Packed packed(k, matrix, true);
  const Rows a(k, m, columns, 3, true);
  std::vector<float> out(m * rows, -1.0F);
  k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, m, {out.data(), rows});
  for (int t = 0; t < m; ++t) {
    for (int r = 0; r < rows; ++r) {
      ASSERT_EQ(out[static_cast<std::size_t>(t * rows + r)],
                reference::dot(TensorType::q8_0, matrix.row(r), reference::quantize_centred(a.row(t))))
          << " row " << r << " of token " << t;
    }
  }
}

TEST_P(EachInstructionSet, CentresHalveTheErrorOfOneSidedRows) {
  constexpr int rows = 16, columns = 384;
  const Matrix matrix(TensorType::q8_0, rows, columns, 2);
  const Packed plain(k, matrix), centred(k, matrix, true);
  Rows a(k, 1, columns, 3), b(k, 1, columns, 3, true);
  for (Rows* r : {&a, &b}) {
    for (float& x : r->floats) x = std::abs(x);
  }
  k.quantize(a.floats.data(), columns, 1, a.view.quantized, 0, columns / block_size);
  k.quantize_centred(b.floats.data(), columns, 1, b.view.quantized, 0, columns / block_size);
  std::vector<float> of_plain(rows), of_centred(rows);
  k.matmul(plain.matrix, 0, plain.matrix.groups(), a.view, 1, {of_plain.data(), rows});
  k.matmul(centred.matrix, 0, centred.matrix.groups(), b.view, 1, {of_centred.data(), rows});
  double plain_error = 0, centred_error = 0;
  for (int r = 0; r < rows; ++r) {
    const float exact = reference::dot(TensorType::q8_0, matrix.row(r), a.row(0));
    plain_error += std::pow(of_plain[static_cast<std::size_t>(r)] - exact, 2);
    centred_error += std::pow(of_centred[static_cast<std::size_t>(r)] - exact, 2);
  }
  EXPECT_LT(centred_error, 0.5 * plain_error);
}

TEST_P(EachInstructionSet, MultipliesTheLargestIntegersWithoutOverflow) {
  for (const TensorType type : {TensorType::q4_0, TensorType::q4_1, TensorType::q8_0}) {
    Matrix matrix(type, 16, 64, 4);
    const std::size_t skip = type == TensorType::q4_1 ? 4 : 2;
    const std::size_t block_bytes = gguf::traits(type).block_bytes;
    for (std::size_t at = 0; at < matrix.bytes.size(); ++at) {
      // All nibbles 15, all bytes -128; scales stay.
      if (at % block_bytes >= skip) matrix.bytes[at] = type == TensorType::q8_0 ? std::byte{0x80} : std::byte{0xFF};
    }
    const Packed packed(k, matrix);
    for (const float sign : {1.0F, -1.0F}) {
      Rows a(k, 1, 64, 5);
      for (auto& x : a.floats) x = sign;
      k.quantize(a.floats.data(), 64, 1, a.view.quantized, 0, 2);
      std::vector<float> out(16);
      k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, 1, {out.data(), 16});
      for (int r = 0; r < 16; ++r) {
        EXPECT_EQ(out[static_cast<std::size_t>(r)], reference::dot(type, matrix.row(r), reference::quantize(a.row(0))));
      }
    }
  }
}

TEST_P(EachInstructionSet, AProductDoesNotDependOnTheBatchNorOnTheSplit) {
  constexpr int rows = 64, columns = 96, m = 29;
  for (const TensorType type : all_types) {
    const Matrix matrix(type, rows, columns, 6);
    const Packed packed(k, matrix);
    const Rows a(k, m, columns, 7);
    std::vector<float> whole(m * rows), single(m * rows);
    k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, m, {whole.data(), rows});
    for (int t = 0; t < m; ++t) {
      Activations one = a.view;
      one.floats += t * one.stride;
      one.quantized = one.quantized.from(t);
      for (int g = 0; g < packed.matrix.groups(); ++g) {
        k.matmul(packed.matrix, g, g + 1, one, 1, {single.data() + t * rows + g * k.group_rows, rows});
      }
    }
    EXPECT_EQ(std::memcmp(whole.data(), single.data(), whole.size() * sizeof(float)), 0) << gguf::traits(type).name;
  }
}

TEST_P(EachInstructionSet, AddsBiasAndOldValues) {
  constexpr int rows = 21, columns = 32, m = 2;
  const Matrix matrix(TensorType::f32, rows, columns, 8);
  const Packed packed(k, matrix);
  const Rows a(k, m, columns, 9);
  const auto bias = random_floats(rows, 10);
  std::vector<float> plain(m * rows), out(m * rows, 2.5F);
  k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, m, {plain.data(), rows});
  k.matmul(packed.matrix, 0, packed.matrix.groups(), a.view, m, {out.data(), rows, bias.data(), true});
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], plain[i] + bias[i % rows] + 2.5F);
}

void expect_near(std::span<const float> got, std::span<const float> expected, float relative, float absolute) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], relative * std::abs(expected[i]) + absolute) << "at " << i;
  }
}

TEST_P(EachInstructionSet, NormalizesLikeTheReference) {
  for (const int size : {16, 64, 576}) {
    const auto n = static_cast<std::size_t>(size);
    const auto x = random_floats(n, 11, 3.0F), scale = random_floats(n, 12), shift = random_floats(n, 13);
    std::vector<float> out(n);
    k.rms_norm(x.data(), scale.data(), 1e-5F, size, out.data());
    expect_near(out, reference::rms_norm(x, scale, 1e-5F), 2e-6F, 1e-7F);
    k.layer_norm(x.data(), scale.data(), shift.data(), 1e-5F, size, out.data());
    expect_near(out, reference::layer_norm(x, scale, shift, 1e-5F), 2e-6F, 2e-6F);
  }
}

TEST_P(EachInstructionSet, ActivatesLikeTheReference) {
  std::vector<float> x;
  for (float v = -120; v <= 120; v += 0.25F) x.push_back(v);
  for (float v = -8; v <= 8; v += 0.01F) x.push_back(v);
  x.resize(x.size() / 16 * 16);
  const auto up = random_floats(x.size(), 14);
  std::vector<float> out(x.size()), expected(x.size());
  k.silu_multiply(x.data(), up.data(), static_cast<int>(x.size()), out.data());
  for (std::size_t i = 0; i < x.size(); ++i) expected[i] = reference::silu(x[i]) * up[i];
  expect_near(out, expected, 1e-6F, 1e-35F);
  k.gelu(x.data(), static_cast<int>(x.size()), out.data());
  for (std::size_t i = 0; i < x.size(); ++i) expected[i] = reference::gelu(x[i]);
  expect_near(out, expected, 2e-5F, 1e-6F);  // the reference's 1 + tanh cancels where x is negative
}

TEST_P(EachInstructionSet, TheExactGeluIsExactToAMillionth) {
  std::vector<float> x = {1e30F, 50, -50, -1e6F};
  for (int i = -60'000; i < 60'000; ++i) x.push_back(static_cast<float>(i) / 5'000);
  x.resize(x.size() / 16 * 16);
  std::vector<float> out(x.size()), expected(x.size());
  k.gelu_exact(x.data(), static_cast<int>(x.size()), out.data());
  for (std::size_t i = 0; i < x.size(); ++i) expected[i] = reference::gelu_exact(x[i]);
  EXPECT_FLOAT_EQ(out[0], 1e30F);
  EXPECT_NEAR(out[2], 0, 1e-5);
  EXPECT_NEAR(out[3] / 1e6F, 0, 1e-6);
  expect_near(std::span(out).subspan(4), std::span(expected).subspan(4), 0, 1e-6F);
}

TEST_P(EachInstructionSet, SoftmaxIgnoresMaskedElements) {
  auto x = random_floats(48, 15, 8.0F);
  for (std::size_t i = 37; i < 48; ++i) x[i] = -std::numeric_limits<float>::infinity();
  const auto expected = reference::softmax(std::span(x).first(37));
  k.softmax(x.data(), 48);
  expect_near(std::span(x).first(37), expected, 2e-6F, 1e-30F);
  for (std::size_t i = 37; i < 48; ++i) EXPECT_EQ(x[i], 0.0F);
}

TEST_P(EachInstructionSet, FindsTheLargestOfAnyNumberOfElements) {
  for (const std::size_t n : {1U, 7U, 16U, 37U, 1000U}) {
    auto x = random_floats(n + 1, 17, 8.0F);
    for (float& v : x) v -= 100;
    x.back() = 1e9F;  // beyond the end
    const float expected = *std::max_element(x.begin(), x.end() - 1);
    EXPECT_EQ(k.largest(x.data(), static_cast<int>(n)), expected) << n;
  }
}

TEST_P(EachInstructionSet, LogSumExpTakesAnyNumberOfElementsAndIgnoresMaskedOnes) {
  for (const std::size_t n : {1U, 7U, 16U, 37U, 1000U}) {
    auto x = random_floats(n + 1, 16, 8.0F);
    x.back() = 1e9F;  // beyond the end
    if (n > 1) x[n / 2] = -std::numeric_limits<float>::infinity();
    EXPECT_NEAR(k.log_sum_exp(x.data(), static_cast<int>(n)), reference::log_sum_exp(std::span(x).first(n)), 1e-5) << n;
  }
  const std::vector<float> large(50, 3e38F);  // their powers have no room
  EXPECT_FLOAT_EQ(k.log_sum_exp(large.data(), 50), 3e38F);
}

TEST_P(EachInstructionSet, RotatesLikeTheReference) {
  for (const int size : {16, 32, 48, 64, 80, 128}) {
    const auto n = static_cast<std::size_t>(size);
    auto x = random_floats(n, 16);
    std::vector<float> cs(n);
    for (std::size_t i = 0; i < n / 2; ++i) {
      const double angle = 17 * std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(n));
      cs[i] = static_cast<float>(std::cos(angle));
      cs[n / 2 + i] = static_cast<float>(std::sin(angle));
    }
    auto expected = reference::rotate(x, 17, 10000.0F);
    for (auto& v : expected) v *= 0.25F;
    k.rotate(x.data(), cs.data(), 0.25F, size);
    expect_near(x, expected, 1e-6F, 1e-6F);
  }
}

TEST_P(EachInstructionSet, ConvertsToHalfPrecisionAndSaturates) {
  auto x = random_floats(64, 17, 100.0F);
  x[3] = 1e6F;
  x[4] = -std::numeric_limits<float>::infinity();
  std::vector<std::uint16_t> out(64);
  k.to_f16(x.data(), 64, out.data());
  EXPECT_EQ(gguf::f16_to_f32(out[3]), 65504.0F);
  EXPECT_EQ(gguf::f16_to_f32(out[4]), -65504.0F);
  for (std::size_t i = 5; i < 64; ++i) EXPECT_EQ(out[i], gguf::f32_to_f16(x[i])) << x[i];
}

TEST_P(EachInstructionSet, CutsToSixLikeTheReference) {
  auto x = random_floats(64, 21, 8.0F);
  x[0] = std::numeric_limits<float>::quiet_NaN();
  x[1] = std::numeric_limits<float>::infinity();
  x[2] = -std::numeric_limits<float>::infinity();
  std::vector<float> out(x.size());
  k.relu6(x.data(), 64, out.data());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(out[i], reference::relu6(x[i])) << x[i];
}

TEST_P(EachInstructionSet, ConvolvesAPixelLikeTheReference) {
  for (const std::size_t n_taps : {1, 9, 25}) {
    for (const std::size_t n : {32, 96, 160}) {
      const auto pixels = random_floats(n_taps * n, 22), weights = random_floats(n_taps * n, 23);
      const auto bias = random_floats(n, 24, 3.0F);
      std::vector<const float*> taps;
      for (std::size_t t = 0; t < n_taps; ++t) taps.push_back(pixels.data() + t * n);
      std::vector<float> out(n);
      k.depthwise(taps.data(), static_cast<int>(n_taps), weights.data(), bias.data(), static_cast<int>(n), out.data());
      EXPECT_EQ(out, reference::depthwise(pixels, weights, bias));
    }
  }
}

TEST_P(EachInstructionSet, AttendsToAPageLikeTheReference) {
  for (const int head_dim : {16, 48, 64, 128}) {
    for (const int n_queries : {1, 3, 12, 13}) {
      const auto hd = static_cast<std::size_t>(head_dim), nq = static_cast<std::size_t>(n_queries);
      const auto q = random_floats(nq * hd, 18), values = random_floats(kv_page * hd, 19);
      std::vector<std::uint16_t> page(values.size());
      for (std::size_t i = 0; i < page.size(); ++i) page[i] = gguf::f32_to_f16(values[i]);
      const auto at = [&](std::size_t i) { return double{gguf::f16_to_f32(page[i])}; };

      std::vector<float> scores(nq * kv_page), expected(nq * kv_page);
      for (std::size_t i = 0; i < nq; ++i) {
        for (std::size_t p = 0; p < kv_page; ++p) {
          double sum = 0;
          for (std::size_t d = 0; d < hd; ++d) sum += q[i * hd + d] * at(d * kv_page + p);
          expected[i * kv_page + p] = static_cast<float>(sum);
        }
      }
      k.page_scores(page.data(), q.data(), head_dim, n_queries, head_dim, scores.data(), kv_page);
      expect_near(scores, expected, 1e-5F, 1e-5F);

      constexpr int n_positions = 11;
      auto out = random_floats(nq * hd, 20);
      auto sums = out;
      for (std::size_t i = 0; i < nq; ++i) {
        for (std::size_t d = 0; d < hd; ++d) {
          double sum = sums[i * hd + d];
          for (std::size_t p = 0; p < n_positions; ++p) sum += scores[i * kv_page + p] * at(p * hd + d);
          sums[i * hd + d] = static_cast<float>(sum);
        }
      }
      k.page_values(page.data(), scores.data(), kv_page, n_queries, n_positions, head_dim, out.data(), head_dim);
      expect_near(out, sums, 1e-5F, 1e-4F);
    }
  }
}

}  // namespace
}  // namespace updraft::kernels
