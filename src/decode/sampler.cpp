#include "decode/sampler.h"

#include <algorithm>
#include <cmath>

namespace updraft::decode {
namespace {

constexpr std::size_t max_candidates = 256;  // with min-p off, the flattest distribution is still cut here
constexpr std::size_t block_size = 256;      // few blocks hold a candidate

bool likelier(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.index < b.index;  // ties fall the same way everywhere
}

}  // namespace

void find_candidates(const kernels::Kernels& k, std::span<const float> logits, const SamplingOptions& options,
                     std::vector<Candidate>& out) {
  out.clear();
  const auto largest = [&](std::span<const float> x) { return k.largest(x.data(), static_cast<int>(x.size())); };
  const float best = largest(logits);
  const bool greedy = options.temperature <= 0;
  const float floor = greedy              ? best
                      : options.min_p > 0 ? best + options.temperature * std::log(options.min_p)
                                          : -INFINITY;
  for (std::size_t begin = 0; begin < logits.size(); begin += block_size) {
    const std::size_t end = std::min(begin + block_size, logits.size());
    if (largest(logits.subspan(begin, end - begin)) < floor) continue;
    for (std::size_t i = begin; i < end; ++i) {
      if (logits[i] >= floor && std::isfinite(logits[i])) out.push_back({static_cast<int>(i), logits[i], 0});
    }
  }
  if (out.size() > max_candidates) {
    std::nth_element(out.begin(), out.begin() + max_candidates, out.end(), likelier);
    out.resize(max_candidates);
  }
  std::sort(out.begin(), out.end(), likelier);
  if (greedy) out.resize(1);

  float sum = 0;
  for (Candidate& c : out) sum += c.probability = greedy ? 1.0F : std::exp((c.logit - best) / options.temperature);
  float reached = 0;
  std::size_t kept = 0;
  while (kept < out.size() && reached < options.top_p * sum) reached += out[kept++].probability;
  out.resize(std::max<std::size_t>(1, kept));
  for (Candidate& c : out) c.probability /= kept == 0 ? c.probability : reached;
}

std::size_t Path::next(std::span<const Candidate> candidates) {
  double begin = 0;
  std::size_t chosen = 0;
  while (chosen + 1 < candidates.size() && point_ >= begin + candidates[chosen].probability) {
    begin += candidates[chosen++].probability;
  }
  const double probability = candidates[chosen].probability;
  point_ = (point_ - begin) / probability;
  width_ *= probability;
  constexpr double used_up = 0x1p-40;  // of the 53 binary digits
  if (width_ < used_up || !(point_ >= 0 && point_ < 1)) {
    point_ = random_.uniform();
    width_ = 1;
  }
  return chosen;
}

}  // namespace updraft::decode
