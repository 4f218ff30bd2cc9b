// updraft completion: what a shell needs to complete our commands and options, generated from the command line itself.
// An option's type name says what its value may be: "a|b|c" one of these, "FILE" a file, anything else nothing we know.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <sstream>

#include "cli/arguments.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"

namespace updraft::cli {
namespace {

struct Option {
  std::vector<std::string> names = {};   // "-t", "--task"; none: a positional argument
  std::vector<std::string> values = {};  // what the value may be
  bool takes_value = false;
  bool takes_file = false;
  std::string description = {};
};

struct Syntax {
  std::string name;
  std::string description;
  std::vector<Option> options;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) out.append(out.empty() ? "" : separator).append(part);
  return out;
}

// A command that has commands of its own offers these, and what any of them offers.
Syntax syntax_of(const CLI::App& app) {
  Syntax syntax{app.get_name(), app.get_description(), {}};
  for (const CLI::Option* option : app.get_options()) {
    Option o;
    for (const std::string& name : option->get_snames()) o.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) o.names.push_back("--" + name);
    o.takes_value = option->get_items_expected_max() > 0;
    if (o.takes_value) {
      const std::string type = option->get_type_name();
      o.takes_file = type == "FILE" || type == "FOLDER";
      if (type.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) o.values = split(type, '|');
    }
    o.description = option->get_description();
    syntax.options.push_back(std::move(o));
  }
  const auto inner = app.get_subcommands([](const CLI::App*) { return true; });
  if (app.get_parent() == nullptr || inner.empty()) return syntax;
  Option command{.takes_value = true, .description = "command"};
  std::vector<Option> options;
  for (const CLI::App* one : inner) {
    command.values.push_back(one->get_name());
    for (Option& o : syntax_of(*one).options) {
      const auto is_same = [&](const Option& other) { return other.names == o.names; };
      const bool known = std::any_of(syntax.options.begin(), syntax.options.end(), is_same) ||
                         std::any_of(options.begin(), options.end(), is_same);
      if (!known) options.push_back(std::move(o));
    }
  }
  syntax.options.push_back(std::move(command));
  std::move(options.begin(), options.end(), std::back_inserter(syntax.options));
  return syntax;
}

// Everything that may stand where no option's value is expected.
std::string words_of(const Syntax& syntax) {
  std::vector<std::string> words;
  for (const Option& o : syntax.options) {
    const auto& offered = o.names.empty() ? o.values : o.names;
    words.insert(words.end(), offered.begin(), offered.end());
  }
  return join(words, " ");
}

std::string bash(const Syntax& program, const std::vector<Syntax>& subcommands) {
  std::vector<std::string> names;
  for (const Syntax& s : subcommands) names.push_back(s.name);

  std::ostringstream out;
  out << "# bash completion for updraft. To have it in every shell:\n"
         "#   updraft completion bash > ~/.local/share/bash-completion/completions/updraft\n"
         "_updraft() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word\n"
         "  # --option=value comes as three words\n"
         "  if [[ $current == = ]]; then\n"
         "    current=''\n"
         "  elif [[ $previous == = ]]; then\n"
         "    previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "  fi\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in\n"
         "      "
      << join(names, " | ")
      << ")\n"
         "        command=$word\n"
         "        break\n"
         "        ;;\n"
         "    esac\n"
         "  done\n"
         "  COMPREPLY=()\n"
         "  case $command:$previous in\n";
  for (const Syntax& s : subcommands) {
    for (const Option& o : s.options) {
      if (!o.takes_value || o.names.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : o.names) patterns.push_back(s.name + ":" + name);
      out << "    " << join(patterns, " | ") << ")\n";
      if (o.takes_file) {
        out << "      compopt -o filenames 2>/dev/null\n"
               "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n";
      } else if (!o.values.empty()) {
        out << "      mapfile -t COMPREPLY < <(compgen -W '" << join(o.values, " ") << "' -- \"$current\")\n";
      }
      out << "      return\n      ;;\n";
    }
  }
  out << "  esac\n"
         "  case $command in\n"
         "    '') mapfile -t COMPREPLY < <(compgen -W '"
      << join(names, " ") << ' ' << words_of(program) << "' -- \"$current\") ;;\n";
  for (const Syntax& s : subcommands) {
    out << "    " << s.name << ")\n"
        << "      mapfile -t COMPREPLY < <(compgen -W '" << words_of(s) << "' -- \"$current\")\n";
    for (const Option& o : s.options) {
      if (!o.names.empty() || !o.takes_file) continue;
      out << "      if [[ $current != -* ]]; then\n"
             "        compopt -o filenames 2>/dev/null\n"
             "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$current\")\n"
             "      fi\n";
      break;
    }
    out << "      ;;\n";
  }
  out << "  esac\n"
         "}\n"
         "complete -F _updraft updraft\n";
  return out.str();
}

