#include "pair/description.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"
#include "pair/tiny_pair.h"

namespace updraft::pair {
namespace {

using nlohmann::json;

void expect_refused(const json& described, const std::string& why) {
  const auto description = parse_description(described.dump());
  ASSERT_FALSE(description) << why;
  EXPECT_EQ(description.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(description.error().message.find(why), std::string::npos) << description.error().message;
  EXPECT_EQ(description.error().message.find('\n'), std::string::npos);
}

TEST(PairDescription, IsRead) {
  json described = test::description();
  described["text"]["pad"] = 49407;
  described["image"]["layout"] = "nhwc";
  const auto description = parse_description(described.dump());
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_EQ(description->image.model, "image.onnx");
  EXPECT_EQ(description->image.input, "pixel_values");
  EXPECT_EQ(description->image.output, "image_embeds");
  EXPECT_EQ(description->image.size, 4);
  EXPECT_EQ(description->image.fit, Fit::stretch);
  EXPECT_EQ(description->image.filter, Filter::bilinear);
  EXPECT_EQ(description->image.layout, Layout::nhwc);
  EXPECT_EQ(description->image.mean, (std::array<float, 3>{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(description->text.tokenizer, "tokenizer.json");
  EXPECT_EQ(description->text.max_tokens, 16U);
  EXPECT_EQ(description->text.pad, 49407);
  EXPECT_EQ(description->text.ids, "input_ids");
  EXPECT_EQ(description->text.mask, "attention_mask");
  EXPECT_FALSE(description->text.kinds);
  EXPECT_EQ(description->least_cosine, 0.3);
}

TEST(PairDescription, TellsWhatIsWrong) {
  for (const auto& [place, value, why] : std::vector<std::tuple<std::string, json, std::string>>{
           {"/image/size", 0, "'image.size' is no whole number from 1 to 1024"},
           {"/image/size", "4", "'image.size'"},
           {"/image/fit", "pad", "'image.fit' is none of crop, stretch"},
           {"/image/filter", "nearest", "'image.filter' is none of bilinear, bicubic"},
           {"/image/layout", "chw", "'image.layout' is none of nchw, nhwc"},
           {"/image/mean", {0.5, 0.5}, "'image.mean' is not three numbers"},
           {"/image/mean", 0.5, "'image.mean'"},
           {"/image/std", {0.5, 0, 0.5}, "'image.std' is not three numbers"},
           {"/image/std", {0.5, "x", 0.5}, "'image.std' is not three numbers"},
           {"/image/model", "", "'image.model' is empty"},
           {"/image/model", "/etc/passwd", "'image.model' is not the name of a file in the pair's folder"},
           {"/image/model", "../x.onnx", "'image.model' is not the name of a file in the pair's folder"},
           {"/text/model", "a/../../x.onnx", "'text.model' is not the name of a file in the pair's folder"},
           {"/text/tokenizer", "..", "'text.tokenizer' is not the name of a file in the pair's folder"},
           {"/text/max_tokens", 2, "'text.max_tokens' is no whole number from 3 to 1024"},
           {"/text/pad", -1, "'text.pad'"},
           {"/text/mask", 1, "'text.mask' is no string"},
           {"/image/colour", 1, "there is no field 'image.colour'"},
           {"/text/length", 1, "there is no field 'text.length'"},
           {"/audio", json::object(), "there is no field 'audio'"},
           {"/least_cosine", 2, "'least_cosine' is no number from -1 to 1"},
           {"/image", 1, "'image' is no object"}}) {
    json described = test::description();
    described[json::json_pointer(place)] = value;
    expect_refused(described, why);
  }
  for (const std::string place : {"/image", "/text", "/image/model", "/image/size", "/image/mean", "/image/std",
                                  "/text/model", "/text/max_tokens"}) {
    json described = test::description();
    json::json_pointer pointer(place);
    const std::string name = pointer.back();
    pointer.pop_back();
    described[pointer].erase(name);
    expect_refused(described, name + "' is missing");
  }
  expect_refused(json::array(), "not a JSON object");
  EXPECT_FALSE(parse_description("{"));
  EXPECT_FALSE(parse_description(std::string(100'000, ' ')));
}

TEST(PairDescription, ErrorsOfAFileNameIt) {
  const files::test::Folder folder;
  const auto missing = read_description(folder.path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("pair.json: No such file; docs/pictures.md"), std::string::npos);
  folder.write("pair.json", "{}");
  const auto empty = read_description(folder.path());
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("pair.json: 'image' is missing"), std::string::npos) << empty.error().message;
}

TEST(PairFingerprint, IsOfAllThatPointsDependOn) {
  const files::test::Folder folder;
  const auto id = [&](const json& described = test::description()) {
    return fingerprint(folder.path(), parse_description(described.dump()).value()).value();
  };
  EXPECT_EQ(fingerprint(folder.path(), parse_description(test::description().dump()).value()).error().code,
            ErrorCode::not_found);
  for (const char* file : {"image.onnx", "text.onnx", "tokenizer.json"}) folder.write(file, std::string(500'000, 'x'));
  const std::uint64_t first = id();
  EXPECT_EQ(id(), first);

  json described = test::description();
  described["least_cosine"] = 0.1;  // of searches alone
  EXPECT_EQ(id(described), first);
  described["image"]["fit"] = "crop";
  EXPECT_NE(id(described), first);

  for (const char* file : {"image.onnx", "text.onnx", "tokenizer.json"}) {
    folder.write(file, std::string(500'001, 'x'));
    EXPECT_NE(id(), first) << file;
    folder.write(file, std::string(400'000, 'x') + std::string(100'000, 'y'));
    EXPECT_NE(id(), first) << file;
    folder.write(file, std::string(500'000, 'x'));
    EXPECT_EQ(id(), first) << file;
  }
  folder.write("text.onnx_data", "weights");
  EXPECT_NE(id(), first);
}

}  // namespace
}  // namespace updraft::pair
