#include "bench/pass.h"

#include <gtest/gtest.h>

#include <numeric>

#include "files/test_folder.h"
#include "gguf/writer.h"
#include "nn/tiny_model.h"

namespace updraft::bench {
namespace {

constexpr Peaks peaks{
    .read_gbs = 50, .read_l2_gbs = 0, .dot_gmacs = 400, .float_gmacs = 100, .barrier_us = 0, .instructions = {}};

nn::ModelConfig small_model() {
  nn::ModelConfig config;
  config.n_heads = 4;
  config.n_kv_heads = 2;
  config.head_dim = 16;
  return config;
}

// 64 rows of 4 blocks: a block of q4_0 has 16 bytes of values and 2 of scale.
TEST(CostOfProduct, ReadsTheWeightsOnceForAllRows) {
  const kernels::PackedMatrix matrix =
      kernels::packed_layout(kernels::best_kernels(), gguf::TensorType::q4_0, /*rows=*/64, /*columns=*/128);
  const Cost one = cost_of_product(matrix, 1), eight = cost_of_product(matrix, 8);
  EXPECT_EQ(one.bytes, 64 * 4 * 18);
  EXPECT_EQ(one.macs, 64 * 128);
  EXPECT_EQ(eight.bytes, one.bytes);
  EXPECT_EQ(eight.macs, 8 * 64 * 128);
  EXPECT_EQ(eight.float_macs, 0);
}

// Keys and values of 2 heads of 16 floats of 16 bits: 128 bytes a token. A row's 4 heads multiply with both.
TEST(CostOfAttention, ReadsTheSharedPromptOnce) {
  const Cost cost = cost_of_attention(small_model(), {.rows = 3, .prompt = 10, .own = 5});
  EXPECT_EQ(cost.bytes, (10 + 3 * 5) * 128);
  EXPECT_EQ(cost.float_macs, 3 * (10 + 5) * (4 * 16 + 4 * 16));
  EXPECT_EQ(cost.macs, 0);
}

TEST(Bound, IsTheLongerOfReadingAndComputing) {
  const Bound reading = bound_of({.bytes = 1e6, .macs = 1e6, .float_macs = 0}, peaks);  // 20 us, 2.5 us
  EXPECT_DOUBLE_EQ(reading.us, 20);
  EXPECT_TRUE(reading.by_memory);
  const Bound computing = bound_of({.bytes = 1e6, .macs = 8e6, .float_macs = 1e6}, peaks);  // 20 us, 20 + 10 us
  EXPECT_DOUBLE_EQ(computing.us, 30);
  EXPECT_FALSE(computing.by_memory);
}

TEST(Pass, IsTheSumOfItsStepsCalls) {
  Pass pass;
  pass.forward_us = 500;
  pass.steps = {{"product", 30, {.bytes = 10, .macs = 20, .float_macs = 0}, 1},
                {"an alternative", 0, {.bytes = 1000, .macs = 1000, .float_macs = 0}, 1},
                {"attention", 30, {.bytes = 1, .macs = 0, .float_macs = 2}, 1},
                {"sampling", 1, {}, 40}};
  const Cost cost = pass.cost();
  EXPECT_EQ(cost.bytes, 330);
  EXPECT_EQ(cost.macs, 600);
  EXPECT_EQ(cost.float_macs, 60);
  EXPECT_EQ(pass.us(), 540);
}

TEST(BarriersOfPass, AreMoreWhereNormsAreShared) {
  EXPECT_EQ(barriers_of_pass(30, 1), 154);
  EXPECT_EQ(barriers_of_pass(30, 8), 214);
}

// Two layers of 32,768 + 16,384 + 65,536 + 32,768 weights, an output of 32 of 304 rows of 128; 18 bytes each 32. Keys
// and values of a token have 256 bytes a layer.
TEST(MeasurePasses, FindsWhatAModelMustReadAndCompute) {
  std::vector<std::uint32_t> shortlist(32);
  std::iota(shortlist.begin(), shortlist.end(), 0);
  const files::test::Folder folder;
  const auto path = folder / "model.gguf";
  ASSERT_TRUE(gguf::write(path, nn::test::tiny_contents({.n_layers = 2,
                                                         .d_model = 128,
                                                         .n_heads = 4,
                                                         .n_kv_heads = 2,
                                                         .d_ffn = 256,
                                                         .vocab_size = 304,
                                                         .type = gguf::TensorType::q4_0,
                                                         .shortlist = shortlist})));
  kernels::ThreadPool pool(2);
  const ReadMemory memory(std::size_t{1} << 20);
  const auto passes = measure_passes(path, pool, kernels::best_kernels(), memory, {1, 3});
  ASSERT_TRUE(passes) << passes.error().message;
  ASSERT_EQ(passes->size(), 2U);
  for (const Pass& pass : *passes) {
    const int n = pass.streams.rows;
    const double weights = 2 * 147'456 + 32 * 128;
    const Cost cost = pass.cost();
    EXPECT_EQ(cost.bytes, weights * 18 / 32 + 2 * 256 * (32 + 13 * n));
    EXPECT_EQ(cost.macs, n * weights);
    EXPECT_EQ(cost.float_macs, n * 2 * 2 * 128 * (32 + 13));
    EXPECT_GT(pass.forward_us, 0);
    EXPECT_GT(pass.cold_us, 0);
    for (const Step& step : pass.steps) EXPECT_GT(step.us, 0) << step.name;
  }
}

TEST(MeasurePasses, RefusesFloatWeights) {
  const files::test::Folder folder;
  const auto path = folder / "model.gguf";
  ASSERT_TRUE(gguf::write(path, nn::test::tiny_contents({.d_model = 128, .n_heads = 4, .n_kv_heads = 2})));
  kernels::ThreadPool pool(1);
  const auto passes = measure_passes(path, pool, kernels::best_kernels(), ReadMemory(std::size_t{1} << 20), {1});
  ASSERT_FALSE(passes);
  EXPECT_EQ(passes.error().code, ErrorCode::unsupported);
  EXPECT_FALSE(run_passes(path, pool, kernels::best_kernels(), 1, 0));
}

TEST(MeasurePeaks, RefusesKernelsWhosePeakItDoesNotKnow) {
  kernels::ThreadPool pool(1);
  const auto machine_of = measure_peaks(pool, *kernels::find_kernels("portable"), ReadMemory(std::size_t{1} << 20));
  ASSERT_FALSE(machine_of);
  EXPECT_EQ(machine_of.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace updraft::bench
