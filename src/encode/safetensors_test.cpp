#include "encode/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "files/test_folder.h"

namespace updraft::encode {
namespace {

std::string with_header(const std::string& header, std::size_t data_bytes, std::uint64_t claimed) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &claimed, 8);
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}
std::string with_header(const std::string& header, std::size_t data_bytes) {
  return with_header(header, data_bytes, header.size());
}
Result<SafeTensors> parse(const std::string& bytes) { return SafeTensors::parse(std::as_bytes(std::span(bytes))); }

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST(SafeTensors, FindsTensorsByName) {
  const std::string bytes =
      with_header(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},)"
                  R"("b":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})",
                  28);
  const auto file = parse(bytes);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(file->size(), 2U);
  const gguf::Tensor* a = file->tensor("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->name, "a");
  EXPECT_EQ(a->type, gguf::TensorType::f32);
  EXPECT_EQ(a->shape, (std::vector<std::uint64_t>{2, 3}));
  ASSERT_EQ(a->data.size(), 24U);
  EXPECT_EQ(a->data.front(), std::byte{4});
  EXPECT_EQ(file->tensor("b")->type, gguf::TensorType::f16);
  EXPECT_EQ(file->tensor("c"), nullptr);
  EXPECT_EQ(file->tensor("__metadata__"), nullptr);
}

TEST(SafeTensors, ChecksButDoesNotShowTensorsThatAreNoFloats) {
  const auto file = parse(with_header(tensor("I64", "[1,2]", "[0,16]"), 16));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->tensor("t"), nullptr);
  EXPECT_FALSE(parse(with_header(tensor("I64", "[1,2]", "[0,16]"), 15)).has_value());
}

struct Wrong {
  std::string name, bytes;
  ErrorCode code = ErrorCode::corrupt;
};

TEST(SafeTensors, RefusesWhatCannotBe) {
  const std::string good = tensor("F32", "[2,3]", "[0,24]");
  ASSERT_TRUE(parse(with_header(good, 24)).has_value());
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  const std::vector<Wrong> cases = {
      {"empty", ""},
      {"seven bytes", "1234567"},
      {"a header longer than the file", with_header(good, 0, good.size() + 1)},
      {"a header longer than any file", with_header(good, 24, huge)},
      {"no JSON", with_header("{\"t\":", 24)},
      {"no object", with_header("[1,2]", 24)},
      {"no UTF-8", with_header("{\"\xff\":1}", 24)},
      {"nested without end", with_header(std::string(1 << 20, '['), 24)},
      {"a tensor that is a number", with_header(R"({"t":3})", 24)},
      {"no data type", with_header(R"({"t":{"shape":[2],"data_offsets":[0,8]}})", 24)},
      {"an unknown data type", with_header(tensor("Q4", "[2,3]", "[0,24]"), 24), ErrorCode::unsupported},
      {"a shape that is no array", with_header(tensor("F32", "6", "[0,24]"), 24)},
      {"a negative length", with_header(tensor("F32", "[-2,3]", "[0,24]"), 24)},
      {"a length with a fraction", with_header(tensor("F32", "[2.5,3]", "[0,24]"), 24)},
      {"too many dimensions", with_header(tensor("F32", "[1,1,1,1,1,1,1,2,3]", "[0,24]"), 24)},
      {"a size that overflows", with_header(tensor("F32", "[4294967296,4294967296]", "[0,24]"), 24)},
      {"a size that overflows to zero", with_header(tensor("F32", "[9223372036854775808,2]", "[0,0]"), 24)},
      {"one offset", with_header(tensor("F32", "[2,3]", "[0]"), 24)},
      {"offsets the wrong way round", with_header(tensor("F32", "[2,3]", "[24,0]"), 24)},
      {"data beyond the end", with_header(tensor("F32", "[2,3]", "[4,28]"), 24)},
      {"data of another size", with_header(tensor("F32", "[2,3]", "[0,20]"), 24)},
      {"a name without end",
       with_header("{\"" + std::string(5000, 'n') + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 24)},
  };
  for (const Wrong& wrong : cases) {
    const auto file = parse(wrong.bytes);
    ASSERT_FALSE(file.has_value()) << wrong.name;
    EXPECT_EQ(file.error().code, wrong.code) << wrong.name << ": " << file.error().message;
    EXPECT_EQ(file.error().message.find('\n'), std::string::npos) << wrong.name;
    EXPECT_LT(file.error().message.size(), 120U) << wrong.name;
  }
}

TEST(SafeTensors, SurvivesEveryTruncationAndEveryFlippedBit) {
  const std::string good = with_header(tensor("F32", "[2,3]", "[0,24]"), 24);
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(parse(good.substr(0, n)).has_value()) << n;
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    std::string bytes = good;
    bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << i % 8));
    const auto file = parse(bytes);
    if (!file || file->tensor("t") == nullptr) continue;
    EXPECT_LE(file->tensor("t")->data.size(), 24U);
  }
}

TEST(SafeTensors, OpensAFileAndNamesItInErrors) {
  const files::test::Folder folder;
  const auto file = SafeTensors::open(folder.write("a", with_header(tensor("F32", "[2,3]", "[0,24]"), 24)));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->tensor("t")->data[5], std::byte{5});
  const auto path = folder.write("b", "nothing");
  EXPECT_TRUE(SafeTensors::open(path).error().message.starts_with(path.string() + ": "));
  EXPECT_EQ(SafeTensors::open(folder / "c").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace updraft::encode
