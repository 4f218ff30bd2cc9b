#include "pair/tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "encode/word_piece.h"
#include "files/mapping.h"
#include "pair/bpe.h"
#include "pair/normalizer.h"
#include "pair/unigram.h"
#include "text/json_object.h"

namespace updraft::pair {
namespace {

using nlohmann::json;

constexpr std::size_t max_tokenizer_bytes = std::size_t{64} << 20;
constexpr std::size_t max_frame = 2;  // tokens around a text

// BERT's, whose normalizer is part of it.
struct Words {
  encode::WordPiece pieces;
  Id unknown = -1;

  [[nodiscard]] std::vector<Id> encode(std::string_view text, std::size_t enough) const {
    const auto framed = pieces.encode(text, enough + 2);  // [CLS] text [SEP]
    return {framed.begin() + 1, framed.end() - 1};
  }
  [[nodiscard]] std::size_t size() const { return pieces.size(); }
};

const json& part(const json& object, const char* name) {
  static const json nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

Result<Words> read_word_piece(const json& object) {
  const json &model = part(object, "model"), &normalizer = part(object, "normalizer"),
             &pre_tokenizer = part(object, "pre_tokenizer");
  const bool is_berts = has_type(normalizer, "BertNormalizer") && flag_of(normalizer, "lowercase", true) &&
                        flag_of(normalizer, "clean_text", true) && flag_of(normalizer, "handle_chinese_chars", true) &&
                        flag_of(normalizer, "strip_accents", true) && has_type(pre_tokenizer, "BertPreTokenizer") &&
                        text_of(model, "continuing_subword_prefix") == "##" && text_of(model, "unk_token") == "[UNK]";
  if (!is_berts)
    return fail(ErrorCode::unsupported, "a WordPiece tokenizer that is not BERT's, in lower case, is not known here");
  const auto ids = read_vocabulary(model);
  if (!ids) return tl::unexpected(ids.error());
  std::vector<std::string> tokens(ids->size());
  for (const auto& [token, id] : *ids) {
    if (static_cast<std::size_t>(id) >= tokens.size() || !tokens[static_cast<std::size_t>(id)].empty() ||
        token.empty() || token.find('\n') != std::string::npos) {
      return fail(ErrorCode::corrupt, "the vocabulary's ids are not those from 0 to their number");
    }
    tokens[static_cast<std::size_t>(id)] = token;
  }
  std::string lines;
  for (const std::string& token : tokens) lines.append(token).append("\n");
  auto pieces = encode::WordPiece::parse(lines);
  if (!pieces) return tl::unexpected(pieces.error());
  return Words{*std::move(pieces), find(*ids, "[UNK]")};
}

// What stands before and behind a text.
struct Frame {
  std::vector<Id> before, behind;

  [[nodiscard]] std::size_t size() const { return before.size() + behind.size(); }
};

tl::unexpected<Error> no_frame() { return fail(ErrorCode::corrupt, "the tokenizer's post_processor cannot be read"); }

// ["<|endoftext|>", 49407]
Result<Id> id_of(const json& named) {
  if (!named.is_array() || named.size() != 2 || !named[1].is_number_unsigned() ||
      named[1].get<std::uint64_t>() >= max_tokens_known) {
    return no_frame();
  }
  return named[1].get<Id>();
}

// "single" of a template: special tokens and, once, the text.
Result<Frame> read_template(const json& processor) {
  const json &single = part(processor, "single"), &specials = part(processor, "special_tokens");
  if (!single.is_array() || !specials.is_object()) return no_frame();
  Frame frame;
  bool is_behind = false;
  for (const json& piece : single) {
    if (!piece.is_object()) return no_frame();
    if (piece.contains("Sequence")) {
      if (std::exchange(is_behind, true)) return no_frame();
      continue;
    }
    const json& named = part(piece, "SpecialToken");
    if (!named.is_object()) return no_frame();
    const json& special = part(specials, text_of(named, "id").c_str());
    if (!special.is_object() || !part(special, "ids").is_array()) return no_frame();
    for (const json& id : part(special, "ids")) {
      if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= max_tokens_known) return no_frame();
      (is_behind ? frame.behind : frame.before).push_back(id.get<Id>());
    }
  }
  if (!is_behind) return no_frame();
  return frame;
}

Result<Frame> read_frame(const json& processor, int depth = 0) {
  if (processor.is_null()) return Frame();
  if (!processor.is_object()) return no_frame();
  const std::string type = text_of(processor, "type");
  if (type == "ByteLevel") return Frame();
  if (type == "TemplateProcessing") return read_template(processor);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    const auto cls = id_of(part(processor, "cls")), sep = id_of(part(processor, "sep"));
    if (!cls || !sep) return no_frame();
    return Frame{{*cls}, {*sep}};
  }
  if (type != "Sequence" || depth > 0 || !part(processor, "processors").is_array()) {
    return fail(ErrorCode::unsupported, "a post_processor of the kind '" + type + "' is not known here");
  }
  Frame frame;
  for (const json& one : part(processor, "processors")) {
    auto inner = read_frame(one, depth + 1);
    if (!inner) return inner;
    if (inner->size() > 0 && frame.size() > 0) return no_frame();
    if (inner->size() > 0) frame = *std::move(inner);
  }
  return frame;
}

}  // namespace

