#include "pair/encoders.h"

#include <gtest/gtest.h>

#include <cmath>

#include "encode/text_encoder.h"
#include "files/test_folder.h"
#include "pair/tiny_pair.h"

namespace updraft::pair {
namespace {

using nlohmann::json;
using onnx::test::both;
using onnx::test::Network;

std::vector<float> unit(std::vector<float> point, std::size_t dimension = 32) {
  double square = 0;
  for (const float x : point) square += double{x} * x;
  for (float& x : point) x /= static_cast<float>(std::sqrt(square));
  point.resize(dimension);
  return point;
}

void expect_near(std::span<const float> a, std::span<const float> b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << i;
}

class PairEncoders : public testing::Test {
 protected:
  [[nodiscard]] std::vector<float> text(const PairFiles& files, std::string_view words) const {
    const auto encoder = TextEncoder::open(files, 1);
    if (!encoder) throw std::runtime_error(encoder.error().message);
    return encoder->encode(std::span(&words, 1)).value();
  }
  [[nodiscard]] std::vector<float> picture(const PairFiles& files, const std::vector<std::uint8_t>& rgb, int width,
                                           int height) const {
    const auto encoder = ImageEncoder::open(files, 1);
    if (!encoder) throw std::runtime_error(encoder.error().message);
    return encoder->encode({rgb, width, height}).value();
  }
  void expect_refused(const json& described, const std::string& why) const {
    const PairFiles files = test::write(folder_ / "p", described);
    const auto of_text = TextEncoder::open(files, 1);
    const auto of_picture = ImageEncoder::open(files, 1);
    const Error error = of_text ? (of_picture ? Error{{}, "nothing"} : of_picture.error()) : of_text.error();
    EXPECT_NE(error.message.find(why), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  }
  files::test::Folder folder_;
};

TEST_F(PairEncoders, TextsAndPicturesAreInOneSpace) {
  const PairFiles files = test::write(folder_ / "p");
  expect_near(text(files, "a RED one"), unit({1.02F, -0.98F, -0.98F}));
  expect_near(picture(files, {255, 0, 0}, 1, 1), unit({1, -1, -1}));
  expect_near(picture(files, {255, 0, 0, 0, 0, 255}, 2, 1), unit({0, -1, 0}));
  EXPECT_GT(encode::cosine(text(files, "crimson"), picture(files, {250, 10, 10}, 1, 1)), 0.95);
  EXPECT_LT(encode::cosine(text(files, "sky"), picture(files, {250, 10, 10}, 1, 1)), 0);
  EXPECT_EQ(TextEncoder::open(files, 1)->dimension(), 32);
  EXPECT_EQ(ImageEncoder::open(files, 1)->dimension(), 32);
  EXPECT_EQ(TextEncoder::open(files, 1)->fingerprint(), ImageEncoder::open(files, 1)->fingerprint());
  EXPECT_EQ(TextEncoder::open(files, 1)->least_cosine(), 0.3);
  EXPECT_TRUE(TextEncoder::open(files, 1)->is_word("Red"));
  EXPECT_FALSE(TextEncoder::open(files, 1)->is_word("rad"));
}

TEST_F(PairEncoders, SeveralTextsAreEncodedAsEachAlone) {
  const PairFiles files = test::write(folder_ / "p");
  const std::vector<std::string_view> texts = {"red", "", "green sky \xFF", "blue"};
  const auto points = TextEncoder::open(files, 1)->encode(texts);
  // A text without a word has no direction in this pair, whose frame is at zero.
  ASSERT_FALSE(points);
  EXPECT_NE(points.error().message.find("no direction"), std::string::npos) << points.error().message;
  const auto three = TextEncoder::open(files, 1)->encode(std::vector{texts[0], texts[2], texts[3]}).value();
  ASSERT_EQ(three.size(), 96U);
  expect_near(std::span(three).subspan(32, 32), text(files, texts[2]));
}

// What fills a text up is left out by the mask, so that the point stays, and the length is always the same.
TEST_F(PairEncoders, FillsTextsUpWhereToldTo) {
  json described = test::description();
  described["text"]["pad"] = 4;  // "red", which would be seen
  const auto text_of = [&](const json& how, std::int64_t length) {
    const std::string fixed = Network()
                                  .input("input_ids", onnx::test::int64s, {1, length})
                                  .input("attention_mask", onnx::test::int64s, {1, length})
                                  .output("text_embeds", onnx::test::floats, {1, 16})
                                  .node("Mul", {"input_ids", "attention_mask"}, "kept")
                                  .node("Cast", {"kept"}, "text_embeds", Network::one("to", onnx::test::floats))
                                  .file();
    return text(test::write(folder_ / "p", how, fixed), "blue green");
  };
  expect_near(text_of(described, 16), unit({2, 6, 5, 3}));
  EXPECT_THROW((void)text_of(described, 8), std::runtime_error);  // the network wants 8, pair.json makes it 16
  expect_near(text(test::write(folder_ / "p", described), "blue green"),
              text(test::write(folder_ / "p"), "blue green"));
}

TEST_F(PairEncoders, CropsTheMiddleOrStretchesTheWhole) {
  // Red, green, green, blue, in a row of four squares, 4 pixels high.
  std::vector<std::uint8_t> row;
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 16; ++x) {
      const int colour = x < 4 ? 0 : x < 12 ? 1 : 2;
      for (int c = 0; c < 3; ++c) row.push_back(c == colour ? 255 : 0);
    }
  }
  json described = test::description();
  const auto stretched = picture(test::write(folder_ / "p", described), row, 16, 4);
  EXPECT_GT(encode::cosine(stretched, unit({-0.5F, 0, -0.5F})), 0.99);  // but for what lies at the edges
  described["image"]["fit"] = "crop";
  expect_near(picture(test::write(folder_ / "p", described), row, 16, 4), unit({-1, 1, -1}));
}

// The network gives its input's values as they are.
TEST_F(PairEncoders, GivesValuesInTheOrderAndScaleThatAreAskedFor) {
  const auto as_is = [](const onnx::test::Sizes& shape) {
    return Network()
        .input("pixel_values", onnx::test::floats, shape)
        .output("image_embeds", onnx::test::floats, {1, 12})
        .node("Flatten", {"pixel_values"}, "image_embeds", Network::one("axis", 1))
        .file();
  };
  json described = test::description();
  described["image"]["size"] = 2;
  described["image"]["mean"] = {0, 0.5, 1};
  described["image"]["std"] = {1, 0.5, 0.25};
  const std::vector<std::uint8_t> rgb = {255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 255};
  const auto values = [&](const char* layout, const onnx::test::Sizes& shape) {
    described["image"]["layout"] = layout;
    const PairFiles files = test::write(folder_ / "p", described);
    folder_.write("p/image.onnx", as_is(shape));
    return picture(files, rgb, 2, 2);
  };
  expect_near(values("nchw", {1, 3, 2, 2}), unit({1, 1, 0, 0, -1, -1, 1, 1, -4, -4, -4, 0}));
  expect_near(values("nhwc", {1, 2, 2, 3}), unit({1, -1, -4, 1, -1, -4, 0, 1, -4, 0, 1, 0}));
}

TEST_F(PairEncoders, TakesWholeNumbersOf32Bits) {
  json described = test::description();
  described["text"].erase("mask");
  const std::string narrow = Network()
                                 .input("input_ids", onnx::test::int32s, {-1, -1})
                                 .output("text_embeds", onnx::test::floats, {-1, 1, 3})
                                 .node("Cast", {"input_ids"}, "numbers", Network::one("to", onnx::test::floats))
                                 .node("ReduceSum", {"numbers", "last"}, "sum")
                                 .whole_numbers("last", {1})
                                 .node("Mul", {"sum", "row"}, "text_embeds")
                                 .weights("row", {1, 1, 3}, {3, 4, 0})
                                 .file();
  expect_near(text(test::write(folder_ / "p", described, narrow), "red"), unit({3, 4, 0}));
}

TEST_F(PairEncoders, TellsWhatDoesNotFit) {
  for (const auto& [place, value, why] : std::vector<std::tuple<std::string, json, std::string>>{
           {"/image/input", "x", "image.onnx: it has no input 'x' but pixel_values"},
           {"/image/output", "x", "image.onnx: it has no output 'x' but image_embeds"},
           {"/image/size", 8, "its input 'pixel_values' is [any, 3, 4, 4], and pair.json makes it [1, 3, 8, 8]"},
           {"/image/layout", "nhwc", "pair.json makes it [1, 4, 4, 3]"},
           {"/image/model", "text.onnx", "it has no input 'pixel_values' but input_ids, attention_mask"},
           {"/image/model", "none.onnx", "none.onnx: No such file"},
           {"/text/model", "image.onnx", "it has no input 'input_ids' but pixel_values"},
           {"/text/ids", "attention_mask", "it wants the input 'input_ids' as well"},
           {"/text/types", "token_type_ids", "it has no input 'token_type_ids'"},
           {"/text/tokenizer", "image.onnx", "image.onnx: it is not valid"},
           {"/text/tokenizer", "pair.json", "pair.json: the tokenizer has no model"}}) {
    json described = test::description();
    described[json::json_pointer(place)] = value;
    expect_refused(described, why);
  }
  json described = test::description();
  described["text"].erase("mask");
  expect_refused(described, "it wants the input 'attention_mask' as well, which pair.json does not name");
}

TEST_F(PairEncoders, RefusesWhatIsNoPoint) {
  const auto told = [&](const std::string& model) {
    const PairFiles files = test::write(folder_ / "p");
    folder_.write("p/image.onnx", model);
    const auto encoder = ImageEncoder::open(files, 1);
    return encoder ? "nothing" : encoder.error().message;
  };
  const auto network = [](const onnx::test::Sizes& shape, const char* kind, const onnx::test::Message& how) {
    return Network()
        .input("pixel_values", onnx::test::floats, {-1, 3, 4, 4})
        .output("image_embeds", onnx::test::floats, shape)
        .node(kind, {"pixel_values"}, "image_embeds", how)
        .file();
  };
  const std::string rows =
      told(network({-1, 3, 4}, "ReduceMean", both(Network::ints("axes", {3}), Network::one("keepdims", 0))));
  EXPECT_NE(rows.find("its output 'image_embeds' is [1, 3, 4], not one point"), std::string::npos) << rows;
  const std::string logs = told(network({-1, 3, 4, 4}, "Log", {}));  // of what is below 0: no numbers
  EXPECT_NE(logs.find("not one point"), std::string::npos) << logs;
  const std::string none = told(Network()
                                    .input("pixel_values", onnx::test::floats, {-1, 3, 4, 4})
                                    .output("image_embeds", onnx::test::floats, {-1, 48})
                                    .node("Log", {"pixel_values"}, "logs")
                                    .node("Flatten", {"logs"}, "image_embeds")
                                    .file());
  EXPECT_NE(none.find("what it computes is no direction in a space"), std::string::npos) << none;
}

TEST_F(PairEncoders, RefusesPixelsThatAreNone) {
  const auto encoder = ImageEncoder::open(test::write(folder_ / "p"), 1).value();
  const std::vector<std::uint8_t> rgb(12);
  EXPECT_EQ(encoder.encode({rgb, 0, 4}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(encoder.encode({rgb, 3, 2}).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(encoder.encode({rgb, 2, 2}));
}

}  // namespace
}  // namespace updraft::pair
