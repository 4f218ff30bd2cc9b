#include "cli/eval_picture.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "cli/arguments.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "encode/text_encoder.h"
#include "eval/picture_quality.h"
#include "eval/table.h"
#include "files/replacement.h"
#include "sight/tags.h"
#include "updraft/suggest.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string path;
  std::string model;
  std::string encoder;
  std::string minilm;
  std::string timed = "40";
  std::string threads = "0";
  std::string out;
  bool json = false;
};

struct Report {
  std::size_t drawings = 0, asked = 0, unreadable = 0;
  eval::FoundFigures found;
  eval::TagFigures tags;
  std::vector<double> look_ms;     // of each picture that was read
  std::vector<double> suggest_ms;  // from a picture's bytes to eight queries
};

// What there is to measure with.
struct Tools {
  PictureReader reader;
  encode::TextEncoder text_encoder;
  std::vector<std::string> tag_names;
};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Result<Tools> open(const Arguments& typed, int threads) {
  const std::filesystem::path encoder = image_encoder_path(typed.encoder);
  auto reader = PictureReader::load({.image_encoder = encoder, .threads = threads, .read_text = false});
  if (!reader) return tl::unexpected(reader.error());
  auto text_encoder = encode::TextEncoder::load(text_encoder_path(typed.minilm), {.threads = threads});
  if (!text_encoder) return tl::unexpected(text_encoder.error());
  if (reader->dimension() != text_encoder->dimension()) {
    return fail(ErrorCode::unsupported, encoder.string() + ": its points are not of the text encoder's space");
  }
  const auto tags = sight::Tags::open(encoder.parent_path() / "image-tags-q8_0.gguf");
  if (!tags) return tl::unexpected(tags.error());
  return Tools{*std::move(reader), *std::move(text_encoder), {tags->names().begin(), tags->names().end()}};
}

Result<Report> measure(const Tools& tools, std::span<const eval::Drawing> drawings) {
  Report report;
  eval::Points points{static_cast<std::size_t>(tools.reader.dimension()), {}, {}};
  std::vector<std::size_t> asked, bank;
  std::vector<eval::Drawing> told;
  std::vector<std::vector<SeenTag>> tags;
  for (const eval::Drawing& drawing : drawings) {
    auto seen = tools.reader.read(drawing.path);
    if (!seen) {
      ++report.unreadable;
      continue;
    }
    const std::string text = eval::text_of(drawing);
    const auto point = tools.text_encoder.encode(text);
    points.pictures.insert(points.pictures.end(), seen->point.begin(), seen->point.end());
    points.texts.insert(points.texts.end(), point.begin(), point.end());
    report.look_ms.push_back(seen->look_ms);
    if (drawing.part() == eval::Part::train) bank.push_back(report.drawings);
    if (drawing.part() == eval::Part::held_out) {
      asked.push_back(report.drawings);
      told.push_back(drawing);
      tags.push_back(std::move(seen->tags));
    }
    if (++report.drawings % 500 == 0) std::fprintf(stderr, "%zu of %zu drawings\n", report.drawings, drawings.size());
  }
  if (asked.empty()) return fail(ErrorCode::invalid_argument, "no drawing that can be read is held out");
  report.asked = asked.size();
  report.found = eval::measure_found(points, asked, bank);
  report.tags = eval::measure_tags(told, tags, tools.tag_names);
  return report;
}

// From a picture to eight queries, as `updraft suggest --image FILE --task query --no-ocr` gets there.
Result<> time_suggestions(const Arguments& typed, int threads, std::size_t n, const Tools& tools,
                          std::span<const eval::Drawing> drawings, Report& report) {
  const auto model = Model::load(model_path(typed.model), threads);
  if (!model) return tl::unexpected(model.error());
  const auto suggester = Suggester::with(*model, {.threads = threads, .text_encoder = text_encoder_path(typed.minilm)});
  if (!suggester) return tl::unexpected(suggester.error());
  const auto detector = IntentDetector::with(*model);
  if (!detector) return tl::unexpected(detector.error());
  for (const eval::Drawing& drawing : drawings) {
    if (report.suggest_ms.size() == n) return {};
    if (drawing.part() != eval::Part::held_out) continue;
    const auto start = std::chrono::steady_clock::now();
    const auto seen = tools.reader.read(drawing.path);
    if (!seen) continue;
    const auto intent = intent_of(*seen, "", &*detector);
    if (!intent) return tl::unexpected(intent.error());
    SuggestOptions options;
    options.task = Task::query;
    options.n = 8;
    const auto suggestions = suggester->suggest(intent->text, options);
    if (!suggestions) return tl::unexpected(suggestions.error());
    report.suggest_ms.push_back(milliseconds_since(start));
  }
  return {};
}