// Inside a zsh '...' string, and inside one of _arguments' specifications.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out.append("\\").append(1, c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_specification(const Option& o) {
  std::string out = "'";
  if (o.names.size() > 1) out = "'(" + join(o.names, " ") + ")'{" + join(o.names, ",") + "}'";
  if (o.names.size() == 1) out += o.names.front();
  if (!o.names.empty()) out += "[" + zsh_text(o.description) + "]";
  if (o.takes_value) {
    out += ":" + zsh_text(o.names.empty() ? o.description : "value") + ":";
    if (o.takes_file) out += "_files";
    if (!o.values.empty()) out += "(" + join(o.values, " ") + ")";
  }
  return out + "'";
}

std::string zsh(const Syntax& program, const std::vector<Syntax>& subcommands) {
  std::ostringstream out;
  out << "#compdef updraft\n"
         "# zsh completion for updraft. To have it in every shell, write it to a folder of $fpath:\n"
         "#   updraft completion zsh > ~/.zfunc/_updraft\n"
         "_updraft() {\n"
         "  local state line\n"
         "  local -a commands\n"
         "  _arguments -C";
  for (const Option& o : program.options) out << " \\\n    " << zsh_specification(o);
  out << " \\\n    '1:command:->command' '*::argument:->argument'\n"
         "  case $state in\n"
         "    command)\n"
         "      commands=(";
  for (const Syntax& s : subcommands) out << "\n        '" << s.name << ":" << zsh_text(s.description) << "'";
  out << ")\n"
         "      _describe command commands ;;\n"
         "    argument)\n"
         "      case $line[1] in\n";
  for (const Syntax& s : subcommands) {
    out << "        " << s.name << ") _arguments";
    for (const Option& o : s.options) out << " \\\n          " << zsh_specification(o);
    out << " ;;\n";
  }
  out << "      esac ;;\n"
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _updraft ]]; then _updraft \"$@\"; else compdef _updraft updraft; fi\n";
  return out.str();
}

std::string fish_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish(const Syntax& program, const std::vector<Syntax>& subcommands) {
  std::ostringstream out;
  out << "# fish completion for updraft. To have it in every shell:\n"
         "#   updraft completion fish > ~/.config/fish/completions/updraft.fish\n"
         "complete -c updraft -f\n";
  const auto add = [&](const std::string& condition, const Option& o) {
    out << "complete -c updraft -n " << fish_text(condition);
    for (const std::string& name : o.names) {
      if (name.starts_with("--")) {
        out << " -l " << name.substr(2);
      } else {
        out << " -s " << name.substr(1);
      }
    }
    if (o.takes_file) out << (o.names.empty() ? " -F" : " -rF");
    if (!o.takes_file && o.takes_value && !o.names.empty()) out << " -x";
    if (!o.values.empty()) out << " -a " << fish_text(join(o.values, " "));
    out << " -d " << fish_text(o.description) << '\n';
  };
  for (const Option& o : program.options) add("__fish_use_subcommand", o);
  for (const Syntax& s : subcommands) {
    out << "complete -c updraft -n __fish_use_subcommand -a " << s.name << " -d " << fish_text(s.description) << '\n';
    for (const Option& o : s.options) add("__fish_seen_subcommand_from " + s.name, o);
  }
  return out.str();
}

Result<> complete(const CLI::App& program, const std::string& shell) {
  const Syntax top = syntax_of(program);
  std::vector<Syntax> subcommands;
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    subcommands.push_back(syntax_of(*app));
  }
  if (shell == "bash") return print(bash(top, subcommands));
  if (shell == "zsh") return print(zsh(top, subcommands));
  if (shell == "fish") return print(fish(top, subcommands));
  constexpr std::array<std::string_view, 3> shells = {"bash", "zsh", "fish"};
  return fail(ErrorCode::invalid_argument, "there is no completion for the shell " + quote(shell) +
                                               did_you_mean(shell, shells) + " (bash, zsh, fish)");
}

}  // namespace

Subcommand add_completion(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("completion", "Print a script that completes updraft's commands in your shell");
  auto shell = std::make_shared<std::string>();
  app->add_option("SHELL", *shell, "Which shell")->required()->type_name("bash|zsh|fish");
  app->footer(
      "Examples:\n"
      "  source <(updraft completion bash)\n"
      "  updraft completion fish > ~/.config/fish/completions/updraft.fish");
  return {app, [&program, shell] { return finish(complete(program, *shell)); }};
}

}  // namespace updraft::cli
