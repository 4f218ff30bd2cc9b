// llama.cpp's side of the benchmark, and its answers for whoever wants to compare.
//
//   peer measure MODEL [--threads N]     one round of bench/workload.h, as a line of JSON
//     --only decode|suggest|prefill|users|load   other requests are left out; can be repeated
//     --separate-caches --not-mapped     settings of Peer::Options
//   peer encode MODEL [--threads N]      one round of bench/encode_workload.h, as a line of JSON
//     --at-once N --no-flash             settings
//   peer tokenize MODEL                  stdin: texts, each behind its length (u32, little endian); stdout: a line of
//   ids for each peer logits MODEL [--threads N]      stdin: lines of ids; stdout: float32 logits [ids, vocabulary] of
//   each line, binary
//     --exact                            keep keys and values in float32
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "bench/encode_workload.h"
#include "bench/workload.h"
#include "peer/model.h"

namespace updraft::bench {
namespace {

[[noreturn]] void die(const Error& error) {
  std::fprintf(stderr, "peer: %s\n", error.message.c_str());
  std::exit(2);
}

Peer open_or_die(const std::string& path, const Peer::Options& options) {
  auto peer = Peer::open(path, options);
  if (!peer) die(peer.error());
  return std::move(*peer);
}

void decode_or_die(Peer& peer, std::span<const Peer::Entry> batch) {
  if (auto done = peer.decode(batch); !done) die(done.error());
}

// Reads `ids` into stream 0; the last one's logits are kept.
void prefill(Peer& peer, std::span<const std::int32_t> ids) {
  std::vector<Peer::Entry> batch(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    batch[i] = {ids[i], static_cast<std::int32_t>(i), 0, i + 1 == ids.size()};
  decode_or_die(peer, batch);
}

std::vector<std::int32_t> decode(Peer& peer) {
  std::vector<std::int32_t> ids;
  std::int32_t token = peer.greedy(prompt_tokens - 1);
  for (int i = 0; i < decode_tokens; ++i) {
    ids.push_back(token);
    decode_or_die(peer, std::array{Peer::Entry{token, prompt_tokens + i, 0, true}});
    token = peer.greedy(0);
  }
  return ids;
}

// The streams begin with the best tokens behind the prompt, one each, and go on greedily.
void suggest(Peer& peer, std::span<const std::int32_t> ids) {
  prefill(peer, ids);
  for (int stream = 1; stream < suggestions; ++stream) peer.share(0, stream);
  std::vector<std::int32_t> tokens = best_tokens(peer.logits_of(ids.size() - 1), suggestions);
  std::vector<Peer::Entry> batch(suggestions);
  for (int i = 0; i + 1 < suggestion_tokens; ++i) {
    for (int stream = 0; stream < suggestions; ++stream)
      batch[stream] = {tokens[stream], prompt_tokens + i, stream, true};
    decode_or_die(peer, batch);
    for (int stream = 0; stream < suggestions; ++stream) tokens[stream] = peer.greedy(stream);
  }
}

// Each user's stream behind a prompt of its own. Returns the users' first tokens.
std::vector<std::int32_t> read_users(Peer& peer, std::span<const std::vector<std::int32_t>> prompts) {
  peer.forget();
  std::vector<std::int32_t> tokens;
  for (int user = 0; user < users; ++user) {
    std::vector<Peer::Entry> batch(prompt_tokens);
    for (int i = 0; i < prompt_tokens; ++i) batch[i] = {prompts[user][i], i, user, i + 1 == prompt_tokens};
    decode_or_die(peer, batch);
    tokens.push_back(peer.greedy(prompt_tokens - 1));
  }
  return tokens;
}

void decode_users(Peer& peer, std::vector<std::int32_t> tokens) {
  std::vector<Peer::Entry> batch(users);
  for (int i = 0; i < user_tokens; ++i) {
    for (int user = 0; user < users; ++user) batch[user] = {tokens[user], prompt_tokens + i, user, true};
    decode_or_die(peer, batch);
    for (int user = 0; user < users; ++user) tokens[user] = peer.greedy(user);
  }
}

double measure_users(const std::string& path, Peer::Options options, std::span<const std::int32_t> text,
                     std::span<const std::int32_t> command) {
  constexpr int each = prompt_tokens + user_tokens;
  options.streams = users;
  options.context = options.one_cache ? users * each : each;
  Peer peer = open_or_die(path, options);
  const auto prompts = prompts_of_users(text, command);
  std::vector<std::int32_t> tokens;
  return time_ms([&] { tokens = read_users(peer, prompts); }, [&] { decode_users(peer, tokens); });
}

void measure(const std::string& path, const Peer::Options& options, const std::vector<std::string>& only) {
  Measurement m;
  const double start = now_ms();
  Peer peer = open_or_die(path, options);
  const std::vector<std::int32_t> text = peer.tokenize(prompt_text).value();
  std::vector<std::int32_t> command = peer.tokenize(command_text, Peer::Controls::as_tokens).value();
  if (command.size() != command_tokens) command.clear();  // names that this model does not know
  const std::vector<std::int32_t> ids = prompt(text, command, prompt_tokens);
  prefill(peer, ids);
  static_cast<void>(peer.greedy(prompt_tokens - 1));
  m.load_ms = now_ms() - start;
  m.n_output = static_cast<int>(peer.vocabulary());

  const auto ready = [&] {
    peer.forget();
    prefill(peer, ids);
  };
  const auto wanted = [&](const char* request) { return only.empty() || std::ranges::count(only, request) > 0; };
  if (wanted("decode")) m.decode_ms = time_ms(ready, [&] { m.decoded = decode(peer); });
  const auto empty = [&] { peer.forget(); };
  if (wanted("suggest")) m.suggest_ms = time_ms(empty, [&] { suggest(peer, ids); });
  const std::vector<std::int32_t> long_prompt = prompt(text, command, prefill_tokens);
  if (wanted("prefill")) m.prefill_ms = time_ms(empty, [&] { prefill(peer, long_prompt); });
  m.peak_rss_mb = peak_rss_mb();
  if (wanted("users")) m.users_ms = measure_users(path, options, text, command);
  std::cout << to_json(m) << "\n";
}

void encode(const std::string& path, int threads, int at_once, bool flash) {
  const double start = now_ms();
  const int longest = std::max_element(encode_requests.begin(), encode_requests.end(), [](auto& a, auto& b) {
                        return a.tokens < b.tokens;
                      })->tokens;
  Peer peer = open_or_die(path, {.threads = threads,
                                 .context = at_once * (longest + 2),
                                 .streams = at_once,
                                 .text_encoder = true,
                                 .flash_attention = flash});
  const auto points = [&](const std::vector<std::string>& texts) {
    auto all = peer.encode(texts);
    if (!all) die(all.error());
    return std::move(*all);
  };
  (void)points(encode_texts(encode_requests.front()));
  std::cout << to_json(measure_encode(now_ms() - start, points)) << "\n";
}

void tokenize(const std::string& path) {
  const Peer peer = open_or_die(path, {.vocabulary_only = true});
  std::array<unsigned char, 4> length;
  std::string text;
  while (std::cin.read(reinterpret_cast<char*>(length.data()), length.size())) {
    text.resize(length[0] | std::size_t{length[1]} << 8 | std::size_t{length[2]} << 16 | std::size_t{length[3]} << 24);
    if (!std::cin.read(text.data(), static_cast<std::streamsize>(text.size())))
      die({ErrorCode::corrupt, "a text is shorter than its length says"});
    const auto ids = peer.tokenize(text);
    if (!ids) std::cout << "refused";
    const char* separator = "";
    for (const std::int32_t id : ids.value_or(std::vector<std::int32_t>{})) {
      std::cout << separator << id;
      separator = " ";
    }
    std::cout << "\n";
  }
}

void logits(const std::string& path, int threads, bool exact) {
  Peer peer = open_or_die(path, {.threads = threads, .context = 512, .all_logits = true, .exact = exact});
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; words >> id;) ids.push_back(id);
    const auto rows = peer.logits(ids);
    if (!rows) die(rows.error());
    std::cout.write(reinterpret_cast<const char*>(rows->data()),
                    static_cast<std::streamsize>(rows->size() * sizeof(float)));
  }
}

}  // namespace
}  // namespace updraft::bench

