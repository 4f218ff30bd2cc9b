#include <gtest/gtest.h>

#include <string>

#include "encode/small_efficient_net.h"
#include "files/test_folder.h"
#include "sight/tags.h"
#include "updraft/picture.h"

namespace updraft {
namespace {

namespace small = encode::test;

const std::string drawing =
    R"(<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#d01818"/></svg>)";

class PictureReaderTest : public testing::Test {
 protected:
  PictureReaderTest() {
    const auto net = small::as_contents(small::small_efficient_net(), 50, gguf::TensorType::q8_0).value();
    EXPECT_TRUE(gguf::write(folder_ / "encoder.gguf", small::with_hidden(net)));
  }
  void write_tags(const std::string& name, std::size_t hidden, std::size_t n_classes) const {
    std::vector<std::string> classes = small::small_class_names();
    classes.resize(n_classes, "another");
    const std::vector<std::string> heads = {"fire", "sea"};
    const auto tags =
        sight::Tags::contents(heads, std::vector<float>(2 * hidden, 0.01F), std::vector<float>{1, -1}, classes);
    EXPECT_TRUE(gguf::write(folder_ / name, tags.value()));
  }
  [[nodiscard]] Result<PictureReader> load(const std::string& tags = "") const {
    return PictureReader::load({.image_encoder = folder_ / "encoder.gguf",
                                .tags = tags.empty() ? std::filesystem::path() : folder_ / tags,
                                .threads = 1,
                                .read_text = false});
  }

  files::test::Folder folder_;
};

TEST_F(PictureReaderTest, TellsWhatIsSeen) {
  write_tags("image-tags-q8_0.gguf", small::small_hidden, small::small_classes);  // found beside the encoder
  const auto reader = load();
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  EXPECT_EQ(reader->dimension(), 24);
  const auto path = folder_.write("picture", drawing);  // whatever its name says
  const auto seen = reader->read(path);
  ASSERT_TRUE(seen.has_value()) << seen.error().message;
  EXPECT_EQ(seen->format, "SVG");
  EXPECT_GT(seen->width, seen->height);
  EXPECT_EQ(seen->aspect, "landscape");
  ASSERT_FALSE(seen->palette.empty());
  EXPECT_EQ(seen->palette[0].name, "red");
  EXPECT_LE(seen->tags.size(), max_seen_tags);
  ASSERT_FALSE(seen->tags.empty());
  for (std::size_t i = 1; i < seen->tags.size(); ++i) EXPECT_GE(seen->tags[i - 1].score, seen->tags[i].score);
  ASSERT_EQ(seen->point.size(), 24U);
  double square = 0;
  for (const float x : seen->point) square += x * x;
  EXPECT_NEAR(square, 1, 1e-5);
}

TEST_F(PictureReaderTest, WithoutTagsItSeesClasses) {
  const auto reader = load();
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  const auto seen = reader->read(std::as_bytes(std::span(drawing)));
  ASSERT_TRUE(seen.has_value());
  ASSERT_FALSE(seen->tags.empty());
  EXPECT_TRUE(seen->tags[0].name.starts_with("class "));
}

TEST_F(PictureReaderTest, RefusesTagsOfAnotherEncoder) {
  write_tags("other.gguf", 64, small::small_classes);
  EXPECT_EQ(load("other.gguf").error().code, ErrorCode::unsupported);
  write_tags("more.gguf", small::small_hidden, small::small_classes + 1);
  EXPECT_EQ(load("more.gguf").error().code, ErrorCode::unsupported);
  EXPECT_EQ(load("missing.gguf").error().code, ErrorCode::not_found);
  folder_.write("damaged.gguf", "GGUF");
  EXPECT_EQ(load("damaged.gguf").error().code, ErrorCode::corrupt);
}

TEST_F(PictureReaderTest, AHostileFileIsAnErrorOfOneLineAndTheNextOneIsRead) {
  const auto reader = load().value();
  const std::string entity = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + drawing;
  for (const std::string& hostile :
       {std::string(), std::string("\x89PNG\r\n\x1a\n"), std::string("GIF89a\xff\xff\xff\xff"), std::string("BM"),
        std::string(3000, '<'), entity, drawing.substr(0, 90), std::string("II*\0\xff\xff\xff\xff", 8)}) {
    const auto seen = reader.read(folder_.write("hostile.jpg", hostile));
    ASSERT_FALSE(seen.has_value()) << hostile;
    EXPECT_EQ(seen.error().message.find('\n'), std::string::npos);
    EXPECT_NE(seen.error().message.find("hostile.jpg"), std::string::npos) << seen.error().message;
  }
  EXPECT_EQ(reader.read(folder_ / "none.png").error().code, ErrorCode::not_found);
  EXPECT_TRUE(reader.read(std::as_bytes(std::span(drawing))).has_value());
}

}  // namespace
}  // namespace updraft
