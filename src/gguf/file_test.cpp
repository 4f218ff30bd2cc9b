#include "gguf/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>

#include "gguf/writer.h"

namespace updraft::gguf {
namespace {

// A file as its bytes are written, right or wrong.
class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    const auto* first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
    return *this;
  }
  Bytes& text(std::string_view text) {
    put<std::uint64_t>(text.size());
    return raw(text);
  }
  Bytes& raw(std::string_view text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), first, first + text.size());
    return *this;
  }
  Bytes& header(std::uint64_t tensors, std::uint64_t metadata, std::uint32_t version = 3) {
    return raw("GGUF").put(version).put(tensors).put(metadata);
  }
  // Sizes as the file has them: columns first.
  Bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                std::uint64_t offset) {
    text(name).put(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) put(size);
    return put(type).put(offset);
  }
  Bytes& align() {
    bytes_.resize((bytes_.size() + 31) / 32 * 32);
    return *this;
  }
  Bytes& zeros(std::size_t n) {
    bytes_.resize(bytes_.size() + n);
    return *this;
  }
  [[nodiscard]] Result<File> parse() const { return File::parse(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

constexpr std::uint32_t f32 = 0, q4_0 = 2, q6_k = 14;                                            // tensor types
constexpr std::uint32_t u8 = 0, i16 = 3, u32 = 4, boolean = 7, string = 8, array = 9, u64 = 10;  // kinds of values

std::filesystem::path temporary(std::string_view name) {
  return std::filesystem::path(testing::TempDir()) / (std::to_string(::getpid()) + "-" + std::string(name));
}

std::vector<std::byte> contents_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// A small file with every kind of value and tensor.
std::vector<std::byte> sample() {
  Contents contents;
  contents.metadata = {{"general.architecture", std::string("llama")},
                       {"flag", true},
                       {"count", std::uint32_t{42}},
                       {"negative", std::int32_t{-7}},
                       {"ratio", 0.25f},
                       {"words", std::vector<std::string>{"one", "", "three"}},
                       {"ids", std::vector<std::int32_t>{3, 1, 2}},
                       {"signed ids", std::vector<std::int32_t>{3, -1}},
                       {"sizes", std::vector<std::uint32_t>{7, 8}},
                       {"weights", std::vector<float>{0.5f, -0.5f}}};
  const auto add = [&contents](std::string name, TensorType type, std::vector<std::uint64_t> shape, std::size_t bytes) {
    std::vector<std::byte> data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i * 37 + bytes);
    contents.tensors.push_back({std::move(name), type, std::move(shape), std::move(data)});
  };
  add("norm", TensorType::f32, {3}, 12);
  add("half", TensorType::f16, {2, 5}, 20);
  add("brain", TensorType::bf16, {2, 2, 3}, 24);
  add("q8", TensorType::q8_0, {2, 32}, 68);
  add("q4", TensorType::q4_0, {1, 64}, 36);
  add("q41", TensorType::q4_1, {3, 32}, 60);
  const auto path = temporary("sample.gguf");
  EXPECT_TRUE(write(path, contents));
  auto bytes = contents_of(path);
  std::filesystem::remove(path);
  return bytes;
}

// Touches all that a File promises to be readable.
std::size_t read_everything(const File& file) {
  std::size_t seen = 0;
  for (const auto& [key, value] : file.metadata()) {
    EXPECT_EQ(file.find(key), &value);
    if (const auto* text = std::get_if<std::string_view>(&value))
      for (const char c : *text) seen += static_cast<unsigned char>(c);
    if (const auto* texts = std::get_if<std::vector<std::string_view>>(&value))
      for (const auto text : *texts)
        for (const char c : text) seen += static_cast<unsigned char>(c);
  }
  std::vector<float> row;
  for (const Tensor& tensor : file.tensors()) {
    EXPECT_EQ(file.tensor(tensor.name), &tensor);
    const std::size_t stride = row_bytes(tensor.type, tensor.columns());
    EXPECT_EQ(tensor.data.size(), tensor.rows() * stride);
    row.resize(tensor.columns());
    for (std::size_t r = 0; r < tensor.rows(); ++r) {
      dequantize(tensor.type, tensor.data.subspan(r * stride, stride), row);
      seen += row[0] == 0.0f;
    }
  }
  return seen;
}

testing::AssertionResult refused(const Result<File>& file, ErrorCode code, std::string_view reason) {
  if (file) return testing::AssertionFailure() << "it opened";
  const auto& [got, message] = file.error();
  if (got != code) return testing::AssertionFailure() << "another code: " << message;
  if (message.find(reason) == std::string::npos) return testing::AssertionFailure() << "another message: " << message;
  if (message.find('\n') != std::string::npos) return testing::AssertionFailure() << "more than one line: " << message;
  return testing::AssertionSuccess();
}

TEST(File, FindsWhatWasWritten) {
  const auto bytes = sample();
  const auto file = File::parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->metadata().size(), 10u);
  EXPECT_EQ(file->metadata()[2].first, "count");
  EXPECT_EQ(file->string("general.architecture").value(), "llama");
  EXPECT_EQ(std::get<bool>(*file->find("flag")), true);
  EXPECT_EQ(file->integer("count").value(), 42u);
  EXPECT_EQ(std::get<std::int64_t>(*file->find("negative")), -7);
  EXPECT_EQ(file->number("negative").value(), -7.0);
  EXPECT_EQ(file->number("count").value(), 42.0);
  EXPECT_EQ(file->number("ratio").value(), 0.25);
  const auto words = file->strings("words").value();
  EXPECT_EQ(std::vector(words.begin(), words.end()), (std::vector<std::string_view>{"one", "", "three"}));
  EXPECT_EQ(file->integers("ids").value(), (std::vector<std::uint64_t>{3, 1, 2}));
  EXPECT_EQ(file->integers("sizes").value(), (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(std::get<std::vector<double>>(*file->find("weights")), (std::vector<double>{0.5, -0.5}));

  ASSERT_EQ(file->tensors().size(), 6u);
  const Tensor* brain = file->tensor("brain");
  ASSERT_NE(brain, nullptr);
  EXPECT_EQ(brain->type, TensorType::bf16);
  EXPECT_EQ(brain->shape, (std::vector<std::uint64_t>{2, 2, 3}));
  EXPECT_EQ(brain->rows(), 4u);
  EXPECT_EQ(brain->columns(), 3u);
  EXPECT_EQ(brain->data[1], static_cast<std::byte>(37 + 24));
  EXPECT_EQ(file->tensor("norm")->rows(), 1u);
  EXPECT_EQ(file->tensor("nothing"), nullptr);
  read_everything(*file);
}

TEST(File, LookUpsNameTheKeyThatIsMissingOrOfAnotherKind) {
  const auto bytes = sample();
  const auto file = File::parse(bytes).value();
  const auto complains = [](const auto& result, std::string_view key) {
    return !result && result.error().code == ErrorCode::corrupt &&
           result.error().message.find(key) != std::string::npos;
  };
  EXPECT_TRUE(complains(file.integer("nothing"), "nothing"));
  EXPECT_TRUE(complains(file.integer("negative"), "negative"));
  EXPECT_TRUE(complains(file.integer("ratio"), "ratio"));
  EXPECT_TRUE(complains(file.number("flag"), "flag"));
  EXPECT_TRUE(complains(file.string("count"), "count"));
  EXPECT_TRUE(complains(file.strings("ids"), "ids"));
  EXPECT_TRUE(complains(file.integers("words"), "words"));
  EXPECT_TRUE(complains(file.integers("signed ids"), "signed ids"));
}

TEST(File, VersionTwoIsTheSameFormat) {
  auto bytes = Bytes().header(1, 1, 2).text("k").put(u8).put<std::uint8_t>(5).tensor("t", {2, 1}, f32, 0);
  const auto file = bytes.align().zeros(8).parse();
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->integer("k").value(), 5u);
}

TEST(File, EveryKindOfNumberIsWidened) {
  const auto bytes = Bytes()
                         .header(0, 4)
                         .text("i16")
                         .put(i16)
                         .put<std::int16_t>(-3)
                         .text("u64")
                         .put(u64)
                         .put<std::uint64_t>(1ull << 60)
                         .text("f64")
                         .put<std::uint32_t>(12)
                         .put(0.1)
                         .text("flags")
                         .put(array)
                         .put(boolean)
                         .put<std::uint64_t>(2)
                         .put<std::uint16_t>(0x0001);
  const auto file = bytes.parse();
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->number("i16").value(), -3.0);
  EXPECT_EQ(file->integer("u64").value(), 1ull << 60);
  EXPECT_EQ(file->number("f64").value(), 0.1);
  EXPECT_EQ(file->integers("flags").value(), (std::vector<std::uint64_t>{1, 0}));
}

