// Any bytes: the cross-scorer refuses them in one line, or gives a logit for each prompt.
#include <cstdint>
#include <vector>

#include "require.h"
#include "reward/cross_scorer.h"

using namespace updraft;

namespace {

// A small scorer with some of its bytes replaced: what begins as noise seldom gets as far as the tensors.
std::vector<std::byte> spoilt(std::span<const std::byte> changes) {
  static const auto whole =
      gguf::to_bytes(reward::CrossScorerWeights({.dimension = 4, .width = 3, .hidden = 2}).contents("small")).value();
  std::vector<std::byte> bytes = whole;
  for (std::size_t i = 0; i + 2 < changes.size(); i += 3) {
    const std::size_t at =
        std::to_integer<std::size_t>(changes[i]) * 256 + std::to_integer<std::size_t>(changes[i + 1]);
    bytes[at % bytes.size()] = changes[i + 2];
  }
  return bytes;
}

void read(std::span<const std::byte> bytes) {
  const auto file = gguf::File::parse(bytes);
  if (!file) return;
  const auto scorer = reward::CrossScorer::read(*file, 4);
  if (!scorer) {
    require(scorer.error().message.find('\n') == std::string::npos);
    return;
  }
  const std::vector<float> intent = {1, 0, 0, 0}, prompts = {0, 1, 0, 0, 1, 0, 0, 0};
  const std::vector<reward::LexicalFeatures> lexical(2);
  for (const Task task : prompt_tasks) require(scorer->logits(task, intent, prompts, lexical).size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read(bytes);
  read(spoilt(bytes));
  return 0;
}
