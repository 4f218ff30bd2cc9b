// updraft-bench: updraft beside llama.cpp on the same file, the same texts and the same number of threads, in turns.
//
//   updraft-bench [compare] [MODEL] [--threads N] [--rounds N] [--json FILE]
//   updraft-bench measure MODEL [--threads N] [--whole-vocabulary]     one round of updraft alone, as a line of JSON
//   updraft-bench encode [MODEL] [--threads N] [--rounds N] [--json FILE]   the text encoder
//   updraft-bench measure-encoder MODEL [--threads N]                       one round of it
//   updraft-bench roofline [MODEL] [--threads N] [--json FILE] [--svg FILE]   updraft beside what the machine can do
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/encoder.h"
#include "bench/engine.h"
#include "bench/roofline.h"
#include "bench/side_by_side.h"
#include "bench/workload.h"
#include "gguf/file.h"

namespace updraft::bench {
namespace {

using Json = nlohmann::json;

std::vector<RowOfTable<Measurement>> rows_of_table() {
  const auto rate = [](int tokens, double ms) { return tokens / ms * 1000; };
  return {
      {"one stream, " + std::to_string(decode_tokens) + " tokens", "decode", "tok/s", true,
       [=](const Measurement& m) { return rate(decode_tokens, m.decode_ms); }},
      {std::to_string(suggestions) + " suggestions x " + std::to_string(suggestion_tokens) + " tokens", "suggest", "ms",
       false, [](const Measurement& m) { return m.suggest_ms; }},
      {"prompt of " + std::to_string(prefill_tokens) + " tokens", "prefill", "tok/s", true,
       [=](const Measurement& m) { return rate(prefill_tokens, m.prefill_ms); }},
      {std::to_string(users) + " users, one token each a step", "users", "tok/s", true,
       [=](const Measurement& m) { return rate(users * user_tokens, m.users_ms); }},
      {"load to first token", "load", "ms", false, [](const Measurement& m) { return m.load_ms; }},
      {"peak memory", "peak_rss", "MiB", false, [](const Measurement& m) { return m.peak_rss_mb; }},
  };
}

std::size_t same_tokens(const Side<Measurement>& side, const Side<Measurement>& peer) {
  const auto &a = side.rounds.back().decoded, &b = peer.rounds.back().decoded;
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

int compare(const std::string& model, int threads, int rounds, const std::string& json_path) {
  const auto file = gguf::File::open(model);
  if (!file) {
    std::fprintf(stderr, "updraft-bench: %s\n", file.error().message.c_str());
    return 2;
  }
  const std::string self = this_program(), n = std::to_string(threads);
  const bool shortlist = file->find("updraft.shortlist") != nullptr;
  const auto peer = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {UPDRAFT_PEER_PROGRAM, "measure", model, "--threads", n});
    return options;
  };
  std::vector<Side<Measurement>> sides;
  sides.push_back({"llama.cpp", true, peer({}), {}, {}});
  sides.push_back({"llama.cpp, separate caches",
                   true,
                   peer({"--separate-caches", "--only", "suggest", "--only", "users"}),
                   {"suggest", "users"},
                   {}});
  sides.push_back(
      {"llama.cpp, file not mapped", true, peer({"--not-mapped", "--only", "load"}), {"load", "peak_rss"}, {}});
  if (shortlist) sides.push_back({"updraft, as shipped", false, {self, "measure", model, "--threads", n}, {}, {}});
  sides.push_back(
      {"updraft, whole vocabulary", false, {self, "measure", model, "--threads", n, "--whole-vocabulary"}, {}, {}});

  keep_in_page_cache(model);
  const auto conditions = run_in_turns(std::span(sides), rounds, from_json);
  if (!conditions) return 1;
  Json report = begin_report(model, threads, rounds, *conditions);
  print_table(std::span<const Side<Measurement>>(sides), rows_of_table(), report);
  for (const auto& side : sides) {
    if (!side.rows.empty()) continue;
    const int n_output = side.rounds.back().n_output;
    report["n_output"][side.name] = n_output;
    std::printf("%s: %d logits a token", side.name.c_str(), n_output);
    if (!side.is_peer) {
      const std::size_t same = same_tokens(side, sides.front());
      report["same_tokens"][side.name] = same;
      std::printf(", its first %zu of %d greedy tokens are llama.cpp's", same, decode_tokens);
    }
    std::printf("\n");
  }
  return finish_report(report, *conditions, json_path);
}

int measure(const std::string& model, int threads, bool whole_vocabulary) {
  const auto measurement = measure_engine(model, threads, whole_vocabulary);
  if (!measurement) {
    std::fprintf(stderr, "updraft-bench: %s\n", measurement.error().message.c_str());
    return 2;
  }
  std::cout << to_json(*measurement) << "\n";
  return 0;
}

}  // namespace
}  // namespace updraft::bench

int main(int argc, char** argv) {
  using namespace updraft;
  CLI::App app{"updraft beside llama.cpp: same file, same texts, same threads, in turns"};
  std::string model = UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf", json;
  std::string encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
  int threads = 2, rounds = 5;
  bool whole_vocabulary = false;
  auto* compare = app.add_subcommand("compare", "both in turns, as a table (the default)");
  auto* measure = app.add_subcommand("measure", "one round of updraft alone, as a line of JSON");
  auto* encode = app.add_subcommand("encode", "the text encoders of both in turns, as a table");
  auto* measure_encoder =
      app.add_subcommand("measure-encoder", "one round of updraft's text encoder, as a line of JSON");
  auto* roofline = app.add_subcommand(
      "roofline",
      "what a pass must read and compute, how long this machine takes for that at best, the share of it that each step "
      "reaches, and where the rest goes.\nExample: chrt -f 10 updraft-bench roofline --svg roofline.svg --markdown");
  for (auto* command : {&app, compare, measure, encode, measure_encoder, roofline}) {
    const bool of_encoder = command == encode || command == measure_encoder;
    command->add_option("model", of_encoder ? encoder : model, "GGUF file")->check(CLI::ExistingFile);
    command->add_option("--threads", threads, "threads of each side")->check(CLI::Range(1, 256))->capture_default_str();
  }
  for (auto* command : {&app, compare, encode}) {
    command->add_option("--rounds", rounds, "measurements of each side")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
  }
  for (auto* command : {&app, compare, encode, roofline}) {
    command->add_option("--json", json, "write the report to this file, too");
  }
  bench::RooflineOptions of_roofline;
  roofline->add_option("--svg", of_roofline.svg, "draw the roofline into this file");
  roofline->add_option("--kernels", of_roofline.kernels, "avx512_vnni or avx2; the best by default");
  roofline
      ->add_option("--profile", of_roofline.profiled_rows,
                   "nothing but passes of so many streams, for 5 s: for perf record")
      ->check(CLI::Range(1, 128));
  roofline->add_flag("--markdown", of_roofline.markdown, "tables as Markdown, as docs/roofline.md has them");
  measure->add_flag("--whole-vocabulary", whole_vocabulary, "ignore the file's shortlist");
  CLI11_PARSE(app, argc, argv);
  if (*measure) return bench::measure(model, threads, whole_vocabulary);
  if (*encode) return bench::compare_encoders(encoder, threads, rounds, json);
  if (*roofline) {
    of_roofline.model = model;
    of_roofline.threads = threads;
    of_roofline.json = json;
    return bench::roofline(of_roofline);
  }
  if (*measure_encoder) return bench::measure_encoder(encoder, threads);
  return bench::compare(model, threads, rounds, json);
}
