// For tests: a pair of encoders whose points can be told by hand. Its space is that of colours, each from -1 to 1: a
// picture stands at its mean colour, a text at the mean of its words, of which it knows a few.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "onnx/tiny_model.h"
#include "updraft/pair.h"

namespace updraft::pair::test {

// [UNK] stands near the middle: it says nothing.
struct Word {
  const char* word;
  std::vector<float> point;
};
inline const std::vector<Word> words = {
    {"[PAD]", {0, 0, 0}},        {"[UNK]", {0.01F, 0.01F, 0.01F}}, {"[CLS]", {0, 0, 0}},  {"[SEP]", {0, 0, 0}},
    {"red", {1, -1, -1}},        {"green", {-1, 1, -1}},           {"blue", {-1, -1, 1}}, {"yellow", {1, 1, -1}},
    {"crimson", {1, -1, -0.8F}}, {"sky", {-0.8F, -0.6F, 1}}};

inline nlohmann::json tokenizer() {
  nlohmann::json vocabulary = nlohmann::json::object();
  for (std::size_t id = 0; id < words.size(); ++id) vocabulary[words[id].word] = id;
  return {
      {"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor", {{"type", "BertProcessing"}, {"cls", {"[CLS]", 2}}, {"sep", {"[SEP]", 3}}}},
      {"model",
       {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"continuing_subword_prefix", "##"}, {"vocab", vocabulary}}}};
}

inline nlohmann::json description() {
  return {{"image",
           {{"model", "image.onnx"},
            {"size", 4},
            {"fit", "stretch"},
            {"filter", "bilinear"},
            {"mean", {0.5, 0.5, 0.5}},
            {"std", {0.5, 0.5, 0.5}}}},
          {"text", {{"model", "text.onnx"}, {"max_tokens", 16}, {"mask", "attention_mask"}}},
          {"least_cosine", 0.3}};
}

inline std::string image_model() {
  using onnx::test::Network;
  return Network()
      .input("pixel_values", onnx::test::floats, {-1, 3, 4, 4})
      .output("image_embeds", onnx::test::floats, {-1, 3})
      .node("ReduceMean", {"pixel_values"}, "image_embeds",
            onnx::test::both(Network::ints("axes", {2, 3}), Network::one("keepdims", 0)))
      .file();
}

// The mean of the rows of a table, where the mask is 1.
inline std::string text_model(float scale = 1) {
  using onnx::test::Network;
  std::vector<float> table;
  for (const Word& word : words) {
    for (const float x : word.point) table.push_back(scale * x);
  }
  const auto n = static_cast<std::int64_t>(words.size());
  return Network()
      .input("input_ids", onnx::test::int64s, {-1, -1})
      .input("attention_mask", onnx::test::int64s, {-1, -1})
      .output("text_embeds", onnx::test::floats, {-1, 3})
      .weights("table", {n, 3}, table)
      .node("Gather", {"table", "input_ids"}, "rows")
      .node("Cast", {"attention_mask"}, "weights", Network::one("to", onnx::test::floats))
      .node("Unsqueeze", {"weights", "last"}, "column")
      .whole_numbers("last", {2})
      .node("Mul", {"rows", "column"}, "masked")
      .node("ReduceMean", {"masked"}, "text_embeds",
            onnx::test::both(Network::ints("axes", {1}), Network::one("keepdims", 0)))
      .file();
}

// Writes it into the folder, which is made.
inline PairFiles write(const std::filesystem::path& folder, const nlohmann::json& described = description(),
                       const std::string& text = text_model()) {
  std::filesystem::create_directories(folder);
  const auto put = [&](const char* name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
  };
  put("pair.json", described.dump(2));
  put("tokenizer.json", tokenizer().dump());
  put("image.onnx", image_model());
  put("text.onnx", text);
  return {.folder = folder, .runtime = onnx::test::runtime()};
}

// A picture of one colour, as a file of BMP, which needs no other program to be read.
inline std::string picture_of(std::uint32_t rgb) {
  constexpr std::uint32_t side = 8, row = side * 3, head = 54;
  std::string file = "BM";
  const auto append = [&](std::uint32_t number, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) file += static_cast<char>(number >> 8 * i);
  };
  for (const std::uint32_t number : {head + row * side, 0U, head, 40U, side, side}) append(number, 4);
  append(1, 2);   // plane
  append(24, 2);  // bits a pixel
  for (const std::uint32_t number : {0U, row * side, 0U, 0U, 0U, 0U}) append(number, 4);
  for (std::uint32_t i = 0; i < side * side; ++i) append(rgb, 3);  // blue first
  return file;
}

}  // namespace updraft::pair::test
