#include "bench/roofline.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "bench/machine.h"
#include "bench/pass.h"
#include "bench/side_by_side.h"
#include "bench/workload.h"
#include "plot/chart.h"

namespace updraft::bench {
namespace {

using Json = nlohmann::json;

constexpr std::size_t memory_bytes = std::size_t{256} << 20;  // far more than caches hold
const std::vector<int> batches = {1, 8, 32, 128};
constexpr double profiled_seconds = 5;
constexpr std::size_t passes_of_tokens = 3;  // the first ones are shown as passes, too

template <class... Values>
std::string text(const char* format, Values... values) {
  std::array<char, 128> out;
  std::snprintf(out.data(), out.size(), format, values...);
  return out.data();
}

std::string counted(int n, const char* what) { return text(n == 1 ? "%d %s" : "%d %ss", n, what); }

// Cells in columns, the first to the left, the others to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  void print(bool markdown) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line = markdown ? "|" : "";
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string space(widths[i] - row[i].size(), ' ');
        if (markdown) {
          line += " " + row[i] + " |";
        } else {
          line += i == 0 ? row[i] + space : "   " + space + row[i];
        }
      }
      std::puts(line.c_str());
      if (markdown && &row == &rows_.front()) {
        std::string rule = "|---|";
        for (std::size_t i = 1; i < row.size(); ++i) rule += "---:|";
        std::puts(rule.c_str());
      }
    }
    std::puts("");
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

void print_peaks(const Peaks& peaks, bool markdown) {
  Table table({"", "all threads"});
  table.add({"reading memory", text("%.1f GB/s", peaks.read_gbs)});
  table.add({"reading what is in their L2", text("%.0f GB/s", peaks.read_l2_gbs)});
  table.add({"products of 8-bit integers", text("%.0f GMAC/s", peaks.dot_gmacs)});
  table.add({"products of floats", text("%.0f GMAC/s", peaks.float_gmacs)});
  table.add({"a barrier", text("%.2f us", peaks.barrier_us)});
  table.print(markdown);
}

bool has_bound(const Step& step) { return step.cost.bytes > 0; }

double share_of_bound(const Step& step, const Peaks& peaks) { return bound_of(step.cost, peaks).us / step.us; }

void print_steps(const std::vector<Pass>& passes, const Peaks& peaks, bool markdown) {
  std::vector<std::string> head = {"a call", "reads, KB", "MMAC a row"};
  for (const Pass& pass : passes) head.push_back(counted(pass.streams.rows, "row"));
  Table table(std::move(head));
  for (std::size_t i = 0; i < passes.front().steps.size(); ++i) {
    const Step& first = passes.front().steps[i];
    const double macs = first.cost.macs + first.cost.float_macs;
    std::vector<std::string> row = {first.name, has_bound(first) ? text("%.0f", first.cost.bytes * 1e-3) : "",
                                    has_bound(first) ? text("%.3f", macs * 1e-6) : ""};
    for (const Pass& pass : passes) {
      const Step& step = pass.steps[i];
      std::string cell = text("%.1f us", step.us);
      if (has_bound(step)) {
        cell +=
            text(", %3.0f %% %s", 100 * share_of_bound(step, peaks), bound_of(step.cost, peaks).by_memory ? "M" : "A");
      }
      row.push_back(std::move(cell));
    }
    table.add(std::move(row));
  }
  table.print(markdown);
}

