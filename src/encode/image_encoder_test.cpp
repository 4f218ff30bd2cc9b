#include "encode/image_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "encode/golden.h"
#include "encode/small_efficient_net.h"
#include "encode/text_encoder.h"
#include "files/test_folder.h"

namespace updraft::encode {
namespace {

using gguf::TensorType;
using Bytes = std::vector<std::uint8_t>;

Result<ImageEncoder> loaded(const gguf::Contents& contents) {
  const auto bytes = gguf::to_bytes(contents).value();
  return ImageEncoder::load(gguf::File::parse(bytes).value(), {.threads = 2});
}
gguf::Contents small_contents() {
  const auto projection = test::small_projection();
  return test::as_contents(test::small_efficient_net(), 50, TensorType::q8_0, &projection).value();
}

// Of one colour.
Bytes flat(int width, int height) {
  Bytes bytes;
  for (int i = 0; i < width * height; ++i) bytes.insert(bytes.end(), {200, 30, 90});
  return bytes;
}

TEST(ImageEncoder, EncodesPicturesOfAnySize) {
  const auto encoder = loaded(small_contents());
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  EXPECT_EQ(encoder->side(), 50);
  EXPECT_EQ(encoder->features(), 64);
  EXPECT_EQ(encoder->dimension(), 24);
  ASSERT_EQ(encoder->classes().size(), 10U);
  EXPECT_EQ(encoder->classes()[3], "class 3");
  const auto expected = encoder->encode(Pixels{flat(50, 50), 50, 50}).value();
  EXPECT_NEAR(cosine(expected.point, expected.point), 1, 1e-6);
  EXPECT_EQ(expected.logits.size(), 10U);
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(3000, 1), std::pair(2, 777), std::pair(640, 480)}) {
    const auto bytes = flat(width, height);
    const auto encoded = encoder->encode(Pixels{bytes, width, height});
    ASSERT_TRUE(encoded.has_value()) << encoded.error().message;
    EXPECT_GT(cosine(encoded->point, expected.point), 0.9999) << width << " x " << height;
  }
}

TEST(ImageEncoder, PicturesThatDifferHavePointsThatDiffer) {
  const auto encoder = loaded(small_contents()).value();
  Bytes half = flat(60, 60);
  std::fill(half.begin(), half.begin() + static_cast<std::ptrdiff_t>(half.size() / 2), std::uint8_t{10});
  const auto a = encoder.encode(Pixels{flat(60, 60), 60, 60}).value(), b = encoder.encode(Pixels{half, 60, 60}).value();
  EXPECT_LT(cosine(a.point, b.point), 0.999);
}

