#include "gguf/types.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace updraft::gguf {
namespace {

constexpr std::array all_types = {TensorType::f32,  TensorType::f16,  TensorType::bf16,
                                  TensorType::q8_0, TensorType::q4_0, TensorType::q4_1};

std::vector<std::byte> quantized(TensorType type, std::span<const float> values) {
  std::vector<std::byte> out(row_bytes(type, values.size()));
  quantize(type, values, out);
  return out;
}

std::vector<float> round_trip(TensorType type, std::span<const float> values) {
  std::vector<float> out(values.size());
  dequantize(type, quantized(type, values), out);
  return out;
}

std::vector<float> random_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, 0.05f);
  std::vector<float> values(n);
  for (float& v : values) v = normal(random);
  return values;
}

float f16(std::span<const std::byte> bytes, std::size_t at) {
  return f16_to_f32(
      static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) | std::to_integer<unsigned>(bytes[at + 1]) << 8));
}

TEST(Types, NamesLeadBackToTheirTypes) {
  for (const TensorType type : all_types) EXPECT_EQ(type_from_name(traits(type).name).value(), type);
}

TEST(Types, AnUnknownNameIsRefusedWithTheKnownOnes) {
  const auto type = type_from_name("q6_k");
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(type.error().message.find("q6_k"), std::string::npos);
  EXPECT_NE(type.error().message.find("q4_0"), std::string::npos);
}

TEST(Types, AnUnknownNumberHasNoName) { EXPECT_TRUE(traits(static_cast<TensorType>(14)).name.empty()); }

TEST(Types, RowsOfQuantisedTypesTakeWholeBlocks) {
  EXPECT_EQ(row_bytes(TensorType::f32, 64), 256u);
  EXPECT_EQ(row_bytes(TensorType::f16, 64), 128u);
  EXPECT_EQ(row_bytes(TensorType::bf16, 64), 128u);
  EXPECT_EQ(row_bytes(TensorType::q8_0, 64), 68u);
  EXPECT_EQ(row_bytes(TensorType::q4_0, 64), 36u);
  EXPECT_EQ(row_bytes(TensorType::q4_1, 64), 40u);
}

TEST(Half, EveryValueSurvivesTheWayThroughFloat) {
  for (unsigned h = 0; h < 0x10000; ++h) {
    const float f = f16_to_f32(static_cast<std::uint16_t>(h));
    if ((h & 0x7fff) > 0x7c00)
      EXPECT_TRUE(std::isnan(f)) << h;
    else
      EXPECT_EQ(f32_to_f16(f), h);
  }
}

TEST(Half, KnownValues) {
  EXPECT_EQ(f16_to_f32(0x3c00), 1.0f);
  EXPECT_EQ(f16_to_f32(0xc000), -2.0f);
  EXPECT_EQ(f16_to_f32(0x7bff), 65504.0f);
  EXPECT_EQ(f16_to_f32(0x0001), 0x1p-24f);
  EXPECT_EQ(f16_to_f32(0x7c00), std::numeric_limits<float>::infinity());
}

// Between two neighbours the nearer one wins, in the middle the even one: for every pair of neighbours.
TEST(Half, RoundsToNearestEven) {
  for (unsigned h = 0; h < 0x7bff; ++h) {
    const float low = f16_to_f32(static_cast<std::uint16_t>(h));
    const float high = f16_to_f32(static_cast<std::uint16_t>(h + 1));
    const float middle = (low + high) / 2;  // exact
    ASSERT_EQ(f32_to_f16(middle), h % 2 == 0 ? h : h + 1);
    ASSERT_EQ(f32_to_f16(std::nextafter(middle, 0.0f)), h);
    ASSERT_EQ(f32_to_f16(std::nextafter(middle, high)), h + 1);
  }
}

TEST(Half, WhatIsTooLargeBecomesInfinity) {
  EXPECT_EQ(f32_to_f16(65519.0f), 0x7bff);
  EXPECT_EQ(f32_to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(f32_to_f16(-1e30f), 0xfc00);
  EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(std::nanf("")))));
}

TEST(BrainFloat, RoundsToNearestEven) {
  EXPECT_EQ(f32_to_bf16(1.0f), 0x3f80);
  EXPECT_EQ(f32_to_bf16(1.00390625f), 0x3f80);  // in the middle: to even
  EXPECT_EQ(f32_to_bf16(1.01171875f), 0x3f82);
  EXPECT_EQ(f32_to_bf16(std::nextafter(1.00390625f, 2.0f)), 0x3f81);
  EXPECT_EQ(bf16_to_f32(0xc000), -2.0f);
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::nanf("1")))));
}

