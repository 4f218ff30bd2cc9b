// updraft feedback as a process.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "files/test_folder.h"

namespace updraft::cli {
namespace {

using Words = std::vector<std::string>;

class FeedbackCommand : public testing::Test {
 protected:
  [[nodiscard]] Finished feedback(const Words& arguments) const {
    Words command = {UPDRAFT_PROGRAM, "feedback"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
  }
  [[nodiscard]] std::string store() const { return folder_ / "feedback.sqlite"; }

  // People who all see two prompts, and click on one of them.
  [[nodiscard]] static std::string events() {
    std::string lines;
    int id = 0;
    const auto tell = [&](const std::string& person, const std::string& kind, const std::string& prompt, int position) {
      lines += nlohmann::json{{"id", std::to_string(++id)},
                              {"kind", kind},
                              {"user", person},
                              {"intent", "holiday sale"},
                              {"task", "query"},
                              {"prompt", prompt},
                              {"position", position},
                              {"words", 3},
                              {"return", 9},
                              {"at", "2025-11-2" + std::to_string(position) + "T10:00:00Z"}}
                   .dump() +
               "\n";
    };
    for (int i = 0; i < 30; ++i) {
      const std::string person = "person" + std::to_string(i);
      tell(person, "impression", "red sale sign", i % 2);
      tell(person, "impression", "grey wall", 1 - i % 2);
      if (i % 3 != 0) tell(person, "click", "red sale sign", i % 2);
    }
    return lines;
  }
  void expect_refused(const Words& arguments, const std::string& message) const {
    const Finished result = feedback(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  }

  files::test::Folder folder_;
};

TEST_F(FeedbackCommand, ImportsCountsExportsAndDeletes) {
  const std::string path = folder_.write("events.jsonl", events());
  Finished result = feedback({"import", path, "--to", store()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "80 events stored, 0 known already\n");
  EXPECT_EQ(feedback({"import", path, "--to", store()}).out, "0 events stored, 80 known already\n");

  result = feedback({"stats", "--from", store(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto stats = nlohmann::json::parse(result.out);
  EXPECT_EQ(stats.at("impression"), 60);
  EXPECT_EQ(stats.at("click"), 20);
  EXPECT_EQ(stats.at("users"), 30);
  EXPECT_EQ(stats.at("first"), "2025-11-20T10:00:00.000Z");
  EXPECT_NE(feedback({"stats", "--from", store()}).out.find("2 prompts for 1 intents"), std::string::npos);

  result = feedback({"export", "--from", store()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"intent\":\"holiday sale\",\"task\":\"query\",\"words\":3,\"return\":9,\"prompt\":\"red sale sign\"}\n"
            "{\"intent\":\"holiday sale\",\"task\":\"query\",\"words\":2,\"return\":1,\"prompt\":\"grey wall\"}\n");
  EXPECT_TRUE(result.err.starts_with("updraft: 2 prompts of 60 showings; 0 with too little evidence")) << result.err;
  const std::string out = folder_.write("returns.jsonl", "old");
  ASSERT_EQ(feedback({"export", "--from", store(), "--out", out}).exit_code, 0);
  EXPECT_EQ(folder_.read("returns.jsonl"), result.out);
  EXPECT_EQ(feedback({"export", "--from", store(), "--min-impressions", "31"}).out, "");
  EXPECT_EQ(feedback({"export", "--from", store(), "--since", "2026-01-01"}).out, "");

  EXPECT_EQ(feedback({"delete", "--from", store(), "--user", "person1"}).out, "3 events deleted\n");
  EXPECT_EQ(feedback({"delete", "--from", store(), "--user", "person1"}).out, "0 events deleted\n");
}

TEST_F(FeedbackCommand, TellsLinesThatAreNoEventsAndStoresTheRest) {
  const std::string path = folder_.write("events.jsonl", "nonsense\n" + events() + "{\"id\": \"\\u001b[31m\"}\n");
  const Finished result = feedback({"import", path, "--to", store()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "80 events stored, 0 known already; 2 refused\n");
  EXPECT_EQ(result.err, "updraft: " + path + ": line 1: it is not valid JSON\nupdraft: " + path +
                            ": line 82: the field 'kind' is missing\n");
}

TEST_F(FeedbackCommand, ShowsExamplesOfItsOwnForEachCommand) {
  for (const std::string command : {"import", "stats", "export", "delete"}) {
    const Finished help = feedback({command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("Examples:\n  updraft feedback " + command + " "), std::string::npos) << help.out;
    EXPECT_EQ(help.out.find("updraft suggest"), std::string::npos) << help.out;
  }
}

TEST_F(FeedbackCommand, RefusesInOneLine) {
  expect_refused({}, "subcommand is required");
  expect_refused({"stats"}, "--from is required");
  expect_refused({"stats", "--from", store()}, "there is no such store; updraft feedback import makes one");
  EXPECT_FALSE(std::filesystem::exists(store())) << "nothing is made by looking";
  expect_refused({"import", folder_ / "none.jsonl", "--to", store()}, "none.jsonl: No such file");
  ASSERT_EQ(feedback({"import", folder_.write("e.jsonl", events()), "--to", store()}).exit_code, 0);
  expect_refused({"export", "--from", store(), "--since", "tomorrow"}, "--since must be a day or a time");
  expect_refused({"export", "--from", store(), "--min-impressions", "0"}, "--min-impressions must be");
  expect_refused({"delete", "--from", store(), "--user", ""}, "the user is empty");
  expect_refused({"stats", "--from", "postgresql://ann:pa55@[::1/x"},
                 "the URL of the PostgreSQL server cannot be read");
}

}  // namespace
}  // namespace updraft::cli