void print_passes(std::span<const Pass> passes, const Peaks& peaks, bool markdown) {
  std::vector<std::string> head = {"a pass"};
  for (const Pass& pass : passes) head.push_back(counted(pass.streams.rows, "stream"));
  Table table(head);
  const auto line = [&](const char* name, const auto& value) {
    std::vector<std::string> row = {name};
    for (const Pass& pass : passes) row.push_back(value(pass));
    table.add(std::move(row));
  };
  const auto macs = [](const Pass& pass) { return pass.cost().macs + pass.cost().float_macs; };
  const auto bound = [&](const Pass& pass) { return bound_of(pass.cost(), peaks); };
  line("bytes a token, MB", [](const Pass& p) { return text("%.2f", p.cost().bytes / p.streams.rows * 1e-6); });
  line("products a token, million", [&](const Pass& p) { return text("%.1f", macs(p) / p.streams.rows * 1e-6); });
  line("products a byte", [&](const Pass& p) { return text("%.1f", macs(p) / p.cost().bytes); });
  line("the roof", [&](const Pass& p) {
    return text("%.2f ms, %s", bound(p).us * 1e-3, bound(p).by_memory ? "memory" : "arithmetic");
  });
  line("measured", [](const Pass& p) { return text("%.2f ms", p.forward_us * 1e-3); });
  line("share of the roof", [&](const Pass& p) { return text("%.0f %%", 100 * bound(p).us / p.forward_us); });
  line("GB/s", [](const Pass& p) { return text("%.1f", p.cost().bytes / p.forward_us * 1e-3); });
  line("GMAC/s", [&](const Pass& p) { return text("%.0f", macs(p) / p.forward_us * 1e-3); });
  line("tokens/s, with sampling", [](const Pass& p) { return text("%.0f", p.streams.rows / p.us() * 1e6); });
  table.print(markdown);
}

// What of a pass is none of its steps: embedding, rotation, storing of keys and values, waiting for the slower thread.
double rest_us(const Pass& pass, const Peaks& peaks) {
  double rest = pass.cold_us - pass.n_barriers * peaks.barrier_us;
  for (const Step& step : pass.steps) {
    if (&step != &pass.sampling()) rest -= step.calls * step.us;
  }
  return rest;
}

void print_shares(std::span<const Pass> passes, const Peaks& peaks, bool markdown) {
  std::vector<std::string> head = {"a token of"};
  for (const Pass& pass : passes) head.push_back(counted(pass.streams.rows, "stream"));
  Table table(head);
  const auto line = [&](const std::string& name, const auto& us) {
    std::vector<std::string> row = {name};
    for (const Pass& pass : passes)
      row.push_back(text("%.2f ms, %4.1f %%", us(pass) * 1e-3, 100 * us(pass) / pass.us()));
    table.add(std::move(row));
  };
  for (std::size_t i = 0; i < passes.front().steps.size(); ++i) {
    const Step& step = passes.front().steps[i];
    if (step.calls > 0) line(step.name, [&](const Pass& p) { return p.steps[i].calls * p.steps[i].us; });
  }
  line("barriers", [&](const Pass& p) { return p.n_barriers * peaks.barrier_us; });
  line("the rest", [&](const Pass& p) { return rest_us(p, peaks); });
  line("found in the caches", [](const Pass& p) { return p.forward_us - p.cold_us; });
  line("all", [](const Pass& p) { return p.us(); });
  table.print(markdown);
}

Json to_json(const Cost& cost) { return {{"bytes", cost.bytes}, {"macs", cost.macs}, {"float_macs", cost.float_macs}}; }

Json to_json(const Pass& pass, const Peaks& peaks) {
  Json json{{"rows", pass.streams.rows},
            {"prompt", pass.streams.prompt},
            {"own", pass.streams.own},
            {"cost", to_json(pass.cost())},
            {"bound_us", bound_of(pass.cost(), peaks).us},
            {"forward_us", pass.forward_us},
            {"cold_us", pass.cold_us},
            {"barriers", pass.n_barriers},
            {"rest_us", rest_us(pass, peaks)},
            {"steps", Json::array()}};
  for (const Step& step : pass.steps) {
    Json entry{{"name", step.name}, {"calls", step.calls}, {"us", step.us}};
    if (has_bound(step)) {
      entry["cost"] = to_json(step.cost);
      entry["bound_us"] = bound_of(step.cost, peaks).us;
      entry["bound_by"] = bound_of(step.cost, peaks).by_memory ? "memory" : "arithmetic";
      entry["share"] = share_of_bound(step, peaks);
    }
    json["steps"].push_back(std::move(entry));
  }
  return json;
}