std::string to_text(const Report& r) {
  using eval::percent;
  std::string out = eval::print("%zu drawings (%zu that cannot be read), %zu of them held out\n\n", r.drawings,
                                r.unreadable, r.asked);
  out += eval::table({{"held-out drawings", ""},
                      {"tags: recall@10", percent(r.tags.recall_10)},
                      {"tags: recall@10 of all that a drawing has", percent(r.tags.recall_10_all)},
                      {"tags: the likeliest is right", percent(r.tags.right_1)},
                      {"tags: calibration error", eval::print("%.3f", r.tags.calibration_error)},
                      {"text to picture: R@10", percent(r.found.text_to_picture)},
                      {"the same, less hubs", percent(r.found.text_to_picture_no_hubs)},
                      {"the same, any picture of that text", percent(r.found.same_text)},
                      {"picture to text: R@10", percent(r.found.picture_to_text)},
                      {"the same, less hubs", percent(r.found.picture_to_text_no_hubs)},
                      {"looking at a picture, median", eval::print("%.0f ms", eval::quantile(r.look_ms, 0.5))},
                      {"picture to 8 queries, median", eval::print("%.0f ms", eval::quantile(r.suggest_ms, 0.5))},
                      {"picture to 8 queries, 9 of 10", eval::print("%.0f ms", eval::quantile(r.suggest_ms, 0.9))}});
  return out;
}

std::string to_json(const Report& r) {
  return api::json_line({{"drawings", r.drawings},
                         {"unreadable", r.unreadable},
                         {"held_out", r.asked},
                         {"tags",
                          {{"recall_10", r.tags.recall_10.value()},
                           {"recall_10_all", r.tags.recall_10_all.value()},
                           {"right_1", r.tags.right_1.value()},
                           {"calibration_error", r.tags.calibration_error}}},
                         {"text_to_picture_10", r.found.text_to_picture.value()},
                         {"text_to_picture_10_no_hubs", r.found.text_to_picture_no_hubs.value()},
                         {"text_to_picture_10_same_text", r.found.same_text.value()},
                         {"picture_to_text_10", r.found.picture_to_text.value()},
                         {"picture_to_text_10_no_hubs", r.found.picture_to_text_no_hubs.value()},
                         {"look_ms", api::rounded(eval::quantile(r.look_ms, 0.5))},
                         {"suggest_ms", api::rounded(eval::quantile(r.suggest_ms, 0.5))},
                         {"suggest_ms_90", api::rounded(eval::quantile(r.suggest_ms, 0.9))}});
}

Result<> run(const Arguments& typed) {
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  const auto timed = read_integer("--timed", typed.timed, 0, 10'000);
  if (!timed) return tl::unexpected(timed.error());
  const auto drawings = eval::read_drawings(typed.path);
  if (!drawings) return tl::unexpected(drawings.error());
  const auto tools = open(typed, *threads);
  if (!tools) return tl::unexpected(tools.error());
  auto report = measure(*tools, *drawings);
  if (!report) return tl::unexpected(report.error());
  if (*timed > 0) {
    auto done = time_suggestions(typed, *threads, *timed, *tools, *drawings, *report);
    if (!done) return done;
  }
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, to_json(*report)); !done) return done;
  }
  return print(typed.json ? to_json(*report) : to_text(*report));
}

}  // namespace

Subcommand add_eval_picture(CLI::App& eval) {
  CLI::App* app = eval.add_subcommand("picture", "Measure what is seen on drawings that say what they are");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("PATH", arguments->path, "A folder of SVG files with titles and tags, such as openclipart's")
      ->required()
      ->type_name("FILE");
  const auto option = typed_options(*app);
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--image-encoder", arguments->encoder,
         "What looks at them (UPDRAFT_IMAGE_ENCODER, else the one that comes with updraft)", "FILE");
  option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)", "FILE");
  option("--timed", arguments->timed, "So many pictures are timed to their suggestions; 0: none (40)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("-o,--out", arguments->out, "Write the JSON object to this file as well", "FILE");
  app->footer(
      "Example:\n"
      "  updraft eval picture /usr/share/openclipart/svg\n"
      "docs/pictures.md tells what is asked and what counts as found.");
  return {app, [arguments] { return finish(run(*arguments)); }};
}

}  // namespace updraft::cli
