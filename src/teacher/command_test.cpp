#include "teacher/command.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "files/test_folder.h"
#include "teacher/prompt.h"

namespace updraft::teacher {
namespace {

const Stop never = [] { return false; };

Result<> run(const Subcommand& subcommand, CLI::App& program, const std::string& line) {
  program.parse(line);
  EXPECT_TRUE(subcommand.app->parsed());
  return subcommand.run(never);
}

TEST(SynthesizeCommand, SaysWhichOptionIsMissing) {
  for (const auto& [line, missing] : {std::pair<std::string, std::string>{"synthesize", "--url"},
                                      {"synthesize --url http://127.0.0.1:1", "--model"},
                                      {"synthesize --url http://127.0.0.1:1 --model any", "--out"}}) {
    CLI::App program;
    const auto done = run(add_synthesize(program), program, line);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(done.error().message.find(missing), std::string::npos) << done.error().message;
  }
}

TEST(SynthesizeCommand, RefusesWrongValues) {
  for (const std::string line : {"synthesize --category birds", "synthesize --in-flight 0", "synthesize --price-in -1",
                                 "synthesize --intents /nowhere", "synthesize --api-key secret"}) {
    CLI::App program;
    (void)add_synthesize(program);
    EXPECT_THROW(program.parse(line), CLI::ParseError) << line;
  }
}

TEST(SynthesizeCommand, PrintsTheRules) {
  CLI::App program;
  const auto subcommand = add_synthesize(program);
  testing::internal::CaptureStdout();
  const auto done = run(subcommand, program, "synthesize --print-rules");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), record_rules() + '\n');
  EXPECT_TRUE(done.has_value());
}

TEST(CheckDataCommand, TellsFindingsAndFails) {
  const files::test::Folder folder;
  std::string record(example_record());
  folder.write("a.jsonl", record + '\n');
  const auto check = [&](const std::string& options, std::vector<corpus::Check> further = {}) {
    CLI::App program;
    const auto subcommand = add_check_data(program, std::move(further));
    testing::internal::CaptureStdout();
    const auto done = run(subcommand, program, "check-data " + folder.path().string() + options);
    return std::pair(testing::internal::GetCapturedStdout(), done);
  };
  const auto [clean, nothing] = check("");
  EXPECT_TRUE(nothing.has_value());
  EXPECT_EQ(clean, "1 intents, 14 prompts, 0 findings\n");

  record.replace(record.find("family_kids"), 11, "birds");
  folder.write("b.jsonl", record + '\n');
  const auto [text, some] = check("");
  ASSERT_FALSE(some.has_value());
  EXPECT_NE(some.error().message.find(" findings"), std::string::npos);
  EXPECT_NE(text.find("\ncategory (1): "), std::string::npos) << text;
  EXPECT_NE(text.find("\nduplicate-prompt (14): "), std::string::npos) << text;
  const auto [only, one] = check(" --only category --json");
  EXPECT_FALSE(one.has_value());
  EXPECT_NE(only.find("\"kind\":\"category\""), std::string::npos);
  EXPECT_EQ(only.find("duplicate"), std::string::npos);
  const auto [more, two] =
      check(" --only mine", {[](std::span<const corpus::Entry> entries, std::vector<corpus::Finding>& findings) {
              findings.push_back({entries[0].file, entries[0].line, "mine", "text", "why"});
            }});
  EXPECT_FALSE(two.has_value());
  EXPECT_NE(more.find("mine (1)"), std::string::npos);
}

}  // namespace
}  // namespace updraft::teacher
