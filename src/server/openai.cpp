#include "server/openai.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/base64.h"
#include "text/utf8.h"

namespace updraft::server {

using nlohmann::ordered_json;

std::vector<std::string_view> model_names(bool has_encoder) {
  if (!has_encoder) return {language_model};
  return {language_model, embedding_model};
}

ordered_json model_json(std::string_view name, std::int64_t created) {
  return {{"id", name}, {"object", "model"}, {"created", created}, {"owned_by", "updraft"}};
}

ordered_json models_json(std::int64_t created, bool has_encoder) {
  ordered_json data = ordered_json::array();
  for (const std::string_view name : model_names(has_encoder)) data.push_back(model_json(name, created));
  return {{"object", "list"}, {"data", std::move(data)}};
}

Choice to_choice(std::string text, std::size_t index, const api::CompletionRequest& request,
                 const text::Tokenizer& tokenizer) {
  Choice choice{.text = std::move(text), .index = index};
  for (const std::string& stop : request.stop) choice.text.resize(std::min(choice.text.size(), choice.text.find(stop)));
  if (!request.max_tokens) return choice;
  auto tokens = tokenizer.encode(choice.text);
  if (tokens.size() <= *request.max_tokens) return choice;
  tokens.resize(*request.max_tokens);
  choice.text = tokenizer.decode(tokens);
  while (!text::is_valid_utf8(choice.text)) choice.text.pop_back();  // a token may end within a character
  choice.cut = true;
  return choice;
}

ordered_json completion_json(const std::string& id, std::int64_t created, const std::vector<Choice>& choices,
                             const Usage* usage) {
  ordered_json list = ordered_json::array();
  for (const Choice& choice : choices) {
    list.push_back({{"text", choice.text},
                    {"index", choice.index},
                    {"logprobs", nullptr},
                    {"finish_reason", choice.cut ? "length" : "stop"}});
  }
  ordered_json completion = {{"id", id},
                             {"object", "text_completion"},
                             {"created", created},
                             {"model", language_model},
                             {"choices", std::move(list)}};
  if (usage != nullptr) {
    completion["usage"] = {{"prompt_tokens", usage->prompt_tokens},
                           {"completion_tokens", usage->completion_tokens},
                           {"total_tokens", usage->prompt_tokens + usage->completion_tokens}};
  }
  return completion;
}

ordered_json embeddings_json(const std::vector<float>& points, std::size_t dimension, bool base64, int tokens) {
  ordered_json data = ordered_json::array();
  for (std::size_t i = 0; i < points.size() / dimension; ++i) {
    const float* point = points.data() + i * dimension;
    ordered_json item = {{"object", "embedding"}, {"index", i}};
    if (base64) {  // little-endian floats, as this machine has them
      item["embedding"] = text::to_base64({reinterpret_cast<const char*>(point), dimension * sizeof(float)});
    } else {
      item["embedding"] = std::vector<float>(point, point + dimension);
    }
    data.push_back(std::move(item));
  }
  return {{"object", "list"},
          {"data", std::move(data)},
          {"model", embedding_model},
          {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
}

}  // namespace updraft::server