TEST(ImageEncoder, RefusesPicturesWhoseBytesDoNotFitTheirSize) {
  const auto encoder = loaded(small_contents()).value();
  const Bytes bytes = flat(4, 6);
  constexpr int most = std::numeric_limits<int>::max();
  for (const auto& [width, height] : {std::pair(4, 5), std::pair(4, 7), std::pair(0, 6), std::pair(4, 0),
                                      std::pair(-4, -6), std::pair(most, most), std::pair(24, most)}) {
    EXPECT_EQ(encoder.encode(Pixels{bytes, width, height}).error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(encoder.encode(Pixels{}).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(encoder.encode(Pixels{bytes, 4, 6}).has_value());
  EXPECT_EQ(encoder.encode(std::span<const float>()).error().code, ErrorCode::invalid_argument);
}

TEST(ImageEncoder, WithoutAProjectionThereIsNoPoint) {
  const auto encoder = loaded(test::as_contents(test::small_efficient_net(), 50, TensorType::f32).value()).value();
  EXPECT_EQ(encoder.dimension(), 0);
  const auto encoded = encoder.encode(Pixels{flat(9, 9), 9, 9}).value();
  EXPECT_TRUE(encoded.point.empty());
  EXPECT_EQ(encoded.features.size(), 64U);
}

TEST(ImageEncoder, WeightsThatGiveNoNumbersAreAnError) {
  for (const char* name : {"classifier.bias", "projection.bias"}) {
    auto contents = small_contents();
    for (auto& tensor : contents.tensors) {
      const float value = std::numeric_limits<float>::quiet_NaN();
      if (tensor.name == name) std::memcpy(tensor.data.data(), &value, sizeof value);
    }
    const auto encoder = loaded(contents);
    ASSERT_TRUE(encoder.has_value());
    EXPECT_EQ(encoder->encode(Pixels{flat(9, 9), 9, 9}).error().code, ErrorCode::corrupt) << name;
  }
}

TEST(ImageEncoder, RefusesNamesOfClassesThatWouldSpoilATerminal) {
  auto contents = small_contents();
  for (auto& [key, value] : contents.metadata) {
    if (key == "efficientnet-lite.classes") std::get<std::vector<std::string>>(value)[2] = "a\x1b[2J";
  }
  EXPECT_EQ(loaded(contents).error().code, ErrorCode::corrupt);
}

TEST(ImageEncoder, RefusesAnyTruncatedFileByName) {
  const files::test::Folder folder;
  const auto whole = gguf::to_bytes(small_contents()).value();
  const std::string bytes(reinterpret_cast<const char*>(whole.data()), whole.size());
  for (std::size_t n = 0; n < bytes.size(); n += 1999) {
    const auto path = folder.write("cut.gguf", bytes.substr(0, n));
    const auto encoder = ImageEncoder::load(path);
    ASSERT_FALSE(encoder.has_value()) << n;
    EXPECT_TRUE(encoder.error().message.starts_with(path.string())) << encoder.error().message;
  }
  EXPECT_EQ(ImageEncoder::load(folder / "missing.gguf").error().code, ErrorCode::not_found);
}

// The fuzz target begins with it.
TEST(ImageEncoder, ReadsTheSmallFileOfTheTestdata) {
  const auto encoder = ImageEncoder::load(test::testdata + "small_image_encoder.gguf");
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  EXPECT_EQ(encoder->dimension(), 3);
  EXPECT_NEAR(
      cosine(encoder->encode(Pixels{flat(9, 9), 9, 9})->point, encoder->encode(Pixels{flat(2, 2), 2, 2})->point), 1,
      1e-3);
}

TEST(ImageEncoder, TheLikeliestClassesComeFirst) {
  const std::vector<float> logits = {1.0F, 3.0F, -50.0F, 3.0F, 2.0F};
  const auto seen = ImageEncoder::likeliest(logits, 3);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].index, 1U);
  EXPECT_EQ(seen[1].index, 3U);
  EXPECT_EQ(seen[2].index, 4U);
  const double sum = std::exp(1 - 3) + 1 + 1 + std::exp(2 - 3);
  EXPECT_NEAR(seen[0].probability, 1 / sum, 1e-9);
  EXPECT_NEAR(seen[2].probability, std::exp(-1) / sum, 1e-9);
  EXPECT_EQ(ImageEncoder::likeliest(logits, 99).size(), 5U);
  EXPECT_TRUE(ImageEncoder::likeliest({}, 3).empty());
}

// ---- The real weights, where they are: UPDRAFT_EFFICIENTNET_FLOAT, or what tools/fetch efficientnet fetched. ----

// What PyTorch's implementation (efficientnet-lite-pytorch 0.1.0, in double precision) made of three pictures that
// can be drawn.
struct Golden {
  Bytes picture;  // [224, 224, 3]
  std::vector<float> features;
  std::vector<ImageEncoder::Seen> best;  // five classes, their logits in the place of probabilities
};

Bytes drawn(const std::string& name) {
  Bytes bytes;
  const auto append = [&](int red, int green, int blue) {
    for (const int colour : {red, green, blue}) bytes.push_back(static_cast<std::uint8_t>(colour));
  };
  for (int y = 0; y < 224; ++y) {
    for (int x = 0; x < 224; ++x) {
      if (name == "gradient") {
        append(x, y, x * y % 256);
      } else if (name == "checks") {
        const auto check = [&](int c) { return (x / (8 * (c + 1)) + y / (12 * (c + 1))) % 2 * (200 - 40 * c) + 20; };
        append(check(0), check(1), check(2));
      } else if ((x - 112) * (x - 112) + (y - 100) * (y - 100) < 60 * 60) {
        append(220, 60, 40);
      } else if (y > 180) {
        append(40, 120, 50);
      } else {
        append(150, 190, 235);
      }
    }
  }
  return bytes;
}

std::vector<Golden> read_golden() {
  std::vector<Golden> all;
  std::ifstream in(test::testdata + "efficientnet_lite0.txt");
  std::string name, features, best;
  while (std::getline(in, name) && std::getline(in, features) && std::getline(in, best)) {
    Golden golden{drawn(name), {}, {}};
    std::istringstream values(features), classes(best);
    for (float x = 0; values >> x;) golden.features.push_back(x);
    for (ImageEncoder::Seen seen; classes >> seen.index >> seen.probability;) golden.best.push_back(seen);
    all.push_back(std::move(golden));
  }
  return all;
}

double cosine_of_any_length(std::span<const float> a, std::span<const float> b) {
  return cosine(a, b) / std::sqrt(cosine(a, a) * cosine(b, b));
}

TEST(EfficientNetLite0, AgreesWithPyTorchsImplementation) {
  const char* set = std::getenv("UPDRAFT_EFFICIENTNET_FLOAT");
  const std::filesystem::path folder = set != nullptr ? set : UPDRAFT_SOURCE_DIR "/.cache/efficientnet";
  if (set == nullptr && !std::filesystem::exists(folder / "model.safetensors")) {
    GTEST_SKIP() << "the weights of EfficientNet-Lite0 are not here; tools/fetch efficientnet fetches them";
  }
  const auto golden = read_golden();
  ASSERT_EQ(golden.size(), 3U);
  for (const TensorType type : {TensorType::f32, TensorType::q8_0}) {
    const auto encoder = loaded(convert_image_encoder(folder, type).value());
    ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
    for (const Golden& expected : golden) {
      const auto encoded = encoder->encode(Pixels{expected.picture, 224, 224}).value();
      ASSERT_EQ(encoded.features.size(), expected.features.size());
      const double least = type == TensorType::f32 ? 0.99999 : 0.9995;
      EXPECT_GT(cosine_of_any_length(encoded.features, expected.features), least);
      for (const auto& seen : expected.best) {
        EXPECT_NEAR(encoded.logits[seen.index], seen.probability, type == TensorType::f32 ? 2e-3 : 0.3);
      }
      EXPECT_EQ(ImageEncoder::likeliest(encoded.logits, 1)[0].index, expected.best[0].index);
    }
  }
}

}  // namespace
}  // namespace updraft::encode
