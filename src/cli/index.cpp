// updraft index: a catalogue from files, and the catalogue kept in line with them.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "cli/arguments.h"
#include "cli/indexing.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "updraft/catalogue.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string path;
  std::string catalogue = "catalogue";
  std::string encoder;
  std::string image_encoder;
  std::string pair;
  std::string threads = "0";
  bool keep = false;
  bool json = false;
  bool quiet = false;
};

std::string summary(const IndexReport& report) {
  std::string out = std::to_string(report.assets) + " assets: " + std::to_string(report.added) + " added, " +
                    std::to_string(report.changed) + " changed, " + std::to_string(report.deleted) + " deleted, " +
                    std::to_string(report.unchanged) + " as they were";
  if (report.kept > 0) out += ", " + std::to_string(report.kept) + " kept that the source does not hold";
  if (report.refused > 0) out += "; " + std::to_string(report.refused) + " refused";
  if (report.unseen > 0) out += "; " + std::to_string(report.unseen) + " pictures unseen";
  return out + "; " + duration(report.seconds) + " minutes\n";
}

std::string to_json(const IndexReport& report) {
  const nlohmann::ordered_json object = {{"assets", report.assets},   {"added", report.added},
                                         {"changed", report.changed}, {"deleted", report.deleted},
                                         {"kept", report.kept},       {"unchanged", report.unchanged},
                                         {"refused", report.refused}, {"unseen", report.unseen},
                                         {"encoded", report.encoded}, {"seconds", report.seconds}};
  return api::json_line(object);
}

int run(const Arguments& arguments) {
  const auto threads = read_threads(arguments.threads);
  if (!threads) return report(threads.error());
  if (!arguments.pair.empty() && !(arguments.encoder.empty() && arguments.image_encoder.empty())) {
    return report({ErrorCode::invalid_argument,
                   "--pair names both encoders of the catalogue; leave --encoder and --image-encoder out"});
  }
  IndexOptions options;
  options.text_encoder = text_encoder_path(arguments.encoder);
  if (arguments.image_encoder != "none" && !options.text_encoder.empty()) {
    options.image_encoder = image_encoder_path(arguments.image_encoder);
  }
  options.pair = pair_files(arguments.pair);
  options.threads = *threads;
  options.keep = arguments.keep;
  const auto done = index_aloud(arguments.path, arguments.catalogue, std::move(options), arguments.quiet);
  if (!done) return report(done.error());
  const auto printed = print(arguments.json ? to_json(*done) : summary(*done));
  if (!printed) return report(printed.error());
  return done->refused + done->unseen == 0 ? success : user_error;
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
         "What looks at pictures (UPDRAFT_IMAGE_ENCODER, else the one that comes with updraft); none: "
         "their words alone",
         "FILE");
  option("--pair", arguments->pair,
         "A pair of encoders of your own in ONNX, such as a CLIP, instead of both: the folder with its pair.json "
         "(docs/pictures.md)",
         "FOLDER");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  app->add_flag("-q,--quiet", arguments->quiet, "Say nothing of progress");
  app->footer(
      "Examples:\n"
      "  updraft index pictures/ --catalogue pictures.catalogue\n"
      "  updraft index products.csv --catalogue shop\n"
      "  updraft index more.jsonl --catalogue shop --keep\n"
      "  updraft index photos/ --catalogue photos.catalogue --pair clip/\n"
      "A line or record is one asset: id, title, description, tags, popularity, url; any other field can be filtered "
      "by.\n"
      "A url that is the path of a picture in PATH's folder is looked at.\n"
      "Run it again after a change: only what changed is computed. It can be stopped at any moment; what is refused or "
      "cannot be seen is told\n"
      "with its line, and the rest goes on (exit code 2).");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