struct Tokenizer::State {
  Normalizer normalizer;
  std::variant<Bpe, Words, Unigram> model;
  Frame frame;
  Id unknown = -1;
  std::size_t size = 0;

  [[nodiscard]] std::vector<Id> plain(std::string_view text, std::size_t enough) const {
    const std::string normalized = normalizer(std::string(text));
    auto ids = std::visit([&](const auto& kind) { return kind.encode(normalized, enough); }, model);
    ids.resize(std::min(ids.size(), enough));
    return ids;
  }
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

namespace {

Result<std::variant<Bpe, Words, Unigram>> read_model(const json& object) {
  using Model = std::variant<Bpe, Words, Unigram>;
  const json &model = part(object, "model"), &pre_tokenizer = part(object, "pre_tokenizer");
  if (!model.is_object()) return fail(ErrorCode::corrupt, "the tokenizer has no model");
  const std::string type = text_of(model, "type");
  const auto as_model = [](auto&& read) -> Result<Model> {
    if (!read) return tl::unexpected(read.error());
    return Model(*std::forward<decltype(read)>(read));
  };
  if (type == "BPE") return as_model(Bpe::from(model, pre_tokenizer));
  if (type == "WordPiece") return as_model(read_word_piece(object));
  if (type != "Unigram")
    return fail(ErrorCode::unsupported, "a tokenizer of the kind '" + type + "' is not known here");
  auto unigram = Unigram::from(model, pre_tokenizer);
  if (unigram && part(object, "added_tokens").is_array()) {
    for (const json& added : part(object, "added_tokens")) {
      if (added.is_object() && flag_of(added, "special", false)) unigram->forget(text_of(added, "content"));
    }
  }
  return as_model(std::move(unigram));
}

}  // namespace

Result<Tokenizer> Tokenizer::parse(std::string_view text) {
  if (text.size() > max_tokenizer_bytes) return fail(ErrorCode::unsupported, "the tokenizer is too large");
  const auto object = text::parse_object(text);
  if (!object) return fail(ErrorCode::corrupt, object.error().message);
  auto model = read_model(*object);
  if (!model) return tl::unexpected(model.error());
  auto frame = read_frame(part(*object, "post_processor"));
  if (!frame) return tl::unexpected(frame.error());
  if (frame->size() > max_frame) return fail(ErrorCode::unsupported, "more than two tokens around a text");
  // WordPiece does it on its own.
  const bool is_word_piece = std::holds_alternative<Words>(*model);
  auto normalizer = Normalizer::from(is_word_piece ? json() : part(*object, "normalizer"));
  if (!normalizer) return tl::unexpected(normalizer.error());
  auto state = std::make_unique<State>(State{*std::move(normalizer), *std::move(model), *std::move(frame)});
  std::visit(
      [&](const auto& kind) {
        state->size = kind.size();
        if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, Words>) {
          state->unknown = kind.unknown;
        } else {
          state->unknown = kind.unknown();
        }
      },
      state->model);
  for (const auto* side : {&state->frame.before, &state->frame.behind}) {
    for (const Id id : *side) state->size = std::max(state->size, static_cast<std::size_t>(id) + 1);
  }
  return Tokenizer(std::move(state));
}

Result<Tokenizer> Tokenizer::open(const std::filesystem::path& path) {
  return files::parse_file(path, [](const files::Mapping& file) { return parse(file.text()); });
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text, std::size_t max_tokens) const {
  const Frame& frame = state_->frame;
  std::vector<Id> ids = frame.before;
  const auto inner = state_->plain(text, max_tokens - std::min(max_tokens, frame.size()));
  ids.insert(ids.end(), inner.begin(), inner.end());
  ids.insert(ids.end(), frame.behind.begin(), frame.behind.end());
  return ids;
}

bool Tokenizer::is_word(std::string_view word) const {
  const auto ids = state_->plain(word, 2);
  return ids.size() == 1 && ids[0] != state_->unknown;
}

std::size_t Tokenizer::size() const { return state_->size; }

}  // namespace updraft::pair
