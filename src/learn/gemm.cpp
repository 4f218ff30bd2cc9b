#include "learn/gemm.h"

#include <dnnl.hpp>
#include <map>
#include <tuple>

namespace updraft::learn {
namespace {

using DataType = dnnl::memory::data_type;
using Format = dnnl::memory::format_tag;
// operands, m, n, k, a transposed, b transposed, out, add
using Key = std::tuple<DataType, std::int64_t, std::int64_t, std::int64_t, bool, bool, DataType, bool>;

struct Product {
  dnnl::matmul matmul;
  dnnl::memory::desc packed;  // how it wants b: packed for the processor, which costs a hundredth of the product
  dnnl::reorder pack;
};

struct Context {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, Product> products;  // the shapes that depend on the batch's size make this grow: see `product`
  at::Tensor packed = at::empty({0}, at::kByte);
};

dnnl::memory::desc operand(std::int64_t rows, std::int64_t columns, bool transposed, DataType type) {
  return {{rows, columns}, type, transposed ? dnnl::memory::dims{1, rows} : dnnl::memory::dims{columns, 1}};
}

const Product& product(Context& context, const Key& key) {
  constexpr std::size_t max_cached = 512;
  if (const auto found = context.products.find(key); found != context.products.end()) return found->second;
  if (context.products.size() >= max_cached) context.products.clear();
  const auto [type, m, n, k, a_transposed, b_transposed, out, add] = key;
  dnnl::primitive_attr attributes;
  if (add) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
  const dnnl::matmul::primitive_desc description(
      dnnl::matmul::desc(operand(m, k, a_transposed, type), {{k, n}, type, Format::any}, operand(m, n, false, out)),
      attributes, context.engine);
  const dnnl::memory::desc packed = description.weights_desc();
  const dnnl::reorder::primitive_desc pack(context.engine, operand(k, n, b_transposed, type), context.engine, packed);
  const Product made{dnnl::matmul(description), packed, dnnl::reorder(pack)};
  return context.products.emplace(key, made).first->second;
}

// oneDNN multiplies bfloat16 from AVX-512 on, and refuses to before.
bool multiplies_bfloat16() {
  try {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const dnnl::memory::desc one({1, 1}, DataType::bf16, Format::ab);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(one, one, one), engine);
    return true;
  } catch (const dnnl::error&) {
    return false;
  }
}

bool is_transposed(const at::Tensor& matrix) {
  return matrix.stride(0) == 1 && matrix.size(0) != 1 && matrix.size(1) != 1;
}

DataType type_of(const at::Tensor& matrix) {
  return matrix.scalar_type() == at::kFloat ? DataType::f32 : DataType::bf16;
}

// a and b are of one type; a float product needs a float out.
void multiply(const at::Tensor& a, const at::Tensor& b, const at::Tensor& out, Store store) {
  thread_local Context context;
  const bool a_transposed = is_transposed(a), b_transposed = is_transposed(b);
  const auto memory = [&](const at::Tensor& t, bool transposed) {
    return dnnl::memory(operand(t.size(0), t.size(1), transposed, type_of(t)), context.engine, t.data_ptr());
  };
  const Product& p = product(context, {type_of(a), a.size(0), b.size(1), a.size(1), a_transposed, b_transposed,
                                       type_of(out), store == Store::add});
  const auto bytes = static_cast<std::int64_t>(p.packed.get_size());
  if (context.packed.numel() < bytes) context.packed = at::empty({bytes}, at::kByte);
  const dnnl::memory packed(p.packed, context.engine, context.packed.data_ptr());
  p.pack.execute(context.stream, {{DNNL_ARG_FROM, memory(b, b_transposed)}, {DNNL_ARG_TO, packed}});
  p.matmul.execute(
      context.stream,
      {{DNNL_ARG_SRC, memory(a, a_transposed)}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_DST, memory(out, false)}});
  context.stream.wait();
}

}  // namespace

void gemm(const at::Tensor& a, const at::Tensor& b, const at::Tensor& out, Store store) {
  TORCH_CHECK(a.scalar_type() == at::kBFloat16 && b.scalar_type() == at::kBFloat16, "gemm takes bfloat16");
  TORCH_CHECK(a.size(1) == b.size(0) && out.size(0) == a.size(0) && out.size(1) == b.size(1), "gemm: shapes differ");
  TORCH_CHECK(out.is_contiguous() && (store == Store::overwrite || out.scalar_type() == at::kFloat));
  static const bool is_direct = multiplies_bfloat16();
  if (is_direct) return multiply(a, b, out, store);
  // The same product, widened.
  const at::Tensor wide_out = out.scalar_type() == at::kFloat ? out : at::empty(out.sizes(), at::kFloat);
  multiply(a.to(at::kFloat), b.to(at::kFloat), wide_out, store);
  if (wide_out.scalar_type() != out.scalar_type()) out.copy_(wide_out);
}

}  // namespace updraft::learn
