#include "learn/gemm.h"

#include <gtest/gtest.h>

#include <array>
#include <ostream>

namespace updraft::learn {
namespace {

struct Case {
  bool a_transposed, b_transposed, float_out, adds;

  friend void PrintTo(const Case& test, std::ostream* out) {
    *out << (test.a_transposed ? "a^T " : "a ") << (test.b_transposed ? "b^T" : "b") << (test.float_out ? "" : ", bf16")
         << (test.adds ? ", added" : "");
  }
};

class Gemm : public testing::TestWithParam<Case> {
 protected:
  static at::Tensor matrix(std::int64_t rows, std::int64_t columns, bool transposed) {
    const at::Tensor dense = at::randn(transposed ? at::IntArrayRef{columns, rows} : at::IntArrayRef{rows, columns});
    return transposed ? dense.to(at::kBFloat16).t() : dense.to(at::kBFloat16);
  }
};

TEST_P(Gemm, IsTheProductInDoublePrecisionUpToRounding) {
  const Case& test = GetParam();
  at::manual_seed(5);
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{1, 1, 1}, {1, 7, 5}, {9, 1, 64}, {33, 40, 130}}) {
    const at::Tensor a = matrix(m, k, test.a_transposed), b = matrix(k, n, test.b_transposed);
    const at::Tensor out = at::ones({m, n}, test.float_out ? at::kFloat : at::kBFloat16);
    gemm(a, b, out, test.adds ? Store::add : Store::overwrite);
    const at::Tensor expected = at::mm(a.to(at::kDouble), b.to(at::kDouble)) + (test.adds ? 1 : 0);
    const double allowed = test.float_out ? 1e-4 : 1.0 / 128;
    EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, allowed, allowed)) << m << " " << n << " " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Gemm,
                         testing::Values(Case{false, false, true, false}, Case{true, false, true, false},
                                         Case{false, true, true, false}, Case{true, true, true, false},
                                         Case{false, false, false, false}, Case{true, true, false, false},
                                         Case{false, true, true, true}, Case{true, false, true, true}));

}  // namespace
}  // namespace updraft::learn
