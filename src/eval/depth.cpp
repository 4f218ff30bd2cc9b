#include "eval/depth.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eval/probe.h"
#include "eval/table.h"

namespace updraft::eval {

double Depth::mean() const {
  double sum = 0;
  for (const Mean& task : negative_log_likelihood) sum += task.value();
  return sum / static_cast<double>(negative_log_likelihood.size());
}

void DepthProbe::leave_out(std::span<const int> without) {
  nn::Weights& weights = engine_.model->weights;
  weights.layers.clear();
  for (int layer = 0; layer < n_layers(); ++layer) {
    if (std::find(without.begin(), without.end(), layer) == without.end())
      weights.layers.push_back(layers_[static_cast<std::size_t>(layer)]);
  }
  weights.config.n_layers = static_cast<int>(weights.layers.size());
  engine_.transformer = nn::Transformer(weights, *engine_.pool);
}

Result<Depth> DepthProbe::measure(std::span<const corpus::Record> records, std::vector<int> without) {
  std::sort(without.begin(), without.end());
  const bool known = std::all_of(without.begin(), without.end(), [&](int i) { return i >= 0 && i < n_layers(); });
  const bool differ = std::adjacent_find(without.begin(), without.end()) == without.end();
  if (!known || !differ || without.size() >= layers_.size()) {
    return fail(ErrorCode::invalid_argument, "these layers cannot be left out of " + std::to_string(n_layers()));
  }
  leave_out(without);
  Depth depth{.name = {}, .without = std::move(without), .negative_log_likelihood = {}};
  Probe probe(engine_);
  for (const corpus::Record& record : records) {
    if (auto done = probe.set_intent(record.intent); !done) return tl::unexpected(done.error());
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      Probe::Loss loss{depth.negative_log_likelihood[t], 0};
      const auto& prompts = record.prompts[static_cast<std::size_t>(prompt_tasks[t])];
      if (auto done = probe.score(prompt_tasks[t], prompts, loss); !done) return tl::unexpected(done.error());
      depth.negative_log_likelihood[t] = loss.a_token;
    }
  }
  return depth;
}

Result<std::vector<Depth>> measure_depths(suggest::Engine& engine, std::span<const corpus::Record> records,
                                          const DepthOptions& options,
                                          const std::function<void(std::size_t, std::size_t)>& progress) {
  DepthProbe probe(engine);
  const int n = probe.n_layers();
  const int drop = std::clamp(options.drop, 0, n - 1), exits = std::clamp(options.exits, 0, n - 1);
  const auto tried = records.first(std::min(options.tried, records.size()));
  std::size_t done = 0, all = 1 + static_cast<std::size_t>(exits);
  for (int i = 0; i < drop; ++i) all += 1 + static_cast<std::size_t>(n - i);
  const auto measure = [&](std::span<const corpus::Record> by, const std::vector<int>& without) {
    auto depth = probe.measure(by, without);
    progress(++done, all);
    return depth;
  };

  std::vector<Depth> depths;
  const auto add = [&](std::string name, const std::vector<int>& without) -> Result<> {
    auto depth = measure(records, without);
    if (!depth) return tl::unexpected(depth.error());
    depth->name = std::move(name);
    depths.push_back(*std::move(depth));
    return {};
  };
  if (auto added = add("all " + std::to_string(n) + " layers", {}); !added) return tl::unexpected(added.error());
  std::vector<int> without;
  for (int i = 0; i < drop; ++i) {
    int least_missed = -1;
    double least = 0;
    for (int layer = 0; layer < n; ++layer) {
      if (std::find(without.begin(), without.end(), layer) != without.end()) continue;
      std::vector<int> more = without;
      more.push_back(layer);
      const auto depth = measure(tried, more);
      if (!depth) return tl::unexpected(depth.error());
      if (least_missed < 0 || depth->mean() < least) {
        least_missed = layer;
        least = depth->mean();
      }
    }
    without.push_back(least_missed);
    std::string name = "without";
    for (const int layer : without) name += ' ' + std::to_string(layer + 1);
    if (auto added = add(std::move(name), without); !added) return tl::unexpected(added.error());
  }
  for (int i = 1; i <= exits; ++i) {
    std::vector<int> last(static_cast<std::size_t>(i));
    std::iota(last.begin(), last.end(), n - i);
    if (auto added = add("the first " + std::to_string(n - i), last); !added) return tl::unexpected(added.error());
  }
  return depths;
}

std::string depths_table(std::span<const Depth> depths) {
  std::vector<Row> rows = {{"layers"}};
  for (const Task task : prompt_tasks) rows.front().emplace_back(name(task));
  rows.front().emplace_back("perplexity, times");
  for (const Depth& depth : depths) {
    Row row = {depth.name};
    for (const Mean& task : depth.negative_log_likelihood) row.push_back(print("%.1f", perplexity(task)));
    row.push_back(print("%.2f", std::exp(depth.mean() - depths.front().mean())));
    rows.push_back(std::move(row));
  }
  return table(rows);
}

}  // namespace updraft::eval