TEST(File, WhatIsNoGgufFileIsToldByItsFirstBytes) {
  EXPECT_TRUE(refused(Bytes().parse(), ErrorCode::corrupt, "not a GGUF file (it is empty)"));
  EXPECT_TRUE(refused(Bytes().raw("<html>").parse(), ErrorCode::corrupt, "(it begins with '<htm')"));
  EXPECT_TRUE(refused(Bytes().raw("GG").parse(), ErrorCode::corrupt, "(it begins with 'GG')"));
  EXPECT_TRUE(refused(Bytes().raw("\x89P\n\x01").parse(), ErrorCode::corrupt, "'\\x89P\\x0a\\x01'"));
}

TEST(File, OtherVersionsAreUnsupported) {
  EXPECT_TRUE(refused(Bytes().header(0, 0, 1).parse(), ErrorCode::unsupported, "version 1"));
  EXPECT_TRUE(refused(Bytes().header(0, 0, 4).parse(), ErrorCode::unsupported, "version 4"));
  EXPECT_TRUE(refused(Bytes().header(0, 0, 3u << 24).parse(), ErrorCode::unsupported, "big-endian"));
}

TEST(File, CountsAndLengthsAreCapped) {
  constexpr std::uint64_t huge = ~0ull;
  EXPECT_TRUE(refused(Bytes().header(huge, 0).parse(), ErrorCode::corrupt, "tensors"));
  EXPECT_TRUE(refused(Bytes().header(0, huge).parse(), ErrorCode::corrupt, "metadata"));
  EXPECT_TRUE(refused(Bytes().header(0, 1).put(huge).zeros(64).parse(), ErrorCode::corrupt, "string"));
  EXPECT_TRUE(refused(Bytes().header(0, 1).text("k").put(string).put(huge).zeros(64).parse(), ErrorCode::corrupt,
                      "the value of 'k'"));
  EXPECT_TRUE(refused(Bytes().header(0, 1).text("k").put(string).put<std::uint64_t>(65).zeros(64).parse(),
                      ErrorCode::corrupt, "truncated"));
  for (const std::uint32_t kind : {u8, u32, string, u64})
    for (const std::uint64_t count : {huge, huge / 2, huge / 8 + 1, std::uint64_t{65}})
      EXPECT_TRUE(refused(Bytes().header(0, 1).text("k").put(array).put(kind).put(count).zeros(64).parse(),
                          ErrorCode::corrupt, "the value of 'k' claims"));
}

