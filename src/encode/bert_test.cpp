#include "encode/bert.h"

#include <gtest/gtest.h>

#include <cmath>

#include "encode/small_bert.h"

namespace updraft::encode {
namespace {

using gguf::TensorType;
using Row = std::vector<double>;
using Rows = std::vector<Row>;
constexpr int vocab_size = 50;

// The forward pass, plain and slow, in double precision.
class Reference {
 public:
  explicit Reference(const test::Model& model) : model_(model) {}

  [[nodiscard]] Row point(const std::vector<TokenId>& text) const {
    Rows x;
    for (std::size_t t = 0; t < text.size(); ++t) {
      Row row;
      for (std::size_t i = 0; i < test::small_d; ++i) {
        row.push_back(at("embeddings.word_embeddings.weight", static_cast<std::size_t>(text[t]), i) +
                      at("embeddings.position_embeddings.weight", t, i) +
                      at("embeddings.token_type_embeddings.weight", 0, i));
      }
      x.push_back(normalized(row, "embeddings.LayerNorm"));
    }
    for (int i = 0; i < test::small_layers; ++i) layer(x, "encoder.layer." + std::to_string(i) + ".");
    Row sum(test::small_d);
    for (const Row& row : x) add(sum, row);
    double square = 0;
    for (const double v : sum) square += v * v;
    for (double& v : sum) v /= std::sqrt(square);
    return sum;
  }

 private:
  [[nodiscard]] double at(const std::string& name, std::size_t row, std::size_t column) const {
    const test::Values& values = model_.at(name);
    return values.data[row * values.shape.back() + column];
  }
  static void add(Row& to, const Row& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
  }
  [[nodiscard]] Row linear(const Row& x, const std::string& name) const {
    const std::vector<float>&weight = model_.at(name + ".weight").data, &bias = model_.at(name + ".bias").data;
    Row out(bias.begin(), bias.end());
    for (std::size_t r = 0; r < out.size(); ++r) {
      for (std::size_t i = 0; i < x.size(); ++i) out[r] += weight[r * x.size() + i] * x[i];
    }
    return out;
  }
  [[nodiscard]] Row normalized(const Row& x, const std::string& name) const {
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    Row out;
    for (std::size_t i = 0; i < x.size(); ++i) {
      out.push_back((x[i] - mean) / std::sqrt(variance + 1e-12) * at(name + ".weight", 0, i) +
                    at(name + ".bias", 0, i));
    }
    return out;
  }
  void layer(Rows& x, const std::string& prefix) const {
    Rows q, k, v;
    for (const Row& row : x) {
      q.push_back(linear(row, prefix + "attention.self.query"));
      k.push_back(linear(row, prefix + "attention.self.key"));
      v.push_back(linear(row, prefix + "attention.self.value"));
    }
    constexpr std::size_t hd = BertShape::head_dim;
    for (std::size_t t = 0; t < x.size(); ++t) {
      Row attended(test::small_d);
      for (std::size_t first = 0; first < test::small_d; first += hd) {
        Row weights;
        double sum = 0;
        for (std::size_t s = 0; s < x.size(); ++s) {
          double score = 0;
          for (std::size_t i = first; i < first + hd; ++i) score += q[t][i] * k[s][i];
          weights.push_back(std::exp(score / std::sqrt(double{hd})));
          sum += weights.back();
        }
        for (std::size_t s = 0; s < x.size(); ++s) {
          for (std::size_t i = first; i < first + hd; ++i) attended[i] += weights[s] / sum * v[s][i];
        }
      }
      add(x[t], linear(attended, prefix + "attention.output.dense"));
      x[t] = normalized(x[t], prefix + "attention.output.LayerNorm");
      Row hidden = linear(x[t], prefix + "intermediate.dense");
      for (double& h : hidden) h *= 0.5 * (1 + std::erf(h / std::sqrt(2.0)));
      add(x[t], linear(hidden, prefix + "output.dense"));
      x[t] = normalized(x[t], prefix + "output.LayerNorm");
    }
  }

  const test::Model& model_;
};

std::vector<std::vector<TokenId>> some_texts() {
  std::mt19937 random(3);
  std::vector<std::vector<TokenId>> texts;
  for (const int length : {1, 2, 15, 16, 17, 33, test::small_positions}) {
    auto& text = texts.emplace_back();
    for (int i = 0; i < length; ++i) text.push_back(static_cast<TokenId>(random() % vocab_size));
  }
  return texts;
}

struct Loaded {
  explicit Loaded(const test::Model& model, TensorType type, int threads, const kernels::Kernels& kernels)
      : bytes(test::as_gguf(model, vocab_size, type).value()),
        file(gguf::File::parse(bytes).value()),
        pool(threads),
        weights(BertWeights::load(file, kernels, pool).value()),
        bert(weights, pool, 256) {}

  std::vector<float> points(std::span<const std::vector<TokenId>> texts) {
    std::vector<float> out(texts.size() * test::small_d);
    bert.forward(texts, out);
    return out;
  }

