#include "learn/feedback.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "corpus/corpus.h"

namespace updraft::learn {
namespace {

double chance_of(int ret) {
  const double share = (1 + ret) / 10.0;
  return share * share;
}

}  // namespace

Result<Feedback> Feedback::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return fail(ErrorCode::not_found, path.string() + ": no such file");
  auto buffer = ReplayBuffer::open(path, std::numeric_limits<std::size_t>::max(), INT64_MAX);
  if (!buffer) return tl::unexpected(buffer.error());
  Feedback feedback(*std::move(buffer));
  std::unordered_set<std::string_view> seen;
  for (const Experience& experience : feedback.buffer_.all()) {
    if (corpus::is_held_out(experience.intent)) continue;
    ++feedback.prompts_;
    if (seen.insert(experience.intent).second) feedback.intents_.push_back(experience.intent);
  }
  if (feedback.intents_.empty()) {
    return fail(ErrorCode::invalid_argument, path.string() + ": there is nothing in it that training may see");
  }
  return feedback;
}

std::vector<Example> Feedback::examples(std::size_t intent, std::mt19937_64& random) const {
  const auto of_intent = buffer_.of(intents_[intent]);
  const auto ret = [&](std::size_t i) { return buffer_.all()[i].achieved.ret; };
  std::vector<std::size_t> chosen;
  std::uniform_real_distribution<double> uniform;
  for (const std::size_t i : of_intent) {
    if (uniform(random) < chance_of(ret(i))) chosen.push_back(i);
  }
  if (chosen.empty()) {
    chosen.push_back(*std::max_element(of_intent.begin(), of_intent.end(),
                                       [&](std::size_t a, std::size_t b) { return ret(a) < ret(b); }));
  }
  for (std::size_t i = 0; chosen.size() > max_examples && i < max_examples; ++i) {
    std::swap(chosen[i], chosen[i + random() % (chosen.size() - i)]);
  }
  chosen.resize(std::min(chosen.size(), max_examples));
  std::vector<Example> examples;
  for (const std::size_t i : chosen) examples.push_back({buffer_.all()[i].achieved, buffer_.all()[i].prompt});
  return examples;
}

}  // namespace updraft::learn
