// OpenAI's forms of an answer, so that existing clients work.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/requests.h"
#include "text/tokenizer.h"

namespace updraft::server {

inline constexpr std::string_view language_model = "updraft-135m";
inline constexpr std::string_view embedding_model = "minilm-l6";

// Of those above, what there is.
[[nodiscard]] std::vector<std::string_view> model_names(bool has_encoder);
[[nodiscard]] nlohmann::ordered_json model_json(std::string_view name, std::int64_t created);
// {"object": "list", "data": [...]}
[[nodiscard]] nlohmann::ordered_json models_json(std::int64_t created, bool has_encoder);

struct Choice {
  std::string text;
  std::size_t index = 0;
  bool cut = false;  // by max_tokens
};

// What a suggestion is as a choice: up to the first of the stop texts, and of no more tokens than it may have.
[[nodiscard]] Choice to_choice(std::string text, std::size_t index, const api::CompletionRequest& request,
                               const text::Tokenizer& tokenizer);

struct Usage {
  int prompt_tokens = 0, completion_tokens = 0;
};

// A whole completion, or a part of one that is streamed: one choice without usage, or at the end usage without a
// choice.
[[nodiscard]] nlohmann::ordered_json completion_json(const std::string& id, std::int64_t created,
                                                     const std::vector<Choice>& choices, const Usage* usage);

// points: [texts, dimension]
[[nodiscard]] nlohmann::ordered_json embeddings_json(const std::vector<float>& points, std::size_t dimension,
                                                     bool base64, int tokens);

}  // namespace updraft::server
