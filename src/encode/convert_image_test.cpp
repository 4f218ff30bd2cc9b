#include "encode/convert_image.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "encode/image_encoder.h"
#include "encode/small_efficient_net.h"
#include "files/test_folder.h"
#include "gguf/convert.h"

namespace updraft::encode {
namespace {

using gguf::TensorType;

Error error_of(const test::Model& model, const test::Model* projection = nullptr) {
  const auto contents = test::as_contents(model, 50, TensorType::q8_0, projection);
  if (contents) return {ErrorCode::cancelled, "none"};
  return contents.error();
}

const gguf::WriteTensor& tensor(const gguf::Contents& contents, std::string_view name) {
  for (const auto& tensor : contents.tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(std::string(name));
}
float value(const gguf::WriteTensor& tensor, std::size_t i) {
  float out = 0;
  std::memcpy(&out, tensor.data.data() + i * sizeof out, sizeof out);
  return out;
}

TEST(ConvertImageEncoder, FoldsNormsAndFillsChannelsUpWithZeros) {
  const test::Model model = test::small_efficient_net();
  const auto contents = test::as_contents(model, 50, TensorType::f32).value();
  const auto& weight = tensor(contents, "blk.1.expand.weight");
  const auto& bias = tensor(contents, "blk.1.expand.bias");
  ASSERT_EQ(weight.shape, (std::vector<std::uint64_t>{32, 32}));  // of 18 x 6
  ASSERT_EQ(bias.shape, std::vector<std::uint64_t>{32});
  const auto of = [&](const char* name, std::size_t i) { return model.at(name).data[i]; };
  for (std::size_t i = 0; i < 32 * 32; ++i) {
    const std::size_t row = i / 32, column = i % 32;
    float expected = 0;
    if (row < 18 && column < 6) {
      expected = of("_blocks.1._expand_conv.weight", row * 6 + column) * of("_blocks.1._bn0.weight", row) /
                 std::sqrt(of("_blocks.1._bn0.running_var", row) + 1e-3F);
    }
    EXPECT_NEAR(value(weight, i), expected, 1e-6) << i;
  }
  for (std::size_t i = 18; i < 32; ++i) EXPECT_EQ(value(bias, i), 0);
  EXPECT_EQ(tensor(contents, "blk.3.depthwise.weight").shape, (std::vector<std::uint64_t>{5, 5, 64}));
  EXPECT_EQ(tensor(contents, "stem.weight").shape, (std::vector<std::uint64_t>{32, 32}));
}

TEST(ConvertImageEncoder, KeepsWhatIsSensitiveIn16Bits) {
  const auto contents = test::as_contents(test::small_efficient_net(), 50, TensorType::q8_0).value();
  for (const auto& [name, type] :
       {std::pair("stem.weight", TensorType::f16), std::pair("blk.1.expand.weight", TensorType::f16),
        std::pair("blk.8.depthwise.weight", TensorType::f16), std::pair("blk.8.expand.weight", TensorType::q8_0),
        std::pair("head.weight", TensorType::q8_0), std::pair("classifier.weight", TensorType::q8_0),
        std::pair("head.bias", TensorType::f32)}) {
    EXPECT_EQ(tensor(contents, name).type, type) << name;
  }
}

TEST(ConvertImageEncoder, RefusesModelsThatLackSomethingOrDoNotFit) {
  const test::Model whole = test::small_efficient_net();
  EXPECT_EQ(error_of(whole).message, "none");
  for (const auto& [name, values] : whole) {
    test::Model model = whole;
    model.erase(name);
    EXPECT_NE(error_of(model).message, "none") << name;
    model = whole;
    // One of one more row.
    auto& tensor = model.at(name);
    const std::size_t row = tensor.data.size() / tensor.shape[0];
    ++tensor.shape[0];
    tensor.data.resize(tensor.data.size() + row, 0.5F);
    EXPECT_EQ(error_of(model).code, ErrorCode::corrupt) << name;
  }
}

TEST(ConvertImageEncoder, RefusesWhatIsNotANumber) {
  for (const char* name : {"_conv_stem.weight", "_blocks.2._bn1.bias", "_fc.weight"}) {
    test::Model model = test::small_efficient_net();
    model.at(name).data[3] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(error_of(model).code, ErrorCode::corrupt) << name;
  }
  test::Model model = test::small_efficient_net();
  model.at("_bn1.running_var").data[0] = -1;
  EXPECT_EQ(error_of(model).code, ErrorCode::corrupt);
}

TEST(ConvertImageEncoder, RefusesAProjectionThatDoesNotFit) {
  const test::Model model = test::small_efficient_net();
  test::Model projection = test::small_projection();
  EXPECT_EQ(error_of(model, &projection).message, "none");
  projection.erase("projection.bias");
  EXPECT_EQ(error_of(model, &projection).code, ErrorCode::corrupt);
  projection = test::small_projection();
  projection.at("projection.weight").shape = {test::small_dimension * 2, test::small_features / 2};
  projection.at("projection.bias") = {{test::small_dimension * 2}, std::vector<float>(test::small_dimension * 2)};
  EXPECT_EQ(error_of(model, &projection).code, ErrorCode::corrupt);
}

TEST(ConvertImageEncoder, ReadsAFolder) {
  const files::test::Folder folder;
  const auto error = [&] {
    const auto contents = convert_image_encoder(folder.path(), TensorType::q8_0);
    return contents ? Error{ErrorCode::cancelled, "none"} : contents.error();
  };
  EXPECT_EQ(error().code, ErrorCode::not_found);
  folder.write("model.safetensors", test::as_safetensors(test::small_efficient_net()));
  EXPECT_EQ(error().code, ErrorCode::not_found);
  std::string lines;
  for (const auto& name : test::small_class_names()) lines += name + "\n";
  folder.write("classes.txt", lines);
  EXPECT_EQ(error().code, ErrorCode::unsupported);  // none of the sizes that there are
  EXPECT_NE(error().message.find("model.safetensors"), std::string::npos);
  folder.write("classes.txt", lines + "one more\n");
  EXPECT_EQ(error().code, ErrorCode::corrupt);
  for (const std::string bad : {"", "\n", "a\x1b[2J\n"}) {
    folder.write("classes.txt", bad);
    EXPECT_EQ(error().code, ErrorCode::corrupt);
    EXPECT_NE(error().message.find("classes.txt"), std::string::npos);
  }
  folder.write("classes.txt", lines);
  folder.write("projection.safetensors", "nothing");
  EXPECT_NE(error().message.find("projection.safetensors"), std::string::npos);
}

// As `updraft convert` does it with a file of the one type that is to become another.
TEST(ConvertImageEncoder, AnExactFileCanBecomeOneOfEightBits) {
  const auto bytes =
      gguf::to_bytes(test::as_contents(test::small_efficient_net(), 50, TensorType::f32).value()).value();
  const auto contents = gguf::convert(gguf::File::parse(bytes).value(), TensorType::q8_0).value();
  EXPECT_EQ(tensor(contents, "stem.weight").type, TensorType::f16);
  EXPECT_EQ(tensor(contents, "blk.3.depthwise.weight").type, TensorType::f16);
  EXPECT_EQ(tensor(contents, "head.weight").type, TensorType::q8_0);
  const auto converted = gguf::to_bytes(contents).value();
  EXPECT_TRUE(ImageEncoder::load(gguf::File::parse(converted).value(), {}).has_value());
}

}  // namespace
}  // namespace updraft::encode