  std::vector<std::byte> bytes;
  gguf::File file;
  kernels::ThreadPool pool;
  BertWeights weights;
  Bert bert;
};

TEST(Bert, ReadsItsShapeFromTheTensors) {
  const Loaded loaded(test::small_bert(vocab_size), TensorType::f32, 1, kernels::best_kernels());
  const BertShape& shape = loaded.weights.shape;
  EXPECT_EQ(shape.n_layers, test::small_layers);
  EXPECT_EQ(shape.d_model, test::small_d);
  EXPECT_EQ(shape.n_heads(), 2);
  EXPECT_EQ(shape.d_ffn, test::small_ffn);
  EXPECT_EQ(shape.vocab_size, vocab_size);
  EXPECT_EQ(shape.positions, test::small_positions);
}

TEST(Bert, AgreesWithThePlainPassOnEveryInstructionSet) {
  const test::Model model = test::small_bert(vocab_size);
  const auto texts = some_texts();
  const Reference reference(model);
  Rows expected;
  for (const auto& text : texts) expected.push_back(reference.point(text));
  for (const kernels::Kernels* kernels : kernels::all_kernels()) {
    if (!kernels->supported_by_runtime_system()) continue;
    for (const auto& [type, least] :
         {std::pair{TensorType::f32, 0.999999}, {TensorType::f16, 0.99999}, {TensorType::q8_0, 0.999}}) {
      Loaded loaded(model, type, 2, *kernels);
      const auto points = loaded.points(texts);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        double cosine = 0, square = 0;
        for (std::size_t j = 0; j < expected[i].size(); ++j) {
          const double x = points[i * test::small_d + j];
          cosine += x * expected[i][j];
          square += x * x;
        }
        EXPECT_GT(cosine, least) << kernels->name << ' ' << gguf::traits(type).name << " text " << i;
        EXPECT_NEAR(square, 1, 1e-5);
      }
    }
  }
}

TEST(Bert, ATextsPointDependsNeitherOnTheOthersNorOnTheThreads) {
  const test::Model model = test::small_bert(vocab_size);
  const auto texts = some_texts();
  for (const TensorType type : {TensorType::f32, TensorType::q8_0}) {
    Loaded one(model, type, 1, kernels::best_kernels()), three(model, type, 3, kernels::best_kernels());
    const auto together = one.points(texts);
    EXPECT_EQ(three.points(texts), together);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto alone = one.points(std::span(texts).subspan(i, 1));
      EXPECT_TRUE(
          std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(i * test::small_d)));
    }
  }
}

// Contents of a whole file, to be damaged.
gguf::Contents whole() {
  const std::string bytes = test::as_safetensors(test::small_bert(vocab_size));
  const auto tensors = SafeTensors::parse(std::as_bytes(std::span(bytes)));
  const auto vocabulary = WordPiece::parse(test::small_vocabulary(vocab_size));
  return convert(tensors.value(), vocabulary.value(), TensorType::q8_0).value();
}

Error load_error(const gguf::Contents& contents) {
  const auto bytes = gguf::to_bytes(contents).value();
  const auto file = gguf::File::parse(bytes);
  kernels::ThreadPool pool(1);
  const auto weights = BertWeights::load(file.value(), kernels::best_kernels(), pool);
  return weights ? Error{ErrorCode::invalid_argument, "no error"} : weights.error();
}

gguf::WriteValue& value(gguf::Contents& contents, std::string_view key) {
  for (auto& [name, found] : contents.metadata) {
    if (name == key) return found;
  }
  throw std::out_of_range(std::string(key));
}

TEST(Bert, NamesTheTensorThatIsMissingOrOfAnotherShape) {
  const std::size_t n = whole().tensors.size();
  for (std::size_t i = 0; i < n; ++i) {
    gguf::Contents contents = whole();
    const std::string name = contents.tensors[i].name;
    contents.tensors.erase(contents.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(load_error(contents).code, ErrorCode::corrupt);
    EXPECT_NE(load_error(contents).message.find(name), std::string::npos) << load_error(contents).message;
    contents = whole();
    contents.tensors[i].shape.insert(contents.tensors[i].shape.begin(), 1);
    EXPECT_EQ(load_error(contents).code, ErrorCode::corrupt);
    EXPECT_NE(load_error(contents).message.find(name), std::string::npos) << load_error(contents).message;
  }
}

TEST(Bert, NamesTheNumberThatIsMissingOrOutOfItsRange) {
  for (const std::string key : {"block_count", "embedding_length", "feed_forward_length", "context_length",
                                "attention.head_count", "attention.layer_norm_epsilon"}) {
    for (const gguf::WriteValue& wrong :
         {gguf::WriteValue(0xffffffffU), gguf::WriteValue(std::int32_t{-1}), gguf::WriteValue(std::string("many"))}) {
      gguf::Contents contents = whole();
      value(contents, "bert." + key) = wrong;
      EXPECT_EQ(load_error(contents).code, ErrorCode::corrupt) << key;
      EXPECT_NE(load_error(contents).message.find(key), std::string::npos) << load_error(contents).message;
    }
    gguf::Contents contents = whole();
    std::erase_if(contents.metadata, [&](const auto& entry) { return entry.first == "bert." + key; });
    EXPECT_EQ(load_error(contents).code, ErrorCode::corrupt) << key;
  }
}

TEST(Bert, RefusesWhatItCannotCompute) {
  const auto error_with = [](std::string_view key, const gguf::WriteValue& changed) {
    gguf::Contents contents = whole();
    value(contents, key) = changed;
    return load_error(contents).code;
  };
  EXPECT_EQ(error_with("general.architecture", "llama"), ErrorCode::unsupported);
  EXPECT_EQ(error_with("bert.attention.head_count", 1U), ErrorCode::unsupported);
  EXPECT_EQ(error_with("bert.attention.causal", true), ErrorCode::unsupported);
  EXPECT_EQ(error_with("bert.pooling_type", 2U), ErrorCode::unsupported);
  gguf::Contents contents = whole();
  for (gguf::WriteTensor& tensor : contents.tensors) {
    if (tensor.name != "blk.0.attn_k.weight") continue;
    tensor.type = TensorType::f32;
    tensor.data.resize(std::size_t{4} * test::small_d * test::small_d);
  }
  EXPECT_EQ(load_error(contents).code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace updraft::encode
