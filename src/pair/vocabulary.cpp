#include "pair/vocabulary.h"

#include <nlohmann/json.hpp>

namespace updraft::pair {

using nlohmann::json;

Result<Ids> read_vocabulary(const json& model) {
  const auto vocabulary = model.find("vocab");
  if (vocabulary == model.end() || !vocabulary->is_object() || vocabulary->empty()) {
    return fail(ErrorCode::corrupt, "the tokenizer has no vocabulary");
  }
  if (vocabulary->size() > max_tokens_known) return fail(ErrorCode::unsupported, "the vocabulary is too large");
  Ids ids;
  ids.reserve(vocabulary->size());
  for (const auto& [token, id] : vocabulary->items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= max_tokens_known) {
      return fail(ErrorCode::corrupt, "the vocabulary has an id that is none");
    }
    ids.emplace(token, id.get<Id>());
  }
  return ids;
}

Id find(const Ids& ids, std::string_view token) {
  const auto found = ids.find(token);
  return found == ids.end() ? -1 : found->second;
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool has_type(const json& described, std::string_view type) { return text_of(described, "type") == type; }

bool flag_of(const json& object, const char* name, bool otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

}  // namespace updraft::pair
