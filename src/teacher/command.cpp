#include "teacher/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "corpus/rules.h"
#include "teacher/prompt.h"
#include "teacher/synthesize.h"

namespace updraft::teacher {
namespace {

Result<> print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return fail(ErrorCode::io, "cannot write the output");
}

// ---- synthesize ----

std::string short_count(std::uint64_t count) {
  char text[32];
  if (count < 10'000) return std::to_string(count);
  const bool millions = count >= 10'000'000;
  std::snprintf(text, sizeof text, "%.0f%s", static_cast<double>(count) / (millions ? 1e6 : 1e3), millions ? "M" : "k");
  return text;
}

std::string line_of(const Progress& progress, bool with_cost) {
  const std::size_t ready = progress.had + progress.done;
  const std::size_t left = progress.total - std::min(progress.total, ready + progress.failed);
  std::string line = std::to_string(ready) + " of " + std::to_string(progress.total) + " done";
  const auto count = [&line](std::size_t n, const char* what) {
    if (n > 0) line += ", " + std::to_string(n) + ' ' + what;
  };
  count(progress.failed, "failed");
  count(progress.dropped, "dropped");
  count(progress.repairs, "repaired");
  count(progress.retries, "retries");
  line += "; tokens " + short_count(progress.tokens_in) + " in, " + short_count(progress.tokens_out) + " out";
  char text[64];
  if (with_cost) {
    std::snprintf(text, sizeof text, "; cost %.2f", progress.cost);
    line += text;
  }
  const std::size_t answered = progress.done + progress.failed;
  if (answered > 0 && progress.seconds > 0) {
    const double each = progress.seconds / static_cast<double>(answered);
    const auto rest = static_cast<long long>(each * static_cast<double>(left));
    std::snprintf(text, sizeof text, "; %.1f a minute", 60 / each);
    line += text;
    if (left > 0) {
      std::snprintf(text, sizeof text, ", %lld:%02lld:%02lld left", rest / 3600, rest / 60 % 60, rest % 60);
      line += text;
    }
  }
  return line;
}

// On a terminal a line that changes below the notes, else a line now and then.
class Display {
 public:
  explicit Display(bool with_cost) : with_cost_(with_cost) {}

  void progress(const Progress& progress) {
    line_ = line_of(progress, with_cost_);
    if (on_terminal_) {
      std::fprintf(stderr, "\r\033[K%s", line_.c_str());
    } else if (progress.seconds >= next_) {
      std::fprintf(stderr, "%s\n", line_.c_str());
      next_ = progress.seconds + 10;
    }
    std::fflush(stderr);
  }
  void note(const std::string& text) const {
    std::fprintf(stderr, "%s%s\n", on_terminal_ ? "\r\033[K" : "", text.c_str());
    if (on_terminal_) std::fputs(line_.c_str(), stderr);
  }
  // The last state stays.
  void end() const { std::fprintf(stderr, on_terminal_ ? "\n" : "%s\n", line_.c_str()); }

 private:
  bool with_cost_;
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::string line_;
  double next_ = 0;
};

struct SynthesizeArguments {
  TeacherOptions options;
  std::string key_variable = "UPDRAFT_TEACHER_KEY";
  int limit = 300;  // seconds
  bool no_json_mode = false;
  bool print_rules = false;
};

Result<> run_synthesize(SynthesizeArguments arguments, const Stop& stop) {
  if (arguments.print_rules) return print(record_rules() + '\n');
  TeacherOptions& options = arguments.options;
  for (const auto& [missing, name] : {std::pair(options.endpoint.url.empty(), "--url"),
                                      {options.chat.model.empty(), "--model"},
                                      {options.out.empty(), "--out"}}) {
    if (missing) return fail(ErrorCode::invalid_argument, std::string("synthesize needs ") + name + " (see --help)");
  }
  if (const char* key = std::getenv(arguments.key_variable.c_str()); key != nullptr) options.endpoint.api_key = key;
  options.endpoint.limit = std::chrono::seconds(arguments.limit);
  options.chat.json_mode = !arguments.no_json_mode;

  std::signal(SIGPIPE, SIG_IGN);  // a broken connection is an error like others
  Display display(options.price_in > 0 || options.price_out > 0);
  const Observer observer{[&display](const Progress& progress) { display.progress(progress); },
                          [&display](const std::string& text) { display.note(text); }};
  const auto progress = synthesize(options, stop, observer);
  display.end();
  if (!progress) return tl::unexpected(progress.error());
  if (progress->failed > 0) {
    return fail(ErrorCode::io, std::to_string(progress->failed) + " of " + std::to_string(progress->total) +
                                   " intents failed; the same command asks for them again");
  }
  return {};
}

// ---- check-data ----

struct CheckArguments {
  std::string data;
  std::vector<std::string> only;
  std::size_t most = 20;
  bool json = false;
};

Result<> run_check_data(const CheckArguments& arguments, const std::vector<corpus::Check>& further) {
  std::vector<corpus::Check> checks = corpus::standard_checks();
  checks.insert(checks.end(), further.begin(), further.end());
  auto report = corpus::check(arguments.data, checks);
  if (!report) return tl::unexpected(report.error());
  if (!arguments.only.empty()) {
    std::erase_if(report->findings, [&](const corpus::Finding& finding) {
      return std::find(arguments.only.begin(), arguments.only.end(), finding.kind) == arguments.only.end();
    });
  }
  const std::size_t most = arguments.most == 0 ? SIZE_MAX : arguments.most;
  if (auto done = print(arguments.json ? corpus::to_json(*report) : corpus::to_text(*report, most)); !done) return done;
  if (report->findings.empty()) return {};
  return fail(ErrorCode::corrupt, arguments.data + ": " + std::to_string(report->findings.size()) + " findings");
}

}  // namespace

Subcommand add_synthesize(CLI::App& program) {
  CLI::App* app = program.add_subcommand("synthesize", "Have a teacher model write new records for the corpus");
  auto arguments = std::make_shared<SynthesizeArguments>();
  TeacherOptions& options = arguments->options;
  app->add_option("--url", options.endpoint.url, "OpenAI-compatible endpoint, http://host:port or https://host/v1");
  app->add_option("--model", options.chat.model, "the model's name there");
  app->add_option("--out", options.out, "file of records to go on with (JSON Lines)");
  app->add_option("--intents", options.intents, "text file, one intent a line")->check(CLI::ExistingFile);
  app->add_option("--category", options.categories,
                  "have the teacher think of intents of this category; can be repeated")
      ->check(CLI::IsMember(std::vector<std::string>(corpus::categories.begin(), corpus::categories.end())));
  app->add_option("--each", options.intents_a_category, "how many records of each category")
      ->check(CLI::Range(1, max_intents_a_category));
  app->add_option("--data", options.corpus, "folder of the corpus: what stands there is not written again")
      ->check(CLI::ExistingDirectory);
  app->add_option("--rules", options.rules, "text file that takes the place of the built-in rules")
      ->check(CLI::ExistingFile);
  app->add_flag("--print-rules", arguments->print_rules, "print the built-in rules and end");
  app->add_option("--in-flight", options.in_flight, "requests at the same time")
      ->check(CLI::Range(1, max_in_flight))
      ->capture_default_str();
  app->add_option("--attempts", options.retry.attempts, "attempts a request")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app->add_option("--limit", arguments->limit, "seconds a request may take")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app->add_option("--max-tokens", options.chat.max_tokens, "tokens an answer may have")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--temperature", options.chat.temperature, "of sampling")
      ->check(CLI::Range(0.0, 2.0))
      ->capture_default_str();
  app->add_option("--price-in", options.price_in, "price of a million tokens in, to show the cost")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--price-out", options.price_out, "price of a million tokens out")->check(CLI::NonNegativeNumber);
  app->add_flag("--no-json-mode", arguments->no_json_mode, "for endpoints that do not know response_format");
  app->add_option("--request", options.chat.extra, "JSON object merged into each request; null takes a member away");
  app->add_option("--key-variable", arguments->key_variable, "environment variable that holds the API key")
      ->capture_default_str();
  app->add_option("--seed", options.seed, "of what is drawn by chance")->capture_default_str();
  app->footer(
      "Examples:\n"
      "  updraft-train synthesize --url http://127.0.0.1:8080 --model any --intents intents.txt --data data --out "
      "new.jsonl\n"
      "  UPDRAFT_TEACHER_KEY=$(cat key) updraft-train synthesize --url https://host/v1 --model large --in-flight 16 "
      "\\\n"
      "    --category food_drink --category events --each 200 --data data --out new.jsonl --price-in 0.5 --price-out "
      "1.5\n"
      "  updraft-train synthesize ... --request '{\"max_tokens\": null, \"max_completion_tokens\": 3000}'\n"
      "Stop it at any time; the same command goes on from there.");
  return {app, [arguments](const Stop& stop) { return run_synthesize(*arguments, stop); }};
}

Subcommand add_check_data(CLI::App& program, std::vector<corpus::Check> further) {
  CLI::App* app = program.add_subcommand("check-data", "Find what is wrong with a corpus");
  auto arguments = std::make_shared<CheckArguments>();
  app->add_option("data,--data", arguments->data, "folder of the corpus (*.jsonl)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app->add_option("--only", arguments->only, "tell findings of this kind; can be repeated");
  app->add_option("--most", arguments->most, "findings told of each kind; 0: all")->capture_default_str();
  app->add_flag("--json", arguments->json, "print one JSON object with all findings");
  std::string kinds;
  for (const corpus::Kind& kind : corpus::kinds()) {
    kinds += "  " + std::string(kind.name) + std::string(18 - kind.name.size(), ' ') + std::string(kind.meaning) + '\n';
  }
  app->footer("Kinds:\n" + kinds +
              "Examples:\n"
              "  updraft-train check-data data\n"
              "  updraft-train check-data data --only spelling --only leaked-intent --most 0\n"
              "Exit code 0: nothing found.");
  return {app, [arguments, further = std::move(further)](const Stop&) { return run_check_data(*arguments, further); }};
}

}  // namespace updraft::teacher
