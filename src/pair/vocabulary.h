// Words to ids, as the three kinds of tokenizers look them up.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "updraft/result.h"

namespace updraft::pair {

using Id = std::int64_t;

inline constexpr std::size_t max_tokens_known = std::size_t{1} << 20;

struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Ids = std::unordered_map<std::string, Id, TextHash, std::equal_to<>>;

// "vocab" as an object of ids. Errors: corrupt.
[[nodiscard]] Result<Ids> read_vocabulary(const nlohmann::json& model);

// -1: it is not there.
[[nodiscard]] Id find(const Ids& ids, std::string_view token);

// Of an object; what it has not, or has as something else, is empty, or `otherwise`.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);
// Whether its "type" is this one; false of what is no object.
[[nodiscard]] bool has_type(const nlohmann::json& described, std::string_view type);
[[nodiscard]] bool flag_of(const nlohmann::json& object, const char* name, bool otherwise);

}  // namespace updraft::pair
