// Weights between GGUF files and the trainer.
#pragma once

#include <filesystem>

#include "gguf/file.h"
#include "learn/model.h"

namespace updraft::learn {

// Shape from the metadata of a GGUF. Errors: those of nn::ModelConfig; unsupported (output and embedding are not tied).
[[nodiscard]] Result<Shape> shape_of(const gguf::File& file);

// Dequantises every tensor into the model. Errors: corrupt (a tensor missing or of another shape).
[[nodiscard]] Result<> load_weights(const gguf::File& file, Model& model);

// Writes the model with the base's metadata, or with its tokenizer alone when the model is from scratch; the control
// tokens renamed, the output shortlist and what the training was in `about`. `type` is for the matrices of the layers;
// gguf::convert() chooses those of the others.
struct ExportOptions {
  gguf::TensorType type = gguf::TensorType::q4_0;
  std::string name;
  std::string about;
  bool from_scratch = false;
};
[[nodiscard]] Result<> export_weights(const std::filesystem::path& path, const gguf::File& base, const Model& model,
                                      const std::vector<text::TokenId>& shortlist, const ExportOptions& options);

// The control tokens take unused special tokens of the base, in order; returns their ids.
[[nodiscard]] Result<std::vector<text::TokenId>> control_token_ids(const gguf::File& base);

// Whether they carry their names already: the base is a model that updraft trained.
[[nodiscard]] bool has_control_tokens(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& controls);

// Starts each control token at the embedding of the word that it stands for: closer to its meaning than a token of
// source code.
void initialize_controls(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& controls, Model& model);

}  // namespace updraft::learn
