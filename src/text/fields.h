// A JSON object that somebody sent, read field by field: what is wrong is told with the field's name, and what nobody
// asked for is refused.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::text {

enum class Nulls { are_wrong, are_absent };

class Fields {
 public:
  // Errors: corrupt (no JSON, or none that can be read), invalid_argument (no object).
  [[nodiscard]] static Result<Fields> parse(std::string_view body, Nulls nulls = Nulls::are_wrong);
  // Of an object within another, which is told by `path` ("words.").
  Fields(nlohmann::json object, std::string path) : object_(std::move(object)), path_(std::move(path)) {}

  // Each takes a field; nullopt: it is not there, or wrong, which finish() tells.
  std::optional<std::string> text(std::string_view name, std::size_t max_characters);         // at most so many, UTF-8
  std::optional<std::string> wanted_text(std::string_view name, std::size_t max_characters);  // not blank either
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<double> number(std::string_view name, double min, double max);
  std::optional<bool> boolean(std::string_view name);
  // One of a list.
  std::optional<std::string> choice(std::string_view name, std::span<const std::string_view> of);
  std::vector<std::string> texts(std::string_view name, std::size_t max, std::size_t max_characters);
  // Any value, for the caller to read.
  const nlohmann::json* value(std::string_view name);
  const nlohmann::json* object(std::string_view name);
  const nlohmann::json* array(std::string_view name, std::size_t max);

  void require(std::string_view name, bool is_there);
  void wrong(std::string_view name, const std::string& how);  // "'name' how"; the first one counts
  void wrong(const Error& error);
  // Takes over what is wrong with an object within.
  void take(Fields&& inner);

  // The first thing that was wrong, or a field that was not asked for. Errors: invalid_argument.
  [[nodiscard]] Result<> finish();

 private:
  nlohmann::json object_;
  std::string path_;
  Nulls nulls_ = Nulls::are_wrong;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
};

[[nodiscard]] std::size_t count_characters(std::string_view utf8);

}  // namespace updraft::text