TEST(File, OddValuesAreRefused) {
  const auto value = [](auto... parts) {
    Bytes bytes;
    bytes.header(0, 1).text("k");
    (bytes.put(parts), ...);
    return bytes.zeros(64).parse();
  };
  EXPECT_TRUE(refused(value(std::uint32_t{13}), ErrorCode::corrupt, "unknown kind (13)"));
  EXPECT_TRUE(refused(value(array, std::uint32_t{99}, std::uint64_t{1}), ErrorCode::corrupt, "unknown kind (99)"));
  EXPECT_TRUE(refused(value(array, array, std::uint64_t{1}), ErrorCode::unsupported, "an array of arrays"));
  EXPECT_TRUE(refused(value(boolean, std::uint8_t{2}), ErrorCode::corrupt, "boolean"));
}

TEST(File, NamesMustBeUnique) {
  EXPECT_TRUE(refused(Bytes().header(0, 2).text("k").put(u8).zeros(1).text("k").put(u8).zeros(1).parse(),
                      ErrorCode::corrupt, "the key 'k' occurs twice"));
  EXPECT_TRUE(refused(Bytes().header(2, 0).tensor("t", {1}, f32, 0).tensor("t", {1}, f32, 32).align().zeros(64).parse(),
                      ErrorCode::corrupt, "tensor 't' occurs twice"));
}

TEST(File, AlignmentMustBeAPowerOfTwo) {
  const auto aligned_to = [](std::uint32_t alignment) {
    return Bytes().header(0, 1).text("general.alignment").put(u32).put(alignment).parse();
  };
  EXPECT_TRUE(aligned_to(64));
  for (const std::uint32_t wrong : {0u, 1u, 4u, 24u, 33u, 1u << 31})
    EXPECT_TRUE(refused(aligned_to(wrong), ErrorCode::corrupt, "general.alignment"));
  EXPECT_TRUE(refused(Bytes().header(0, 1).text("general.alignment").put(string).text("32").parse(), ErrorCode::corrupt,
                      "general.alignment"));
}

TEST(File, ShapesAreChecked) {
  const auto shaped = [](const std::vector<std::uint64_t>& sizes, std::uint32_t type) {
    return Bytes().header(1, 0).tensor("t", sizes, type, 0).align().zeros(64).parse();
  };
  EXPECT_TRUE(shaped({4, 1, 1, 2}, f32));
  EXPECT_TRUE(refused(shaped({}, f32), ErrorCode::corrupt, "'t' has 0 dimensions"));
  EXPECT_TRUE(refused(shaped({1, 1, 1, 1, 1}, f32), ErrorCode::corrupt, "'t' has 5 dimensions"));
  EXPECT_TRUE(refused(shaped({4, 0}, f32), ErrorCode::corrupt, "empty dimension"));
  EXPECT_TRUE(refused(shaped({48}, q4_0), ErrorCode::corrupt, "rows of 48 values cannot be q4_0"));
  EXPECT_TRUE(refused(shaped({32}, q6_k), ErrorCode::unsupported, "type 14"));
  EXPECT_TRUE(refused(shaped({1ull << 32, 1ull << 32}, f32), ErrorCode::corrupt, "larger than any file"));
  EXPECT_TRUE(refused(shaped({~0ull}, f32), ErrorCode::corrupt, "larger than any file"));
  EXPECT_TRUE(refused(shaped({1ull << 20, 1ull << 20, 1ull << 22}, f32), ErrorCode::corrupt, "larger than any file"));
}

