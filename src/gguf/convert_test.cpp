#include "gguf/convert.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

namespace updraft::gguf {
namespace {

class Convert : public testing::Test {
 protected:
  ~Convert() override { std::filesystem::remove(path); }
  File written(const Contents& contents) const {
    EXPECT_TRUE(write(path, contents));
    return File::open(path).value();
  }
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("convert-" + std::to_string(::getpid()) + ".gguf");
};

WriteTensor of_f32(std::string name, std::vector<std::uint64_t> shape) {
  std::size_t n = 1;
  for (const auto size : shape) n *= size;
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = std::sin(static_cast<float>(i));
  const auto bytes = std::as_bytes(std::span(values));
  return {std::move(name), TensorType::f32, std::move(shape), {bytes.begin(), bytes.end()}};
}

TEST_F(Convert, MatricesTakeTheTypeVectorsAndMetadataStay) {
  Contents contents;
  contents.metadata = {{"general.file_type", std::uint32_t{0}}, {"words", std::vector<std::string>{"a", "b"}}};
  contents.tensors = {of_f32("token_embd.weight", {4, 32}), of_f32("norm", {32}), of_f32("matrix", {2, 64}),
                      of_f32("position_embd.weight", {4, 32})};
  const File from = written(contents);
  const auto converted = convert(from, TensorType::q4_0);
  ASSERT_TRUE(converted) << converted.error().message;
  EXPECT_EQ(std::get<std::uint32_t>(converted->metadata[0].second), 2u);
  EXPECT_EQ(converted->metadata[1], contents.metadata[1]);
  EXPECT_EQ(converted->tensors[0].type, TensorType::q8_0);
  EXPECT_EQ(converted->tensors[1].type, TensorType::f32);
  EXPECT_EQ(converted->tensors[1].data, contents.tensors[1].data);
  EXPECT_EQ(converted->tensors[2].type, TensorType::q4_0);
  EXPECT_EQ(converted->tensors[3].type, TensorType::q8_0);
  EXPECT_EQ(converted->tensors[2].shape, contents.tensors[2].shape);

  const Tensor* matrix = from.tensor("matrix");
  std::vector<float> values(64), back(64);
  dequantize(TensorType::f32, matrix->data.subspan(256, 256), values);
  dequantize(TensorType::q4_0, std::span(converted->tensors[2].data).subspan(36, 36), back);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(back[i], values[i], 0.13f);
}

TEST_F(Convert, LayersThatAreLeftOutAreGoneAndTheOthersMoveUp) {
  Contents contents;
  contents.metadata = {{"general.architecture", std::string("llama")}, {"llama.block_count", std::uint32_t{12}}};
  contents.tensors = {of_f32("token_embd.weight", {4, 32})};
  for (int i = 0; i < 12; ++i) contents.tensors.push_back(of_f32("blk." + std::to_string(i) + ".a.weight", {32}));
  auto fewer = contents;
  ASSERT_TRUE(leave_out_layers(fewer, std::vector{1, 10, 1}));
  EXPECT_EQ(std::get<std::uint32_t>(fewer.metadata[1].second), 10U);
  std::vector<std::string> names;
  for (const WriteTensor& tensor : fewer.tensors) names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"token_embd.weight", "blk.0.a.weight", "blk.1.a.weight", "blk.2.a.weight",
                                             "blk.3.a.weight", "blk.4.a.weight", "blk.5.a.weight", "blk.6.a.weight",
                                             "blk.7.a.weight", "blk.8.a.weight", "blk.9.a.weight"}));

  EXPECT_FALSE(leave_out_layers(contents, std::vector{12}));
  EXPECT_FALSE(leave_out_layers(contents, std::vector{-1}));
  EXPECT_FALSE(leave_out_layers(contents, std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  contents.metadata.pop_back();
  EXPECT_FALSE(leave_out_layers(contents, std::vector{1}));
}

TEST_F(Convert, RowsThatDoNotDivideIntoBlocksAreRefused) {
  Contents contents;
  contents.tensors = {of_f32("matrix", {2, 48})};
  const auto converted = convert(written(contents), TensorType::q8_0);
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, ErrorCode::unsupported);
  EXPECT_NE(converted.error().message.find("matrix"), std::string::npos);
}

}  // namespace
}  // namespace updraft::gguf
