#include "encode/convert.h"

#include <gtest/gtest.h>

#include "encode/small_bert.h"
#include "files/test_folder.h"

namespace updraft::encode {
namespace {

using gguf::TensorType;
constexpr int vocab_size = 6;

class Convert : public testing::Test {
 protected:
  Result<gguf::Contents> converted(const test::Model& model, TensorType type = TensorType::f32) const {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\n##s\n##\n");
    folder_.write("model.safetensors", test::as_safetensors(model));
    return convert(folder_.path(), type);
  }
  files::test::Folder folder_;
};

TEST_F(Convert, KeepsEveryTensorUnderTheNameThatGgufHasForIt) {
  const test::Model model = test::small_bert(vocab_size);
  const auto contents = converted(model);
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->tensors.size(), model.size());
  const auto data_of = [&](std::string_view name) -> std::vector<std::byte> {
    for (const gguf::WriteTensor& tensor : contents->tensors) {
      if (tensor.name == name) return tensor.data;
    }
    return {};
  };
  for (const auto& [ours, theirs] : {std::pair{"token_embd.weight", "embeddings.word_embeddings.weight"},
                                     {"token_types.weight", "embeddings.token_type_embeddings.weight"},
                                     {"blk.1.attn_k.bias", "encoder.layer.1.attention.self.key.bias"},
                                     {"blk.0.ffn_up.weight", "encoder.layer.0.intermediate.dense.weight"},
                                     {"blk.1.layer_output_norm.weight", "encoder.layer.1.output.LayerNorm.weight"}}) {
    const auto bytes = std::as_bytes(std::span(model.at(theirs).data));
    EXPECT_EQ(data_of(ours), std::vector(bytes.begin(), bytes.end())) << ours;
  }
}

TEST_F(Convert, QuantisesMatricesOnly) {
  const auto contents = converted(test::small_bert(vocab_size), TensorType::q8_0);
  ASSERT_TRUE(contents) << contents.error().message;
  for (const gguf::WriteTensor& tensor : contents->tensors) {
    const bool is_matrix = tensor.shape.size() == 2 && tensor.name != "token_types.weight";
    EXPECT_EQ(tensor.type, is_matrix ? TensorType::q8_0 : TensorType::f32) << tensor.name;
  }
}

TEST_F(Convert, TheVocabularyComesBackAsItWas) {
  const auto contents = converted(test::small_bert(vocab_size));
  ASSERT_TRUE(contents) << contents.error().message;
  const auto bytes = gguf::to_bytes(*contents).value();
  const auto file = gguf::File::parse(bytes).value();
  const auto tokens = file.strings("tokenizer.ggml.tokens").value();
  EXPECT_EQ(std::vector<std::string_view>(tokens.begin(), tokens.end()),
            (std::vector<std::string_view>{"[UNK]", "[CLS]", "[SEP]", "\u2581sale", "s", "\u2581##"}));
  const auto vocabulary = WordPiece::from(file).value();
  ASSERT_EQ(vocabulary.size(), std::size_t{vocab_size});
  for (const auto& [id, token] : {std::pair{1, "[CLS]"}, {3, "sale"}, {4, "##s"}, {5, "##"}}) {
    EXPECT_EQ(vocabulary.token(id), token);
  }
  EXPECT_EQ(vocabulary.encode("Sales", 8), (std::vector<TokenId>{1, 3, 4, 2}));
}

TEST_F(Convert, NamesTheTensorThatIsMissing) {
  const test::Model whole = test::small_bert(vocab_size);
  for (const auto& [name, values] : whole) {
    test::Model model = whole;
    model.erase(name);
    // Without its last matrix a layer is not there at all.
    if (name == "encoder.layer.1.output.dense.weight") continue;
    const auto contents = converted(model);
    ASSERT_FALSE(contents) << name;
    EXPECT_EQ(contents.error().code, ErrorCode::corrupt) << name;
    EXPECT_NE(contents.error().message.find("model.safetensors"), std::string::npos) << contents.error().message;
  }
}

TEST_F(Convert, RefusesRowsThatDoNotDivideIntoBlocks) {
  test::Model model = test::small_bert(vocab_size);
  model["embeddings.word_embeddings.weight"].shape = {vocab_size * 4, test::small_d / 4};
  EXPECT_EQ(converted(model, TensorType::q8_0).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace updraft::encode
