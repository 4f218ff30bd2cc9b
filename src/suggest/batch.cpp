#include "suggest/batch.h"

#include <algorithm>
#include <numeric>

namespace updraft::suggest {

std::vector<std::size_t> share_out(std::size_t places, std::span<const std::size_t> demands) {
  std::vector<std::size_t> order(demands.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return demands[a] < demands[b]; });
  std::vector<std::size_t> shares(demands.size());
  std::size_t open = demands.size();
  for (const std::size_t i : order) {  // who demands little leaves the rest of a fair share to the others
    shares[i] = std::max<std::size_t>(1, std::min(demands[i], places / open));
    places -= std::min(places, shares[i]);
    --open;
  }
  return shares;
}

Result<> Batch::step(std::span<Decoding* const> decodings) {
  const auto n_output = static_cast<std::size_t>(engine_.transformer.n_output());
  std::vector<std::size_t> demands;
  for (const Decoding* decoding : decodings) demands.push_back(decoding->demand());
  const std::vector<std::size_t> rooms = share_out(engine_.max_growing, demands);
  rows_.clear();
  std::vector<std::size_t> ends;  // of each decoding's logits
  for (std::size_t d = 0; d < decodings.size(); ++d) {
    const std::size_t first = rows_.size();
    if (auto done = decodings[d]->gather(rooms[d], rows_); !done) return done;
    const auto wanted = std::count_if(rows_.begin() + static_cast<std::ptrdiff_t>(first), rows_.end(),
                                      [](const nn::Row& row) { return row.wants_logits; });
    ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<std::size_t>(wanted) * n_output);
  }
  logits_.resize(ends.empty() ? 0 : ends.back());
  if (auto done = engine_.transformer.forward(engine_.tree, rows_, logits_); !done) return done;

  struct Growth {
    Decoding* decoding;
    std::size_t text;
  };
  std::vector<Growth> growths;
  std::size_t begin = 0;
  for (std::size_t d = 0; d < decodings.size(); ++d) {
    decodings[d]->take(std::span(logits_).subspan(begin, ends[d] - begin));
    for (std::size_t text = 0; text < decodings[d]->n_growing(); ++text) growths.push_back({decodings[d], text});
    begin = ends[d];
  }
  engine_.pool->run([&](kernels::Worker& worker) {
    const auto share = worker.share(static_cast<int>(growths.size()));
    for (auto i = static_cast<std::size_t>(share.begin); i < static_cast<std::size_t>(share.end); ++i) {
      growths[i].decoding->grow(growths[i].text, static_cast<std::size_t>(worker.index()));
    }
  });
  for (Decoding* decoding : decodings) decoding->settle();
  return {};
}

}  // namespace updraft::suggest
