#include "server/keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>

#include "files/mapping.h"
#include "files/replacement.h"

namespace updraft::server {
namespace {

constexpr std::string_view prefix = "updraft_";
constexpr std::size_t key_bytes = 32;
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_key_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

template <std::size_t n>
std::string to_hex(const std::array<unsigned char, n>& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) hex.append(1, hex_digits[byte >> 4U]).append(1, hex_digits[byte & 15U]);
  return hex;
}

template <std::size_t n>
bool from_hex(std::string_view hex, std::array<unsigned char, n>& bytes) {
  if (hex.size() != 2 * n) return false;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t high = hex_digits.find(hex[2 * i]), low = hex_digits.find(hex[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes[i] = static_cast<unsigned char>(high << 4U | low);
  }
  return true;
}

}  // namespace

Keys::Hash Keys::hash_of(std::string_view key) {
  Hash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash.data());
  return hash;
}

Result<Keys> Keys::parse(std::string_view text) {
  Keys keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    Key key;
    const std::size_t space = line.find(' ');
    key.name = line.substr(0, space);
    if (space == std::string_view::npos || !is_name(key.name) || !from_hex(line.substr(space + 1), key.hash)) {
      return fail(ErrorCode::corrupt, "line " + std::to_string(number) + ": not a name and a hash");
    }
    if (keys.keys_.size() == max_keys)
      return fail(ErrorCode::corrupt, "more than " + std::to_string(max_keys) + " keys");
    keys.keys_.push_back(std::move(key));
  }
  return keys;
}

Result<Keys> Keys::load(const std::filesystem::path& path) {
  return files::parse_file(path, [](const files::Mapping& file) { return parse(file.text()); });
}

std::optional<std::string> Keys::name_of(std::string_view key) const {
  const Hash hash = hash_of(key);
  const Key* found = nullptr;
  for (const Key& one : keys_) {
    if (CRYPTO_memcmp(one.hash.data(), hash.data(), hash.size()) == 0) found = &one;
  }
  return found == nullptr ? std::nullopt : std::optional(found->name);
}

Result<std::string> Keys::add(const std::filesystem::path& path, std::string_view name) {
  if (!is_name(name)) {
    return fail(ErrorCode::invalid_argument,
                "a key's name is made of up to " + std::to_string(max_key_name) + " letters, digits, - and _");
  }
  std::string text;
  if (const auto file = files::Mapping::open(path)) {
    text = file->text();
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
  } else if (file.error().code != ErrorCode::not_found) {
    return tl::unexpected(file.error());
  }
  const auto keys = parse(text);
  if (!keys) return fail(keys.error().code, path.string() + ": " + keys.error().message);
  if (std::any_of(keys->keys_.begin(), keys->keys_.end(), [&](const Key& key) { return key.name == name; })) {
    return fail(ErrorCode::invalid_argument,
                path.string() + " has a key of this name already; take its line away first");
  }
  std::array<unsigned char, key_bytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return fail(ErrorCode::io, "the system gives no random numbers");
  }
  const std::string key = std::string(prefix) + to_hex(random);
  text.append(name).append(" ").append(to_hex(hash_of(key))).append("\n");
  if (auto done = files::replace(path, text); !done) return tl::unexpected(done.error());
  return key;
}

}  // namespace updraft::server
