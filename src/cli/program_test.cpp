// The whole program as a process, in front of a suggester that makes its answers up (fake_suggester.cpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/run.h"
#include "encode/image_encoder.h"
#include "encode/small_bert.h"
#include "encode/small_efficient_net.h"
#include "encode/text_encoder.h"
#include "files/test_folder.h"

namespace updraft::cli {
namespace {

using Words = std::vector<std::string>;

Finished updraft(Words arguments, const Setting& setting = {}) {
  arguments.insert(arguments.begin(), UPDRAFT_FAKE);
  return run(arguments, setting);
}

std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// Refused as the user's mistake: nothing on stdout, one line on stderr that holds `message`.
void expect_refused(const Finished& result, const std::string& message) {
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_TRUE(result.err.starts_with("updraft: ")) << result.err;
  EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
}

TEST(Program, PrintsItsVersion) {
  const Finished result = updraft({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "updraft " UPDRAFT_VERSION "\n");
}

TEST(Program, HelpsWithExamplesForEachCommand) {
  EXPECT_NE(updraft({"--help"}).out.find("updraft suggest \"holiday sale\"\n"), std::string::npos);
  for (const std::string command : {"suggest", "intent", "index", "search", "feedback", "convert", "completion"}) {
    const Finished result = updraft({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.out.find("Example"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("\n  updraft " + command), std::string::npos) << result.out;
    EXPECT_EQ(result.err, "");
  }
}

TEST(Program, RefusesWhatIsNoCommand) {
  expect_refused(updraft({}), "no command; try: updraft suggest");
  expect_refused(updraft({"sugest", "x"}), "there is no command 'sugest'; did you mean 'suggest'?");
  expect_refused(updraft({"frobnicate"}), "there is no command 'frobnicate' (see updraft --help)");
  expect_refused(updraft({"--versoin"}), "there is no option '--versoin'; did you mean '--version'?");
}

TEST(Suggest, AnswersEveryTaskInOrder) {
  const Finished result = updraft({"suggest", "holiday sale", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 4U);
  const Words tasks = {"query", "related", "template", "image"};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(lines[i].at("intent"), "holiday sale");
    EXPECT_EQ(lines[i].at("task"), tasks[i]);
    EXPECT_EQ(lines[i].at("suggestions").size(), 8U);
  }
}

TEST(Suggest, HandsOptionsOn) {
  const Finished result =
      updraft({"suggest", "sale", "--task", "image", "-n", "1", "--words", "5-30", "--return", "7", "--seed",
               "18446744073709551615", "--candidates", "5", "--temperature", "0.25", "--threads", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json_lines(result.out).at(0).at("suggestions").at(0).at("text"),
            "sale #0 seed 18446744073709551615 return 7 words 5-30 candidates 5 temperature 0.250000 threads 2");
}

TEST(Suggest, HasTheSuggestersDefaults) {
  const Finished result = updraft({"suggest", "sale", "--task=query", "-n1", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json_lines(result.out).at(0).at("suggestions").at(0).at("text"),
            "sale #0 seed 0 return 9 words any candidates 4 temperature any threads 0");
}

TEST(Suggest, TakesAnyIntentAsItIs) {
  for (const std::string intent : {"{}", "%%", "[a,b]", "a,b", "'quoted'", "\"quoted\"", "suggest", "convert",
                                   "-20% off", "a=b", "世界 🎄", "\033[31mred", "two\nlines", "/h", "@file"}) {
    const Finished result = updraft({"suggest", intent, "--task", "query", "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(json_lines(result.out).at(0).at("intent"), intent);
  }
  EXPECT_EQ(json_lines(updraft({"suggest", "--json", "--task", "query", "--", "--json"}).out).at(0).at("intent"),
            "--json");
}

TEST(Suggest, RefusesBadOptions) {
  expect_refused(updraft({"suggest", "x", "--task", "templat"}),
                 "there is no task 'templat'; did you mean 'template'?");
  expect_refused(updraft({"suggest", "x", "--task", "video"}), "choose query, related, template, image or all");
  expect_refused(updraft({"suggest", "x", "--task", "intent"}), "there is no task 'intent'");
  expect_refused(updraft({"suggest", "x", "-n", "0"}), "-n must be a whole number from 1 to 64, not '0'");
  expect_refused(updraft({"suggest", "x", "-n", "-3"}), "-n must be");
  expect_refused(updraft({"suggest", "x", "--words", "30-5"}), "did you mean '5-30'?");
  expect_refused(updraft({"suggest", "x", "--words", ""}),
                 "--words must be a number of words from 1 to 99 or a range such as 5-30, not ''");
  expect_refused(updraft({"suggest", "x", "--return", "10"}), "--return must be a whole number from 0 to 9, not '10'");
  expect_refused(updraft({"suggest", "x", "--seed", "-1"}), "--seed must be");
  expect_refused(updraft({"suggest", "x", "--temperature", "3"}),
                 "--temperature must be a number from 0 to 2, not '3'");
  expect_refused(updraft({"suggest", "x", "--threads", "many"}), "--threads must be");
  expect_refused(updraft({"suggest", "x", "--tsak", "query"}),
                 "suggest has no option '--tsak'; did you mean '--task'?");
  expect_refused(updraft({"suggest", "--jsn"}), "suggest has no option '--jsn'; did you mean '--json'?");
  expect_refused(updraft({"suggest", "x", "--task"}), "option --task needs a value");
  expect_refused(updraft({"suggest", "holiday", "sale"}),
                 "one argument too many: 'sale'; put words that belong together in quotes");
  expect_refused(updraft({"suggest"}), "the intent is empty");
}

TEST(Suggest, RefusesBadIntents) {
  expect_refused(updraft({"suggest", ""}), "the intent is empty");
  expect_refused(updraft({"suggest", " \t\n"}), "the intent is empty");
  expect_refused(updraft({"suggest", std::string(100'000, 'a')}), "the intent is longer than 4096 bytes");
  expect_refused(updraft({"suggest", "caf\xE9"}), "the intent is not valid UTF-8");
  expect_refused(updraft({"suggest", "refuse"}), "refused");
}

TEST(Suggest, RefusesABadModel) {
  expect_refused(updraft({"suggest", "x", "--model", "missing.gguf"}),
                 "missing.gguf: no such file; name a model file with --model or UPDRAFT_MODEL");
  expect_refused(updraft({"suggest", "x", "--model", "truncated.gguf"}), "truncated.gguf: truncated");
}

TEST(Suggest, FindsItsModelInTheEnvironmentUnlessToldOtherwise) {
  const Setting setting{.environment = {"UPDRAFT_MODEL=missing.gguf"}};
  expect_refused(updraft({"suggest", "x"}, setting), "missing.gguf");
  EXPECT_EQ(updraft({"suggest", "x", "--model", "other.gguf"}, setting).exit_code, 0);
}

TEST(Suggest, FailsWithAnotherCodeWhenItIsNotTheUsersFault) {
  const Finished result = updraft({"suggest", "break"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "updraft: broken\n");
}

TEST(Suggest, NeverRepeatsControlsInErrors) {
  const Finished result = updraft({"suggest", "x", "--task", "\033[31m\nquery"});
  expect_refused(result, "there is no task");
  EXPECT_EQ(result.err.find('\033'), std::string::npos);
}

TEST(Suggest, AnswersLinesOfStdinInOrder) {
  const Finished result =
      updraft({"suggest", "-", "--task", "query", "--json"}, {.stdin_text = "first\nsecond\r\nthird"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("intent"), "first");
  EXPECT_EQ(lines[1].at("intent"), "second");
  EXPECT_EQ(lines[2].at("intent"), "third");
}

TEST(Suggest, GoesOnAfterALineThatItCannotAnswer) {
  const std::string text = "first\n" + std::string(1 << 20, 'a') + "\n\ncaf\xE9\nrefuse\nlast\n";
  const Finished result = updraft({"suggest", "-", "--task", "query", "--json"}, {.stdin_text = text});
  EXPECT_EQ(result.exit_code, 2);
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].at("intent"), "last");
  EXPECT_EQ(result.err,
            "updraft: line 2: the intent is longer than 4096 bytes; say it in a sentence\n"
            "updraft: line 3: the intent is empty; say what the prompts are for, e.g. \"holiday sale\"\n"
            "updraft: line 4: the intent is not valid UTF-8\n"
            "updraft: line 5: refused\n");
}

TEST(Suggest, StopsWhenTheSystemFailsInTheMiddle) {
  const Finished result = updraft({"suggest", "-", "--json"}, {.stdin_text = "first\nbreak\nlast\n"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(json_lines(result.out).size(), 4U);
}

TEST(Suggest, OfNothingOnStdinIsNothing) {
  const Finished result = updraft({"suggest", "-"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST(Suggest, EndsQuietlyWhenNobodyReads) {
  const std::string command = UPDRAFT_FAKE " suggest - --json < <(yes intent | head -n 20000); echo $? >&2";
  const Finished result = run({"bash", "-c", "{ " + command + "; } | head -n 1"});
  EXPECT_EQ(json_lines(result.out).size(), 1U);
  EXPECT_EQ(result.err, "0\n");
}

TEST(Suggest, TellsAFullDisk) {
  const Finished result = updraft({"suggest", "x"}, {.stdout_path = "/dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "updraft: cannot write the output: No space left on device\n");
}

TEST(Intent, TellsPeopleWhatItUnderstood) {
  const Finished result = updraft({"intent", "xmas sale"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "xmas sale\n\n"
            "intent      xmas sale\n"
            "goal        template 0.75   search 0.25\n"
            "category    retail 0.90   holidays 0.10\n"
            "format      flyer\n"
            "colors      red, green\uFFFD[31m\n"
            "language    en\n"
            "confidence  0.88\n");
}

TEST(Intent, SaysWhenHardlyAnythingWasUnderstood) {
  EXPECT_NE(updraft({"intent", "asdf"}).out.find("confidence  0.12: hardly understood, taken as it was typed\n"),
            std::string::npos);
}

TEST(Intent, TellsProgramsEverything) {
  const Finished result = updraft({"intent", "-", "--json"}, {.stdin_text = "xmas sale\n\nrefuse\nlast"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "updraft: line 2: the utterance is empty; say what is wanted, e.g. \"need a flyer for our xmas sale\"\n"
            "updraft: line 3: refused\n");
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].at("utterance"), "last");
  EXPECT_EQ(lines[0], nlohmann::json::parse(R"({
    "utterance": "xmas sale", "intent": "xmas sale", "goal": "template", "category": "retail",
    "facets": {"format": "flyer", "colors": "red, green\u001b[31m"}, "language": "en", "confidence": 0.875,
    "goals": {"template": 0.75, "search": 0.25, "generate": 0.0, "recommend": 0.0},
    "categories": {"retail": 0.9, "holidays": 0.1}, "timings": {"load_ms": 40.5, "total_ms": 20.25}})"));
}

TEST(Intent, RefusesWhatIsNoUtterance) {
  expect_refused(updraft({"intent", " "}), "the utterance is empty");
  expect_refused(updraft({"intent", "x", "--model", "missing.gguf"}), "name a model file with --model");
  expect_refused(updraft({"intent", "x", "--threads", "many"}), "--threads must be a whole number");
}

TEST(Suggest, IsPlainInAPipeAndColouredOnATerminal) {
  const Words command = {UPDRAFT_FAKE, "suggest", "holiday sale", "--task", "query", "-n", "1"};
  EXPECT_EQ(run(command).out.find('\033'), std::string::npos);
  EXPECT_NE(
      run_in_terminal(command, 80, {.environment = {"TERM=xterm", "NO_COLOR="}}).out.find("\033[1;36mquery\033[0m"),
      std::string::npos);
  EXPECT_EQ(run_in_terminal(command, 80, {.environment = {"TERM=xterm", "NO_COLOR=1"}}).out.find('\033'),
            std::string::npos);
  EXPECT_EQ(run_in_terminal(command, 80, {.environment = {"TERM=dumb", "NO_COLOR="}}).out.find('\033'),
            std::string::npos);
}

TEST(Suggest, WrapsToTheTerminalsWidth) {
  const Finished result =
      run_in_terminal({UPDRAFT_FAKE, "suggest", "holiday sale"}, 40, {.environment = {"NO_COLOR=1"}});
  std::istringstream stream(result.out);
  for (std::string line; std::getline(stream, line);) EXPECT_LE(line.size(), 41U) << line;  // and '\r'
}

TEST(Suggest, DisarmsWhatAModelSays) {
  for (const Words& options : {Words{}, Words{"--json"}, Words{"--stats"}}) {
    Words command = {UPDRAFT_FAKE, "suggest", "hostile"};
    command.insert(command.end(), options.begin(), options.end());
    const Finished result = run_in_terminal(command, 80, {.environment = {"NO_COLOR=1"}});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out.find_first_of("\033\a\x7F\xFF"), std::string::npos);
    EXPECT_EQ(result.out.find("\xC2\x9B"), std::string::npos);
    EXPECT_NE(result.out.find("end"), std::string::npos);
  }
}

TEST(Suggest, ShowsItsCostOnRequest) {
  const Finished result = updraft({"suggest", "holiday sale", "--stats"});
  EXPECT_NE(result.out.find("tokens/s"), std::string::npos);
  EXPECT_NE(result.out.find("61.0 ms, model loaded in 40 ms, memory at most 180 MB\n"), std::string::npos)
      << result.out;
  EXPECT_EQ(updraft({"suggest", "holiday sale"}).out.find("tokens/s"), std::string::npos);
}

TEST(Convert, RefusesWhatItCannotRead) {
  const std::string out = testing::TempDir() + "updraft_convert_out.gguf";
  std::remove(out.c_str());
  expect_refused(updraft({"convert", "missing.gguf", out, "--type", "q8_0"}), "missing.gguf");
  expect_refused(updraft({"convert", "missing.gguf", out, "--type", "q4"}), "there is no tensor type 'q4'");
  expect_refused(updraft({"convert", "missing.gguf", out}), "--type is required");
  expect_refused(updraft({"convert", UPDRAFT_FAKE, out, "--type", "q8_0"}), "GGUF");
  EXPECT_FALSE(std::ifstream(out).good());
}

TEST(Convert, ReadsATextEncodersFolder) {
  const files::test::Folder folder;
  folder.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(6)));
  const std::string out = folder / "encoder.gguf";
  expect_refused(updraft({"convert", folder.path(), out, "--type", "q8_0"}), "vocab.txt");
  EXPECT_FALSE(std::filesystem::exists(out));
  folder.write("vocab.txt", encode::test::small_vocabulary(6));
  EXPECT_EQ(updraft({"convert", folder.path(), out, "--type", "q8_0"}).exit_code, 0);
  EXPECT_TRUE(encode::TextEncoder::load(out, {.threads = 1}).has_value());
}

TEST(Convert, ReadsAnImageEncodersFolder) {
  using Block = encode::test::SmallBlock;
  const files::test::Folder folder;
  const std::string out = folder / "encoder.gguf";
  const auto convert = [&] { return updraft({"convert", folder.path(), out, "--type", "q8_0"}); };
  folder.write("classes.txt", "cat\ndog\n");
  std::vector<Block> blocks = {{4, 4, 6, 3}, {6, 12, 8, 3}, {8, 16, 40, 5}};
  folder.write("model.safetensors", encode::test::as_safetensors(encode::test::efficient_net(blocks, 4, 32, 2, 1)));
  expect_refused(convert(), "not EfficientNet-Lite0");
  EXPECT_FALSE(std::filesystem::exists(out));
  blocks.resize(16, Block{40, 80, 40, 3});  // now it looks like it
  folder.write("model.safetensors", encode::test::as_safetensors(encode::test::efficient_net(blocks, 4, 32, 2, 1)));
  EXPECT_EQ(convert().exit_code, 0);
  const auto encoder = encode::ImageEncoder::load(out, {.threads = 1});
  ASSERT_TRUE(encoder.has_value()) << encoder.error().message;
  EXPECT_EQ(encoder->side(), 224);
}

// What bash offers for the last of `words`.
Words bash_offers(const Words& words) {
  std::string script = "source <(" UPDRAFT_FAKE " completion bash) || exit 9\nCOMP_WORDS=(";
  for (const std::string& word : words) script += "'" + word + "' ";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) + "\n_updraft\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  const Finished result = run({"bash", "--norc", "-c", script});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  Words offers;
  std::istringstream stream(result.out);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) offers.push_back(line);
  }
  return offers;
}

TEST(Completion, InBashOffersCommandsOptionsAndValues) {
  EXPECT_EQ(bash_offers({"updraft", "su"}), Words{"suggest"});
  EXPECT_EQ(bash_offers({"updraft", "--v"}), Words{"--version"});
  EXPECT_EQ(bash_offers({"updraft", "suggest", "x", "--te"}), Words{"--temperature"});
  EXPECT_EQ(bash_offers({"updraft", "suggest", "--task", ""}), (Words{"query", "related", "template", "image", "all"}));
  EXPECT_EQ(bash_offers({"updraft", "suggest", "--task", "=", "te"}), Words{"template"});
  EXPECT_EQ(bash_offers({"updraft", "suggest", "-t", "="}), (Words{"query", "related", "template", "image", "all"}));
  EXPECT_EQ(bash_offers({"updraft", "suggest", "--seed", ""}), Words{});
  EXPECT_EQ(bash_offers({"updraft", "suggest", "--model", "/et"}), Words{"/etc"});
  EXPECT_EQ(bash_offers({"updraft", "convert", "/et"}), Words{"/etc"});
  EXPECT_EQ(bash_offers({"updraft", "convert", "--type", "q4"}), (Words{"q4_0", "q4_1"}));
  EXPECT_EQ(bash_offers({"updraft", "completion", "f"}), Words{"fish"});
  EXPECT_EQ(bash_offers({"updraft", "feedback", "exp"}), Words{"export"});
  EXPECT_EQ(bash_offers({"updraft", "feedback", "export", "--mi"}), Words{"--min-impressions"});
  EXPECT_EQ(bash_offers({"updraft", "feedback", "import", "/et"}), Words{"/etc"});
}

// What fish offers at the end of `line`, without descriptions.
Words fish_offers(const std::string& line) {
  const Finished result =
      run({"fish", "--no-config", "-c", UPDRAFT_FAKE " completion fish | source; complete -C '" + line + "'"},
          {.environment = {"HOME=" + testing::TempDir()}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  Words offers;
  std::istringstream stream(result.out);
  for (std::string offer; std::getline(stream, offer);) offers.push_back(offer.substr(0, offer.find('\t')));
  return offers;
}

TEST(Completion, InFishOffersCommandsOptionsAndValues) {
  EXPECT_EQ(fish_offers("updraft su"), Words{"suggest"});
  EXPECT_EQ(fish_offers("updraft suggest x --te"), Words{"--temperature"});
  EXPECT_EQ(fish_offers("updraft suggest --task te"), Words{"template"});
  EXPECT_EQ(fish_offers("updraft completion z"), Words{"zsh"});
  EXPECT_EQ(fish_offers("updraft feedback expo"), Words{"export"});
  EXPECT_EQ(fish_offers("updraft feedback delete --us"), Words{"--user"});
}

TEST(Completion, InZshIsAccepted) {
  const Finished result = run(
      {"zsh", "-f", "-c",
       "autoload -U compinit && compinit -u -D && source <(" UPDRAFT_FAKE " completion zsh) && print $_comps[updraft]"},
      {.environment = {"HOME=" + testing::TempDir()}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "_updraft\n");
}

TEST(Completion, RefusesAnotherShell) {
  expect_refused(updraft({"completion", "fihs"}), "there is no completion for the shell 'fihs'; did you mean 'fish'?");
}

}  // namespace
}  // namespace updraft::cli
