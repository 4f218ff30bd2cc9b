// Matrix products in bfloat16 through oneDNN, accumulated in float. Debian's LibTorch falls back to a plain loop for
// transposed bfloat16 operands, which training needs; oneDNN takes any strides. A processor without
// AVX-512 multiplies no bfloat16: there the operands are widened to float.
#pragma once

#include <ATen/ATen.h>

namespace updraft::learn {

enum class Store { overwrite, add };

// out = a * b, or out += a * b. a: [m, k], b: [k, n], bfloat16, dense either way round (transposed views are fine);
// out: [m, n] float or bfloat16, contiguous. `add` needs a float out.
void gemm(const at::Tensor& a, const at::Tensor& b, const at::Tensor& out, Store store = Store::overwrite);

}  // namespace updraft::learn
