#include "suggest/batch.h"

#include <algorithm>

namespace updraft::suggest {

Result<> Batch::step(std::span<Request* const> requests) {
  const auto n_output = static_cast<std::size_t>(engine_.transformer.n_output());
  const std::size_t room = std::max<std::size_t>(1, Engine::max_growing / std::max<std::size_t>(1, requests.size()));
  rows_.clear();
  std::vector<std::size_t> ends;  // of each request's logits
  for (Request* request : requests) {
    const std::size_t first = rows_.size();
    if (auto done = request->gather(room, rows_); !done) return done;
    const auto wanted = std::count_if(rows_.begin() + static_cast<std::ptrdiff_t>(first), rows_.end(),
                                      [](const nn::Row& row) { return row.wants_logits; });
    ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<std::size_t>(wanted) * n_output);
  }
  logits_.resize(ends.empty() ? 0 : ends.back());
  if (auto done = engine_.transformer.forward(engine_.tree, rows_, logits_); !done) return done;

  struct Growth {
    Request* request;
    std::size_t text;
  };
  std::vector<Growth> growths;
  std::size_t begin = 0;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    requests[r]->take(std::span(logits_).subspan(begin, ends[r] - begin));
    for (std::size_t text = 0; text < requests[r]->n_growing(); ++text) growths.push_back({requests[r], text});
    begin = ends[r];
  }
  engine_.pool->run([&](kernels::Worker& worker) {
    const auto share = worker.share(static_cast<int>(growths.size()));
    for (auto i = static_cast<std::size_t>(share.begin); i < static_cast<std::size_t>(share.end); ++i) {
      growths[i].request->grow(growths[i].text, static_cast<std::size_t>(worker.index()));
    }
  });
  for (Request* request : requests) request->settle();
  return {};
}

}  // namespace updraft::suggest