TEST(Quantize, FloatTypesKeepWhatTheyCanHold) {
  const std::vector<float> values = {0.0f, -0.5f, 1.0f, 1.5f, -1024.0f, 0.0078125f};
  for (const TensorType type : {TensorType::f32, TensorType::f16, TensorType::bf16})
    EXPECT_EQ(round_trip(type, values), values);
}

TEST(Quantize, Q40GivesTheLargestMagnitudeCodeZeroWhateverItsSign) {
  std::vector<float> values(32);
  std::iota(values.begin(), values.begin() + 16, -8.0f);  // -8 .. 7, and zeros
  auto bytes = quantized(TensorType::q4_0, values);
  EXPECT_EQ(f16(bytes, 0), 1.0f);
  for (unsigned j = 0; j < 16; ++j) EXPECT_EQ(std::to_integer<unsigned>(bytes[2 + j]), j | 8u << 4);
  EXPECT_EQ(round_trip(TensorType::q4_0, values), values);

  for (float& v : values) v = -v;
  bytes = quantized(TensorType::q4_0, values);
  EXPECT_EQ(f16(bytes, 0), -1.0f);
  EXPECT_EQ(std::to_integer<unsigned>(bytes[2]) & 15u, 0u);
  EXPECT_EQ(round_trip(TensorType::q4_0, values), values);
}

TEST(Quantize, Q40CutsWhatWouldNeedCodeSixteen) {
  std::vector<float> values(32);
  values[0] = -8.0f;
  values[1] = 8.0f;  // of the same magnitude, but later
  const auto back = round_trip(TensorType::q4_0, values);
  EXPECT_EQ(back[0], -8.0f);
  EXPECT_EQ(back[1], 7.0f);
}

TEST(Quantize, Q41SpansFromTheSmallestToTheLargest) {
  std::vector<float> values(32);
  for (std::size_t i = 0; i < 32; ++i) values[i] = 100.0f + 2.0f * static_cast<float>(i / 2);
  const auto bytes = quantized(TensorType::q4_1, values);
  EXPECT_EQ(f16(bytes, 0), 2.0f);
  EXPECT_EQ(f16(bytes, 2), 100.0f);
  EXPECT_EQ(std::to_integer<unsigned>(bytes[4 + 3]), 1u | 9u << 4);  // values 3 and 19
  EXPECT_EQ(round_trip(TensorType::q4_1, values), values);
}

TEST(Quantize, Q80UsesCodesUpTo127AndRoundsHalvesAwayFromZero) {
  std::vector<float> values(32);
  values[0] = -127.0f;
  values[1] = 2.5f;
  values[2] = -2.5f;
  values[3] = 2.25f;
  const auto bytes = quantized(TensorType::q8_0, values);
  EXPECT_EQ(f16(bytes, 0), 1.0f);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[2]), -127);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[3]), 3);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[4]), -3);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[5]), 2);
}

TEST(Quantize, LosesAtMostHalfAStep) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto values = random_values(32, seed);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const float largest = std::max(-*low, *high);
    const auto expect_within = [&](TensorType type, float bound) {
      const auto back = round_trip(type, values);
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LE(std::fabs(back[i] - values[i]), bound * 1.01f);
    };
    expect_within(TensorType::q8_0, largest / 127 / 2 + largest / 2048);  // the scale itself is rounded to f16
    expect_within(TensorType::q4_1, (*high - *low) / 15 / 2 + largest / 1024);
    expect_within(TensorType::q4_0, largest / 8);  // the opposite extreme may lack its code
  }
}

TEST(Quantize, ZerosStayZeros) {
  const std::vector<float> zeros(64);
  for (const TensorType type : all_types) EXPECT_EQ(round_trip(type, zeros), zeros);
}

TEST(Quantize, BlocksDoNotTouchEachOther) {
  const auto values = random_values(96, 5);
  for (const TensorType type : all_types) {
    const auto whole = round_trip(type, values);
    for (std::size_t block = 0; block < 3; ++block) {
      const auto alone = round_trip(type, std::span(values).subspan(block * 32, 32));
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), whole.begin() + static_cast<std::ptrdiff_t>(block * 32)));
    }
  }
}

TEST(Quantize, ValuesThatAreNoNumbersSpoilTheirBlockAtMost) {
  for (const float odd : {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::max(),
                          std::numeric_limits<float>::denorm_min()}) {
    auto values = random_values(64, 9);
    const auto clean = values;
    values[7] = odd;
    for (const TensorType type : {TensorType::q8_0, TensorType::q4_0, TensorType::q4_1}) {
      const auto back = round_trip(type, values);
      const auto expected = round_trip(type, clean);
      EXPECT_TRUE(std::equal(back.begin() + 32, back.end(), expected.begin() + 32));
    }
  }
}

}  // namespace
}  // namespace updraft::gguf