TEST(File, TensorsLieAlignedInsideTheFileAndApart) {
  const auto placed = [](std::uint64_t offset) {
    return Bytes().header(2, 0).tensor("t", {8}, f32, 0).tensor("u", {8}, f32, offset).align().zeros(64).parse();
  };
  EXPECT_TRUE(placed(32));
  EXPECT_TRUE(refused(placed(40), ErrorCode::corrupt, "'u' begins at offset 40"));
  EXPECT_TRUE(refused(placed(0), ErrorCode::corrupt, "overlap"));
  EXPECT_TRUE(refused(placed(64), ErrorCode::corrupt, "truncated: tensor 'u' ends at byte 192, the file has 160"));
  EXPECT_TRUE(refused(placed(~0ull - 31), ErrorCode::corrupt, "truncated: tensor 'u' ends beyond any file"));
}

TEST(File, NamesInMessagesAreMadePrintable) {
  const std::string name = std::string(300, 'x') + "\n\x1b[31m";
  const auto file = Bytes().header(1, 0).tensor(name, {0}, f32, 0).parse();
  EXPECT_TRUE(refused(file, ErrorCode::corrupt, "empty dimension"));
  EXPECT_LT(file.error().message.size(), 200u);
  EXPECT_TRUE(refused(Bytes().header(1, 0).tensor("\n\x1b", {0}, f32, 0).parse(), ErrorCode::corrupt, "'\\x0a\\x1b'"));
}

TEST(File, EveryTruncationIsRefused) {
  const auto bytes = sample();
  const auto file = File::parse(bytes).value();
  const auto last = file.tensors().back().data;
  const auto end = static_cast<std::size_t>(last.data() + last.size() - bytes.data());  // the rest is padding
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    // In a buffer of its own, so that a sanitizer sees any byte read beyond the end.
    const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const auto parsed = File::parse(part);
    if (length >= end)
      EXPECT_TRUE(parsed);
    else
      EXPECT_TRUE(refused(parsed, ErrorCode::corrupt, ""));
  }
}

TEST(File, AnyDamagedByteIsRefusedOrHarmless) {
  const auto bytes = sample();
  std::size_t opened = 0, refusals = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned mask : {0x01u, 0x10u, 0x80u, 0xffu}) {
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(mask);
      const auto file = File::parse(damaged);
      if (file) {
        ++opened;
        read_everything(*file);
      } else {
        ++refusals;
        EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
      }
    }
  }
  EXPECT_GT(opened, 0u);
  EXPECT_GT(refusals, 0u);
}

TEST(Open, ErrorsNameThePath) {
  const auto path = temporary("odd.gguf");
  EXPECT_TRUE(refused(File::open(path), ErrorCode::not_found, path.string() + ": "));
  EXPECT_TRUE(refused(File::open(path / "below"), ErrorCode::not_found, path.string()));
  EXPECT_TRUE(refused(File::open(testing::TempDir()), ErrorCode::io, "is a directory"));
  std::ofstream(path) << "<!DOCTYPE html>";
  EXPECT_TRUE(
      refused(File::open(path), ErrorCode::corrupt, path.string() + ": not a GGUF file (it begins with '<!DO')"));
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_TRUE(refused(File::open(path), ErrorCode::corrupt, path.string() + ": not a GGUF file (it is empty)"));
  std::filesystem::remove(path);
}

TEST(Open, APipeDoesNotMakeUsWait) {
  const auto path = temporary("pipe.gguf");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(refused(File::open(path), ErrorCode::io, "is not a regular file"));
  std::filesystem::remove(path);
}

TEST(Open, TheMappingMovesWithTheFileAndLaterErrorsNameThePath) {
  const auto path = temporary("moved.gguf");
  std::ofstream out(path, std::ios::binary);
  const auto bytes = sample();
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  auto file = File::open(path).value();
  File other = std::move(file);
  file = std::move(other);
  std::filesystem::remove(path);  // the mapping keeps it alive
  EXPECT_EQ(file.string("general.architecture").value(), "llama");
  read_everything(file);
  EXPECT_TRUE(file.integer("nothing").error().message.starts_with(path.string() + ": "));
  EXPECT_EQ(file.fail(ErrorCode::corrupt, "odd").value().message, path.string() + ": odd");
}

}  // namespace
}  // namespace updraft::gguf