// Two roofs, and each step as a dot a batch.
std::string drawn(const std::vector<Pass>& passes, const Peaks& peaks, const std::string& where) {
  plot::Chart chart{.title = "Roofline: " + where + "; from left to right 1, 8, 32, 128 rows",
                    .x_label = "multiply-adds for each byte that is read from memory",
                    .y_label = "multiply-adds, 10^9 a second (GMAC/s)",
                    .series = {},
                    .logarithmic = true};
  std::vector<plot::Series> dots;
  double least = 1e30, most = 0;
  for (std::size_t i = 0; i < passes.front().steps.size(); ++i) {
    const Step& first = passes.front().steps[i];
    if (!has_bound(first) || first.calls == 0) continue;
    plot::Series series{first.name, {}, plot::Mark::dots};
    for (const Pass& pass : passes) {
      const Step& step = pass.steps[i];
      const double macs = step.cost.macs + step.cost.float_macs, intensity = macs / step.cost.bytes;
      series.points.push_back({intensity, macs / step.us * 1e-3});
      least = std::min(least, intensity);
      most = std::max(most, intensity);
    }
    dots.push_back(std::move(series));
  }
  const auto roof = [&](const char* name, double gmacs, plot::Mark mark) {
    const double ridge = gmacs / peaks.read_gbs;
    return plot::Series{name, {{least, least * peaks.read_gbs}, {ridge, gmacs}, {std::max(most, ridge), gmacs}}, mark};
  };
  chart.series.push_back(roof("memory, then 8-bit products", peaks.dot_gmacs, plot::Mark::line));
  chart.series.push_back(roof("memory, then products of floats", peaks.float_gmacs, plot::Mark::faint_line));
  chart.series.insert(chart.series.end(), dots.begin(), dots.end());
  return plot::to_svg(chart);
}

int fail_with(const std::string& message) {
  std::fprintf(stderr, "updraft-bench: %s\n", message.c_str());
  return 2;
}

}  // namespace

int roofline(const RooflineOptions& options) {
  const kernels::Kernels* k =
      options.kernels.empty() ? &kernels::best_kernels() : kernels::find_kernels(options.kernels);
  if (k == nullptr) return fail_with("this machine has no kernels '" + options.kernels + "'; try avx512_vnni or avx2");
  // All threads, whatever else the machine does: peaks are those of as many.
  kernels::ThreadPool pool(options.threads, kernels::ThreadPool::Team::whole);
  if (options.profiled_rows > 0) {
    const auto done = run_passes(options.model, pool, *k, options.profiled_rows, profiled_seconds);
    return done ? 0 : fail_with(done.error().message);
  }
  const ReadMemory memory(memory_bytes);
  Watch watch;
  auto peaks = measure_peaks(pool, *k, memory);
  if (!peaks) return fail_with(peaks.error().message);
  const auto passes = measure_passes(options.model, pool, *k, memory, batches);
  if (!passes) return fail_with(passes.error().message);
  watch.look();
  // Again, for a processor's clock changes, and so does what neighbours leave of memory.
  if (const auto again = measure_peaks(pool, *k, memory)) peaks = best_of(*peaks, *again);
  const Conditions conditions = watch.end();

  Json report = begin_report(options.model, options.threads, runs, conditions);
  std::printf("%s, %s; M: memory is the lower roof, A: arithmetic\n\n", std::string(k->name).c_str(),
              peaks->instructions.c_str());
  const std::span<const Pass> of_tokens = std::span(*passes).first(passes_of_tokens);
  print_peaks(*peaks, options.markdown);
  print_steps(*passes, *peaks, options.markdown);
  print_passes(of_tokens, *peaks, options.markdown);
  print_shares(of_tokens, *peaks, options.markdown);

  report["kernels"] = k->name;
  report["peaks"] = {{"read_gbs", peaks->read_gbs},         {"read_l2_gbs", peaks->read_l2_gbs},
                     {"dot_gmacs", peaks->dot_gmacs},       {"float_gmacs", peaks->float_gmacs},
                     {"instructions", peaks->instructions}, {"barrier_us", peaks->barrier_us}};
  for (const Pass& pass : *passes) report["passes"].push_back(to_json(pass, *peaks));
  if (!options.svg.empty()) {
    const std::string where = processor() + ", " + counted(options.threads, "thread");
    if (!(std::ofstream(options.svg) << drawn(*passes, *peaks, where) << std::flush)) {
      return fail_with("cannot write " + options.svg);
    }
  }
  return finish_report(report, conditions, options.json);
}

}  // namespace updraft::bench
