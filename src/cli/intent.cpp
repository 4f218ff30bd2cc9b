// updraft intent: what a person wants, from what they typed and what they show.
#include "updraft/intent.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/seen.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string utterance;
  PictureArguments picture;
  std::string model;
  std::string threads = "0";
  bool json = false;
};

const InputRules& utterance_rules() {
  static const InputRules rules{"utterance", max_utterance_bytes,
                                "say what is wanted, e.g. \"need a flyer for our xmas sale\""};
  return rules;
}

// Those that are likely enough to speak of.
std::string to_text(const std::vector<Share>& shares) {
  constexpr double worth_a_word = 0.05;
  std::string text;
  for (const Share& share : shares) {
    if (!text.empty() && share.probability < worth_a_word) break;
    text += (text.empty() ? "" : "   ") + share.name + ' ' + number(share.probability, 2);
  }
  return text;
}

std::string to_text(std::string_view utterance, const std::optional<Seen>& seen, const Intent& intent,
                    const Terminal& terminal) {
  constexpr std::size_t names = 12;
  std::string out;
  if (!utterance.empty()) out = terminal.heading(wrap(printable(utterance), terminal.width, 0, 0)) + "\n\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    out += terminal.title(left(name, names)) + wrap(printable(value), terminal.width, names, names) + '\n';
  };
  if (seen) line("seen", told(*seen));
  line("intent", intent.text);
  line("goal", to_text(intent.goals));
  line("category", to_text(intent.categories));
  for (const Facet& facet : intent.facets) line(facet.name, facet.value);
  line("language", intent.language);
  line("confidence", number(intent.confidence, 2) +
                         (intent.confidence < least_confidence ? ": hardly understood, taken as it was typed" : ""));
  return out;
}

int run(const Arguments& arguments) {
  const auto threads = read_threads(arguments.threads);
  if (!threads) return report(threads.error());
  const bool only_shown = arguments.utterance.empty() && !arguments.picture.image.empty();
  if (const auto checked = check_inputs(arguments.utterance, utterance_rules()); !checked && !only_shown) {
    return report(checked.error());
  }
  const auto seen = look(arguments.picture, *threads);
  if (!seen) return report(seen.error());
  const auto detector = IntentDetector::load(model_path(arguments.model), *threads);
  if (!detector) return report_model(detector.error());
  const Terminal terminal = Terminal::of(stdout);
  return answer_inputs(arguments.utterance, utterance_rules(), [&](std::string_view utterance, bool first) -> Result<> {
    const auto intent = *seen ? intent_of(**seen, utterance, &*detector) : detector->detect(utterance);
    if (!intent) return tl::unexpected(intent.error());
    if (arguments.json) return print(api::json_line(api::with_seen(*seen, api::to_json(utterance, *intent))));
    return print((first ? "" : "\n") + to_text(utterance, *seen, *intent, terminal));
  });
}

}  // namespace

Subcommand add_intent(CLI::App& program) {
  CLI::App* app = program.add_subcommand("intent", "Tell what is wanted, from what was typed");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("UTTERANCE", arguments->utterance, "What was typed, in any words; - reads one a line from stdin")
      ->type_name("");
  const auto option = typed_options(*app);
  add_picture_options(*app, arguments->picture);
  app->add_flag("-j,--json", arguments->json, "Print one JSON object a line");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->footer(
      "Examples:\n"
      "  updraft intent \"need a flyer for our xmas sale pls\"\n"
      "  updraft intent --image photo.jpg \"like this but in blue, for kids\"\n"
      "  updraft intent - --json < utterances.txt");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
