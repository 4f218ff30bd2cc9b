// What the command line says about looking something up in a catalogue, and what the model adds to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "updraft/catalogue.h"
#include "updraft/suggest.h"

namespace CLI {
class App;
}

namespace updraft::cli {

// --filter, --encoder and --pair, as every command that looks something up has them; their values are read later.
void add_filter_option(CLI::App& app, std::vector<std::string>& filters);
void add_encoder_option(CLI::App& app, std::string& encoder);
void add_pair_option(CLI::App& app, std::string& pair);

// "colour=red". Errors: invalid_argument.
[[nodiscard]] Result<std::vector<Facet>> read_filters(const std::vector<std::string>& typed);

// What the model writes for the text; nothing without a model. Errors: as Suggester::suggest.
[[nodiscard]] Result<std::vector<std::string>> write_queries(const std::optional<Suggester>& suggester, Task task,
                                                             int n, std::string_view text);

// "'hoilday' is in no asset; searched for 'holiday'"
[[nodiscard]] std::string told(const Correction& correction);

// An asset of a list for people, by its place from 1: title, id, the first tags and, if it is told, why it is there.
[[nodiscard]] std::string entry(std::size_t place, const Asset& asset, const std::optional<std::string>& why,
                                const Terminal& terminal);

}  // namespace updraft::cli
