#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <new>
#include <vector>

#include "cli/arguments.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"

namespace updraft::cli {
namespace {

Error wrong(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

// CLI11's complaint in our words: one line that says what to do.
Error explain(const CLI::ParseError& error, const CLI::App& program) {
  const auto chosen = program.get_subcommands();
  if (chosen.empty()) {
    const std::vector<std::string> rest = program.remaining();
    if (rest.empty()) return wrong("no command; try: updraft suggest \"holiday sale\", or updraft --help");
    std::vector<std::string> names = option_names(program);
    for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(app->get_name());
    const bool is_option = rest.front().starts_with('-');
    return wrong(std::string("there is no ") + (is_option ? "option " : "command ") + quote(rest.front()) +
                 did_you_mean(rest.front(), views(names)) + " (see updraft --help)");
  }

  const CLI::App* innermost = chosen.front();
  std::string name = innermost->get_name();
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().front();
    name += ' ' + innermost->get_name();
  }
  const CLI::App& app = *innermost;
  const std::string help = " (see updraft " + name + " --help)";
  const std::vector<std::string> rest = app.remaining();
  for (const std::string& word : rest) {
    if (word.size() < 2 || !word.starts_with('-')) continue;
    const std::vector<std::string> names = option_names(app);
    const std::string option = word.substr(0, word.find('='));
    return wrong(
        name.append(" has no option ").append(quote(option)).append(did_you_mean(option, views(names))).append(help));
  }
  if (!rest.empty()) {
    return wrong("one argument too many: " + quote(rest.front()) + "; put words that belong together in quotes" + help);
  }
  const std::string what = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return wrong(name + ": " + what + help);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return wrong("option " + what.substr(0, what.find(':')) + " needs a value" + help);
  }
  return wrong(what + help);
}

int parse_and_run(int argc, const char* const* argv, std::span<const AddSubcommand> add_subcommands) {
  std::signal(SIGPIPE, SIG_IGN);  // print() sees it
  CLI::App program("Turns what you want into ready prompts for search, recommendation and image generation.",
                   "updraft");
  program.set_version_flag("-v,--version", "updraft " UPDRAFT_VERSION, "Print the version");
  program.set_help_flag("-h,--help", "Print this help");
  program.get_formatter()->column_width(34);
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  updraft suggest \"holiday sale\"\n"
      "  updraft suggest \"holiday sale\" --task template -n 3 --json\n"
      "  updraft suggest --help\n"
      "\n"
      "Exit codes: 0 done, 1 updraft or the system failed, 2 what was asked for cannot be done.");
  std::vector<Subcommand> subcommands;
  for (const AddSubcommand add : add_subcommands) subcommands.push_back(add(program));
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return finish(print(program.help()));
  } catch (const CLI::CallForVersion& version) {
    return finish(print(std::string(version.what()) + '\n'));
  } catch (const CLI::ParseError& error) {
    return report(explain(error, program));
  }
  for (const Subcommand& subcommand : subcommands) {
    if (subcommand.app->parsed()) return subcommand.run();
  }
  return user_error;  // not reached: one subcommand is required
}

}  // namespace

int run_program(int argc, const char* const* argv, std::span<const AddSubcommand> subcommands) {
  try {
    return parse_and_run(argc, argv, subcommands);
  } catch (const std::bad_alloc&) {
    return report({ErrorCode::io, "out of memory"});
  } catch (const std::exception& error) {
    return report({ErrorCode::io, std::string("unexpected: ") + error.what()});
  }
}

}  // namespace updraft::cli
