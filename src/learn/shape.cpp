#include "learn/shape.h"

namespace updraft::learn {

Result<Shape> gpt2_shape(std::int64_t n_vocab, std::int64_t n_layers, std::int64_t d_model, std::int64_t n_heads,
                         std::int64_t n_positions) {
  const Shape shape{.architecture = Architecture::gpt2,
                    .n_vocab = n_vocab,
                    .n_layers = n_layers,
                    .d_model = d_model,
                    .n_heads = n_heads,
                    .n_kv_heads = n_heads,
                    .d_ff = 4 * d_model,
                    .n_positions = n_positions};
  if (d_model % (16 * n_heads) != 0 || d_model % 32 != 0 || shape.d_head() > 256) {
    return fail(ErrorCode::invalid_argument, "a width of " + std::to_string(d_model) + " with " +
                                                 std::to_string(n_heads) +
                                                 " heads: wanted are a multiple of 32, and heads of 16, 32, ... 256");
  }
  const std::int64_t n_parameters = d_model * (n_vocab + n_positions + 12 * n_layers * d_model);  // nearly
  if (n_parameters >= std::int64_t{1} << 31)
    return fail(ErrorCode::invalid_argument,
                "this shape has " + std::to_string(n_parameters / 1'000'000) + "M parameters: at most 2147M may be");
  return shape;
}

}  // namespace updraft::learn
