// updraft index: a catalogue from files, and the catalogue kept in line with them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "cli/arguments.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "updraft/catalogue.h"

namespace updraft::cli {
namespace {

constexpr std::size_t shown_refusals = 20;  // the rest is counted

struct Arguments {
  std::string path;
  std::string catalogue = "catalogue";
  std::string encoder;
  std::string image_encoder;
  std::string pair;
  std::string threads = "0";
  bool keep = false;
  bool quiet = false;
};

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, 1e8)));
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return (whole >= 3600 ? std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) : std::to_string(whole / 60)) +
         ":" + two(whole % 60);
}

// On a terminal a bar that changes, else a line for each tenth; on stderr.
class Progress {
 public:
  void operator()(const IndexProgress& progress) {
    const int tenth = static_cast<int>(progress.share * 10);
    if (!on_terminal_ && tenth == last_tenth_) return;
    last_tenth_ = tenth;
    std::string text = std::to_string(progress.assets) + " assets, " +
                       std::to_string(static_cast<long>(progress.assets_a_second)) + " a second";
    if (progress.share < 1 && progress.seconds_left) text += ", " + duration(*progress.seconds_left) + " left";
    if (on_terminal_) {
      constexpr std::size_t width = 24;
      const auto full = static_cast<std::size_t>(progress.share * width);
      text = "\r\033[K[" + std::string(full, '#') + std::string(width - full, '.') + "] " + text;
      open_ = true;
    } else {
      text += '\n';
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
  // Before another line, and at the end.
  void leave_line() {
    if (open_) std::fputs("\r\033[K", stderr);
    open_ = false;
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool open_ = false;
  int last_tenth_ = -1;
};

std::string summary(const IndexReport& report) {
  std::string out = std::to_string(report.assets) + " assets: " + std::to_string(report.added) + " added, " +
                    std::to_string(report.changed) + " changed, " + std::to_string(report.deleted) + " deleted, " +
                    std::to_string(report.unchanged) + " as they were";
  if (report.kept > 0) out += ", " + std::to_string(report.kept) + " kept that the source does not hold";
  if (report.refused > 0) out += "; " + std::to_string(report.refused) + " refused";
  return out + "; " + duration(report.seconds) + " minutes\n";
}

int run(const Arguments& arguments) {
  const auto threads = read_threads(arguments.threads);
  if (!threads) return report(threads.error());
  if (!arguments.pair.empty() && !(arguments.encoder.empty() && arguments.image_encoder.empty())) {
    return report({ErrorCode::invalid_argument,
                   "--pair names both encoders of the catalogue; leave --encoder and --image-encoder out"});
  }
  Progress progress;
  std::size_t refusals = 0;
  IndexOptions options;
  options.text_encoder = text_encoder_path(arguments.encoder);
  if (arguments.image_encoder != "none" && !options.text_encoder.empty()) {
    options.image_encoder = image_encoder_path(arguments.image_encoder);
  }
  options.pair = pair_files(arguments.pair);
  options.threads = *threads;
  options.keep = arguments.keep;
  options.on_refusal = [&](const Refusal& refusal) {
    if (++refusals > shown_refusals) return;
    progress.leave_line();
    const std::string where = refusal.line == 0 ? std::string() : "line " + std::to_string(refusal.line) + ": ";
    const std::string line = "updraft: " + printable(where + refusal.reason) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  };
  if (!arguments.quiet) options.on_progress = [&](const IndexProgress& p) { progress(p); };
  const auto done = index(arguments.path, arguments.catalogue, options);
  progress.leave_line();
  if (refusals > shown_refusals) {
    std::fprintf(stderr, "updraft: and %zu more\n", refusals - shown_refusals);
  }
  if (!done) return report(done.error());
  const auto printed = print(summary(*done));
  if (!printed) return report(printed.error());
  return refusals == 0 ? success : user_error;
}

}  // namespace

Subcommand add_index(CLI::App& program) {
  CLI::App* app = program.add_subcommand("index", "Make a catalogue of assets, or bring it up to date");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("PATH", arguments->path, "JSON Lines (.jsonl), CSV (.csv), or a folder of pictures")
      ->required()
      ->type_name("FILE");
  const auto option = typed_options(*app);
  option("-c,--catalogue", arguments->catalogue,
         "Directory of the catalogue (catalogue), or weaviate://HOST:PORT,.../NAME", "FILE");
  app->add_flag("--keep", arguments->keep, "Delete nothing that PATH does not hold");
  option("--encoder", arguments->encoder,
         "What finds by meaning (UPDRAFT_MINILM, else the one that comes with updraft); none: words alone", "FILE");
  option("--image-encoder", arguments->image_encoder,
         "What looks at the pictures of a folder (UPDRAFT_IMAGE_ENCODER, else the one that comes with updraft); none: "
         "their words alone",
         "FILE");
  option("--pair", arguments->pair,
         "A pair of encoders of your own in ONNX, such as a CLIP, instead of both: the folder with its pair.json "
         "(docs/pictures.md)",
         "FOLDER");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->add_flag("-q,--quiet", arguments->quiet, "Say nothing of progress");
  app->footer(
      "Examples:\n"
      "  updraft index pictures/ --catalogue pictures.catalogue\n"
      "  updraft index products.csv --catalogue shop\n"
      "  updraft index more.jsonl --catalogue shop --keep\n"
      "  updraft index photos/ --catalogue photos.catalogue --pair clip/\n"
      "A line or record is one asset: id, title, description, tags, popularity, url; any other field can be filtered "
      "by.\n"
      "Run it again after a change: only what changed is computed. It can be stopped at any moment; what is refused is "
      "told\n"
      "with its line, and the rest goes on (exit code 2).");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
