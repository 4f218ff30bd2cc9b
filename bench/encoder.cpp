#include "bench/encoder.h"

#include <cstdio>
#include <iostream>

#include "bench/encode_workload.h"
#include "bench/side_by_side.h"
#include "encode/text_encoder.h"

namespace updraft::bench {
namespace {

using Sides = std::span<const Side<EncodeMeasurement>>;

std::vector<RowOfTable<EncodeMeasurement>> rows_of_table() {
  std::vector<RowOfTable<EncodeMeasurement>> rows;
  for (std::size_t i = 0; i < encode_requests.size(); ++i) {
    const auto [texts, tokens] = encode_requests[i];
    const std::string n = std::to_string(texts), length = std::to_string(tokens);
    std::string name = n;
    name.append(texts == 1 ? " text of " : " texts of ").append(length).append(" tokens");
    std::string key = n;
    key.append("x").append(length);
    rows.push_back({name, key, "ms", false, [i](const EncodeMeasurement& m) { return m.ms[i]; }});
  }
  rows.push_back({"load to first point", "load", "ms", false, [](const EncodeMeasurement& m) { return m.load_ms; }});
  rows.push_back({"peak memory", "peak_rss", "MiB", false, [](const EncodeMeasurement& m) { return m.peak_rss_mb; }});
  return rows;
}

// The smallest cosine of a text's points in both.
double least_cosine(const EncodeMeasurement& a, const EncodeMeasurement& b) {
  const std::size_t d = a.points.size() / static_cast<std::size_t>(encode_requests.back().texts);
  double least = 1;
  for (std::size_t at = 0; at < a.points.size() && a.points.size() == b.points.size(); at += d) {
    least = std::min(least, encode::cosine(std::span(a.points).subspan(at, d), std::span(b.points).subspan(at, d)));
  }
  return a.points.size() == b.points.size() ? least : -1;
}

}  // namespace

int compare_encoders(const std::string& model, int threads, int rounds, const std::string& json_path) {
  const std::string n = std::to_string(threads);
  const auto peer = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {UPDRAFT_PEER_PROGRAM, "encode", model, "--threads", n});
    return options;
  };
  std::vector<Side<EncodeMeasurement>> sides;
  sides.push_back({"llama.cpp, 32 at once", true, peer({"--at-once", "32"}), {}, {}});
  sides.push_back({"llama.cpp, 8 at once", true, peer({"--at-once", "8"}), {}, {}});
  sides.push_back({"llama.cpp, 1 at once", true, peer({"--at-once", "1", "--no-flash"}), {}, {}});
  sides.push_back({"updraft", false, {this_program(), "measure-encoder", model, "--threads", n}, {}, {}});

  keep_in_page_cache(model);
  const auto conditions = run_in_turns(std::span(sides), rounds, encode_from_json);
  if (!conditions) return 1;
  auto report = begin_report(model, threads, rounds, *conditions);
  print_table(Sides(sides), rows_of_table(), report);
  for (const EncodeRequest& request : encode_requests) {
    if (request.texts == 1) continue;
    const std::string key = std::to_string(request.texts) + "x" + std::to_string(request.tokens);
    const double ms = report["rows"][key]["updraft"]["median"];
    std::printf("updraft: %.0f texts of %d tokens a second\n", request.texts / ms * 1000, request.tokens);
  }
  const double cosine = least_cosine(sides.back().rounds.back(), sides.front().rounds.back());
  report["least_cosine"] = cosine;
  std::printf("cosine of updraft's points and llama.cpp's: at least %.5f\n", cosine);
  return finish_report(report, *conditions, json_path);
}

int measure_encoder(const std::string& model, int threads) {
  const double start = now_ms();
  const auto encoder = encode::TextEncoder::load(model, {.threads = threads});
  if (!encoder) {
    std::fprintf(stderr, "updraft-bench: %s\n", encoder.error().message.c_str());
    return 2;
  }
  const auto points = [&](const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return encoder->encode(views);
  };
  (void)points(encode_texts(encode_requests.front()));
  std::cout << to_json(measure_encode(now_ms() - start, points)) << "\n";
  return 0;
}

}  // namespace updraft::bench