int main(int argc, char** argv) {
  using namespace updraft::bench;
  CLI::App app{"llama.cpp as updraft's peer"};
  app.require_subcommand(1);
  std::string path;
  std::vector<std::string> only;
  int threads = 2, at_once = 32;
  bool exact = false, separate_caches = false, not_mapped = false, no_flash = false;
  auto* measure_command = app.add_subcommand("measure", "one round of the benchmark, as JSON");
  auto* encode_command = app.add_subcommand("encode", "one round of the text encoder's benchmark, as JSON");
  auto* tokenize_command = app.add_subcommand("tokenize", "ids of length-prefixed texts on stdin");
  auto* logits_command = app.add_subcommand("logits", "logits of lines of ids on stdin, binary");
  for (auto* command : {measure_command, encode_command, tokenize_command, logits_command})
    command->add_option("model", path, "GGUF file")->required();
  for (auto* command : {measure_command, encode_command, logits_command})
    command->add_option("--threads", threads)->check(CLI::Range(1, 256));
  measure_command->add_option("--only", only)->check(CLI::IsMember({"decode", "suggest", "prefill", "users", "load"}));
  measure_command->add_flag("--separate-caches", separate_caches, "a KV cache for each stream");
  measure_command->add_flag("--not-mapped", not_mapped, "read the file, do not map it");
  encode_command->add_option("--at-once", at_once, "texts in a batch")->check(CLI::Range(1, 256));
  encode_command->add_flag("--no-flash", no_flash, "plain attention");
  logits_command->add_flag("--exact", exact, "float32 keys and values");
  CLI11_PARSE(app, argc, argv);

  if (*measure_command) measure(path, {.threads = threads, .one_cache = !separate_caches, .mapped = !not_mapped}, only);
  if (*encode_command) encode(path, threads, at_once, !no_flash);
  if (*tokenize_command) tokenize(path);
  if (*logits_command) logits(path, threads, exact);
  return 0;
}
