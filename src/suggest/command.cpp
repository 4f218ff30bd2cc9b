#include "suggest/command.h"

#include <algorithm>
#include <string>

namespace updraft::suggest {
namespace {

constexpr std::string_view prompt_token = "<|prompt|>";
constexpr std::array<std::string_view, task_count + 1> names = {"<|intent|>",   "<|query|>", "<|related|>",
                                                                "<|template|>", "<|image|>", prompt_token};

}  // namespace

std::span<const std::string_view> control_token_names() { return names; }

Result<CommandEncoder> CommandEncoder::from(const text::Tokenizer& tokenizer) {
  std::array<text::TokenId, names.size()> controls;
  std::transform(names.begin(), names.end(), controls.begin(),
                 [&](std::string_view name) { return tokenizer.control(name); });
  return from(tokenizer, controls);
}

Result<CommandEncoder> CommandEncoder::from(const text::Tokenizer& tokenizer, std::span<const text::TokenId> controls) {
  if (controls.size() != names.size() || std::find(controls.begin(), controls.end(), -1) != controls.end()) {
    return fail(
        ErrorCode::unsupported,
        "the model has no control tokens such as <|query|>: it is a language model, but not one trained by updraft");
  }
  CommandEncoder encoder;
  encoder.bos_ = tokenizer.bos();
  std::copy_n(controls.begin(), task_count, encoder.task_.begin());
  encoder.prompt_ = controls[task_count];
  for (std::size_t digit = 0; digit < encoder.digit_.size(); ++digit) {
    const auto ids = tokenizer.encode(std::to_string(digit));
    if (ids.size() != 1) return fail(ErrorCode::unsupported, "the model's vocabulary has no single digits");
    encoder.digit_[digit] = ids.front();
  }
  return encoder;
}

std::vector<text::TokenId> CommandEncoder::prefix(const text::Tokenizer& tokenizer, std::string_view intent) const {
  std::vector<text::TokenId> ids = {bos_};
  const auto text = tokenizer.encode(intent);
  ids.insert(ids.end(), text.begin(), text.end());
  return ids;
}

std::vector<text::TokenId> CommandEncoder::command(const Command& command) const {
  std::vector<text::TokenId> ids = {task_[static_cast<std::size_t>(command.task)]};
  if (task_only_) {
    ids.push_back(prompt_);
    return ids;
  }
  const auto words = static_cast<std::size_t>(std::clamp(command.words, 1, 99));
  if (words >= 10) ids.push_back(digit_[words / 10]);
  ids.push_back(digit_[words % 10]);
  ids.push_back(digit_[static_cast<std::size_t>(std::clamp(command.ret, 0, 9))]);
  ids.push_back(prompt_);
  return ids;
}

CommandEncoder CommandEncoder::task_only() const {
  CommandEncoder encoder = *this;
  encoder.task_only_ = true;
  return encoder;
}

}  // namespace updraft::suggest
