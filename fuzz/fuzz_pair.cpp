// Any bytes as a pair's pair.json and as its tokenizer.json, and any text with one that can be read: refused in one
// line, or ids within the vocabulary come out.
#include <cstdint>
#include <string_view>

#include "pair/description.h"
#include "pair/tokenizer.h"
#include "require.h"

using namespace updraft;

namespace {

constexpr std::size_t max_tokens = 77;

void encode_all(const pair::Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text, max_tokens);
  require(ids.size() <= max_tokens);
  for (const std::int64_t id : ids) require(id >= 0 && static_cast<std::size_t>(id) < tokenizer.size());
  (void)tokenizer.is_word(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto description = pair::parse_description(bytes);
  if (!description) {
    require_one_line(description.error());
  } else {
    require(description->image.size > 0 && description->text.max_tokens > 2);
  }
  const auto tokenizer = pair::Tokenizer::parse(bytes);
  if (!tokenizer) {
    require_one_line(tokenizer.error());
    return 0;
  }
  encode_all(*tokenizer, bytes);
  encode_all(*tokenizer, "Red boats, caf\xC3\xA9 \xE6\x97\xA5 10!");
  return 0;
}
