// Any text with a good vocabulary. Whatever falls in between two pieces, the whole must come apart like its pieces.
#include <cstdint>
#include <vector>

#include "gguf/file.h"
#include "require.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "text/words.h"

using namespace updraft;

namespace {

const text::Tokenizer& tokenizer() {
  static const text::Tokenizer it = [] {
    const auto file = gguf::File::open(UPDRAFT_SOURCE_DIR "/src/text/testdata/small_vocabulary.gguf");
    return text::Tokenizer::from(file.value()).value();
  }();
  return it;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string repaired = text::repair_utf8(text);
  require(!text::is_valid_utf8(text) || repaired == text);
  require(text::count_words(text) <= (size + 1) / 2);

  const auto ids = tokenizer().encode(text);
  for (const text::TokenId id : ids) {
    require(id >= 0 && static_cast<std::size_t>(id) < tokenizer().size());
    require(!tokenizer().is_control(id));
  }

  std::vector<text::TokenId> of_pieces;
  std::size_t length = 0;
  text::PreTokenizer pieces(repaired, true);  // as the vocabulary's "smollm" asks
  for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    length += piece.size();
    const auto part = tokenizer().encode(piece);
    of_pieces.insert(of_pieces.end(), part.begin(), part.end());
  }
  require(length == repaired.size());
  require(ids == of_pieces);
  return 0;
}
