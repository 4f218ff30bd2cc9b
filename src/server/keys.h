// API keys: 256 random bits each, of which a file keeps the SHA-256, one key a line: "NAME HASH". A hash without salt
// or work is enough for what nobody can guess.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::server {

inline constexpr std::size_t max_keys = 10'000;
inline constexpr std::size_t max_key_name = 64;

class Keys {
 public:
  // Errors name the path and the line: not_found, io, corrupt.
  [[nodiscard]] static Result<Keys> load(const std::filesystem::path& path);
  // Of the file's text.
  [[nodiscard]] static Result<Keys> parse(std::string_view text);

  // The name of a key; nullopt: it is none of them. Takes the same time whichever it is.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view key) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

  // Makes a key and adds its hash to the file, which is made where there is none; the key itself is nowhere else.
  // Errors: invalid_argument (a name that is taken or that is not made of letters, digits, - and _), io, corrupt.
  [[nodiscard]] static Result<std::string> add(const std::filesystem::path& path, std::string_view name);

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Key {
    std::string name;
    Hash hash;
  };
  static Hash hash_of(std::string_view key);

  std::vector<Key> keys_;
};

}  // namespace updraft::server
