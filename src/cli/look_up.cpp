#include "cli/look_up.h"

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/contact_sheet.h"

namespace updraft::cli {

void add_filter_option(CLI::App& app, std::vector<std::string>& filters) {
  app.add_option("-f,--filter", filters,
                 "Only assets with this value; again: also with that value of another field, or with either of one")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false);
}

void add_encoder_option(CLI::App& app, std::string& encoder) {
  typed_options(app)(
      "--encoder", encoder,
      "The text encoder of the catalogue (UPDRAFT_MINILM, else the one that comes with updraft); none: words alone",
      "FILE");
}

void add_pair_option(CLI::App& app, std::string& pair) {
  typed_options(app)("--pair", pair,
                     "A pair of encoders of your own in ONNX, such as a CLIP: the folder with its pair.json "
                     "(docs/pictures.md); the one that the catalogue was indexed with",
                     "FOLDER");
}

Result<std::vector<Facet>> read_filters(const std::vector<std::string>& typed) {
  std::vector<Facet> filters;
  for (const std::string& filter : typed) {
    const std::size_t equals = filter.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorCode::invalid_argument,
                  "--filter is a field and a value, such as colour=red, not " + quote(filter));
    }
    filters.push_back({filter.substr(0, equals), filter.substr(equals + 1)});
  }
  return filters;
}

Result<std::vector<std::string>> write_queries(const std::optional<Suggester>& suggester, Task task, int n,
                                               std::string_view text) {
  std::vector<std::string> queries;
  if (!suggester) return queries;
  SuggestOptions options;
  options.task = task;
  options.n = n;
  const auto written = suggester->suggest(text, options);
  if (!written) return tl::unexpected(written.error());
  for (const Suggestion& suggestion : written->items) queries.push_back(suggestion.text);
  return queries;
}

std::string told(const Correction& correction) {
  return "'" + correction.typed + "' is in no asset; searched for '" + correction.meant + "'";
}

std::string entry(std::size_t place, const Asset& asset, const std::optional<std::string>& why,
                  const Terminal& terminal) {
  const std::string number = right(std::to_string(place), 3);
  const std::size_t indent = number.size() + 2;
  std::string out = terminal.faint(number) + "  " +
                    terminal.title(wrap(printable(title_of(asset)), terminal.width, indent, indent)) + '\n';
  const auto line = [&](const std::string& text) {
    out += std::string(indent, ' ') + terminal.faint(wrap(printable(text), terminal.width, indent, indent)) + '\n';
  };
  line(asset.id);
  if (!asset.tags.empty()) line(tags_of(asset));
  if (why) line(*why);
  return out;
}

}  // namespace updraft::cli
