// updraft index, search and recommend as processes, with what befalls processes: kills, full disks, others at the same
// time.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "cli/run.h"
#include "files/test_folder.h"
#include "pair/tiny_pair.h"

namespace updraft::cli {
namespace {

using Words = std::vector<std::string>;

class CatalogueCommands : public testing::Test {
 protected:
  // Assets of one version: all titles say which.
  [[nodiscard]] std::string source(const std::string& version, int n) const {
    std::string lines;
    for (int i = 0; i < n; ++i) {
      lines += R"({"id": ")" + std::to_string(i) + R"(", "title": "boat )" + version + " number" + std::to_string(i) +
               R"(", "tags": ["lake", "red"], "colour": ")" + (i % 2 == 0 ? "red" : "blue") + "\"}\n";
    }
    return folder_.write(version + ".jsonl", lines);
  }

  // Thirty assets in groups of five.
  [[nodiscard]] std::string groups() const {
    std::string lines;
    for (int i = 0; i < 30; ++i) {
      const std::string n = std::to_string(i), colour = i % 2 == 0 ? "red" : "blue";
      lines += nlohmann::json{{"id", n}, {"title", "number" + n + " group" + std::to_string(i / 5)}, {"colour", colour}}
                   .dump() +
               "\n";
    }
    return folder_.write("groups.jsonl", lines);
  }

  [[nodiscard]] Words index_command(const std::string& path) const {
    return {UPDRAFT_PROGRAM, "index", path, "--catalogue", folder_ / "c", "--threads", "1", "--encoder", encoder_};
  }
  [[nodiscard]] Finished index(const std::string& path, const Words& more = {}, const Setting& setting = {}) const {
    Words command = index_command(path);
    command.insert(command.end(), more.begin(), more.end());
    return run(command, setting);
  }
  [[nodiscard]] Finished search(const std::string& text, const Words& more = {}) const {
    Words command = {UPDRAFT_PROGRAM, "search",    text, "--catalogue", folder_ / "c", "--threads", "1", "--encoder",
                     encoder_,        "--queries", "0"};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  }
  [[nodiscard]] Finished recommend(const Words& options) const {
    Words command = {UPDRAFT_PROGRAM, "recommend", "--catalogue", folder_ / "c",
                     "--threads",     "1",         "--encoder",   encoder_};
    command.insert(command.end(), options.begin(), options.end());
    return run(command);
  }
  [[nodiscard]] nlohmann::json found(const std::string& text, const Words& more = {}) const {
    Words options = {"--json"};
    options.insert(options.end(), more.begin(), more.end());
    const Finished result = search(text, options);
    if (result.exit_code != 0) throw std::runtime_error(result.err);
    return nlohmann::json::parse(result.out);
  }

  files::test::Folder folder_;
  std::string encoder_ = "none";
};

void expect_refused(const Finished& result, int code, const std::string& message) {
  EXPECT_EQ(result.exit_code, code);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
}

TEST_F(CatalogueCommands, IndexAndSearch) {
  const Finished indexed = index(source("first", 30));
  ASSERT_EQ(indexed.exit_code, 0) << indexed.err;
  EXPECT_TRUE(indexed.out.starts_with("30 assets: 30 added, 0 changed, 0 deleted, 0 as they were")) << indexed.out;
  EXPECT_NE(indexed.err.find("30 assets, "), std::string::npos) << indexed.err;
  const auto answer = found("number7", {"--explain", "--facets"});
  EXPECT_EQ(answer.at("hits").at(0).at("id"), "7");
  EXPECT_EQ(answer.at("hits").at(0).at("evidence").at(0).at("index"), "words");
  EXPECT_EQ(answer.at("hits").at(0).at("facets").at("colour").at(0), "blue");
  EXPECT_EQ(answer.at("facets").at("colour").at("blue"), 1);
  const Finished text = search("nunber7", {"--explain"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  const auto page = found("lake", {"--filter", "colour=red", "--limit", "10"});
  EXPECT_EQ(page.at("found"), 15);
  const auto next = found("lake", {"--filter", "colour=red", "--limit", "10", "--cursor", page.at("next")});
  EXPECT_EQ(next.at("hits").size(), 5U);
}

// The fake model repeats what it was asked for.
TEST_F(CatalogueCommands, SearchesForQueriesOfItsOwnUnlessToldOtherwise) {
  ASSERT_EQ(index(source("first", 3)).exit_code, 0);
  const auto asked = [&](const Words& more) {
    Words command = {UPDRAFT_FAKE, "search", "red boat", "--catalogue", folder_ / "c", "--encoder", "none", "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const Finished result = run(command);
    if (result.exit_code != 0) throw std::runtime_error(result.err);
    return nlohmann::json::parse(result.out);
  };
  const auto answer = asked({"--model", "any.gguf"});
  EXPECT_EQ(answer.at("text"), "red boat");
  EXPECT_EQ(answer.at("queries").size(), 8U);
  EXPECT_TRUE(answer.at("queries").at(0).get<std::string>().starts_with("red boat #0"));
  EXPECT_EQ(answer.at("understood").at("category"), "retail");
  EXPECT_EQ(answer.at("understood").at("confidence"), 0.875);
  const auto verbatim = asked({"--model", "any.gguf", "--verbatim", "--queries", "2"});
  EXPECT_EQ(verbatim.at("queries").size(), 2U);
  EXPECT_FALSE(verbatim.contains("understood"));
  const auto plain = asked({"--model", "missing.gguf", "--queries", "0"});
  EXPECT_TRUE(plain.at("queries").empty());
  EXPECT_FALSE(plain.contains("understood"));
  Words command = {UPDRAFT_FAKE, "search", "red boat", "--catalogue", folder_ / "c",
                   "--encoder",  "none",   "--model",  "missing.gguf"};
  EXPECT_EQ(run(command).exit_code, 2);
}

TEST_F(CatalogueCommands, SaysHowFarItIsOnATerminal) {
  const Finished result = run_in_terminal(index_command(source("first", 600)), 100);
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_NE(result.out.find("\r\033[K[#"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find(" a second, 0:"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("600 assets: 600 added"), std::string::npos) << result.out;
}

TEST_F(CatalogueCommands, TellsBrokenLinesAndIndexesTheRest) {
  const std::string path = folder_.write(
      "bad.jsonl",
      "{\"id\": \"1\", \"title\": \"good\"}\n{\"id\": \"2\", \"title\": \"\\u001b[31m\\u0000\", \"description\": \"" +
          std::string(100'000, 'x') + "\"}\n\xFF\n{\"id\": \"1\", \"title\": \"again\"}\n");
  const Finished result = index(path, {"--quiet"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "updraft: line 2: the description has 100000 bytes, more than 65536\n"
            "updraft: line 3: it is not valid UTF-8\n"
            "updraft: line 4: the id '1' was given before\n");
  EXPECT_NE(result.out.find("1 assets: 1 added"), std::string::npos) << result.out;
}

TEST_F(CatalogueCommands, TellsPicturesThatCannotBeSeenAndIndexesTheirWords) {
  encoder_ = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
  std::filesystem::create_directory(folder_ / "p");
  for (int i = 0; i < 23; ++i) folder_.write("p/boat" + std::to_string(i) + ".jpg", "\xFF\xD8\xFF broken");
  const Finished result = index(folder_ / "p", {"--quiet", "--json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(result.err.starts_with("updraft: " + (folder_ / "p/boat0.jpg: ").string())) << result.err;
  EXPECT_TRUE(result.err.ends_with("; it is found by its words alone\nupdraft: and 3 more that cannot be seen\n"))
      << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 21) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report.at("added"), 23);
  EXPECT_EQ(report.at("unseen"), 23);
  EXPECT_EQ(report.at("refused"), 0);
  EXPECT_EQ(found("boat7").at("hits").at(0).at("id"), "boat7.jpg");
  const Finished again = index(folder_ / "p", {"--quiet"});
  EXPECT_TRUE(again.out.starts_with("23 assets: 0 added, 0 changed, 0 deleted, 23 as they were; 23 pictures unseen; "))
      << again.out;
}

TEST_F(CatalogueCommands, RefusesBadOptions) {
  ASSERT_EQ(index(source("first", 3)).exit_code, 0);
  expect_refused(search("boat", {"--limit", "0"}), 2, "--limit must be a whole number from 1 to 200, not '0'");
  expect_refused(search("boat", {"--filter", "red"}), 2,
                 "--filter is a field and a value, such as colour=red, not 'red'");
  expect_refused(search("boat", {"--lambda", "2"}), 2, "--lambda must be");
  expect_refused(search(""), 2, "the text is empty");
  expect_refused(search("boat", {"--cursor", "x"}), 2, "the cursor is none that a search has given");
  expect_refused(run({UPDRAFT_PROGRAM, "search", "x", "--catalogue", folder_ / "none"}), 2, "updraft index makes one");
  expect_refused(index(folder_ / "none.jsonl"), 2, "none.jsonl: No such file");
  expect_refused(index(folder_.write("x.pdf", "x")), 2, "a source is a folder of pictures, or a file named");
}

TEST_F(CatalogueCommands, WritesAPageThatNeedsNothingElse) {
  std::filesystem::create_directories(folder_ / "pictures");
  folder_.write(
      "pictures/boat.svg",
      "<svg xmlns='http://www.w3.org/2000/svg'><title>&lt;script&gt;alert(1)&lt;/script&gt; boat</title></svg>");
  ASSERT_EQ(index(folder_ / "pictures").exit_code, 0);
  const Finished result = search("boat <b>", {"--html", folder_ / "hits.html", "--explain"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string page = folder_.read("hits.html");
  EXPECT_NE(page.find("src=\"data:image/svg+xml;base64,PHN2"), std::string::npos) << page;
  EXPECT_NE(page.find(">&lt;script&gt;alert(1)&lt;/script&gt; boat</a>"), std::string::npos) << page;
  EXPECT_NE(page.find("<h1>boat &lt;b&gt;</h1>"), std::string::npos) << page;
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
}

TEST_F(CatalogueCommands, LinkToPicturesThatArePlacedElsewhereAndToNothingElse) {
  const std::string large = folder_.write("large \"'<>.svg", "<svg>" + std::string(600 << 10, ' ') + "</svg>");
  const auto line = [](const std::string& id, const std::string& url) {
    return nlohmann::json{{"id", id}, {"title", "boat"}, {"url", url}}.dump() + "\n";
  };
  ASSERT_EQ(index(folder_.write("a.jsonl", line("1", large) + line("2", "javascript:alert(1)//.svg") +
                                               line("3", "https://example.org/a\"b.svg")))
                .exit_code,
            0);
  ASSERT_EQ(search("boat", {"--html", folder_ / "hits.html"}).exit_code, 0);
  const std::string page = folder_.read("hits.html");
  const std::string place = "file://" + folder_.path().string() + "/large%20%22%27%3C%3E.svg";
  EXPECT_NE(page.find("<img alt=\"\" src=\"" + place + "\">"), std::string::npos) << page;
  EXPECT_EQ(page.find("javascript:"), std::string::npos);
  EXPECT_NE(page.find("href=\"https://example.org/a&quot;b.svg\""), std::string::npos) << page;
  EXPECT_EQ(page.find("src=\"https"), std::string::npos);
}

TEST_F(CatalogueCommands, RecommendAndSayWhy) {
  ASSERT_EQ(index(groups()).exit_code, 0);
  const std::string events = folder_.write(
      "events.jsonl", "{\"asset\": 3, \"event\": \"like\"}\n{\"asset\": \"gone\", \"event\": \"view\"}\n");
  const Finished text = recommend({"--like", "4", "--events", events, "-n", "5", "--html", folder_ / "page.html"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("like 'number4 group0', 2 events\n")) << text.out;
  EXPECT_NE(text.out.find("because it is like 'number4 group0', and you liked 'number3 group0'\n"), std::string::npos)
      << text.out;
  EXPECT_NE(folder_.read("page.html").find("because it is like &#39;number4 group0&#39;"), std::string::npos);
  const Finished json = recommend({"number7", "--json", "--filter", "colour=blue", "--events", events});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const auto answer = nlohmann::json::parse(json.out);
  EXPECT_EQ(answer.at("unknown"), (std::vector<std::string>{"gone"}));
  const auto& items = answer.at("recommendations");
  ASSERT_FALSE(items.empty());
  for (const auto& item : items) {
    EXPECT_EQ(item.at("facets").at("colour").at(0), "blue");
    EXPECT_NE(item.at("id"), "3");
    EXPECT_TRUE(item.at("because").get<std::string>().starts_with("because you "));
    EXPECT_GT(item.at("reasons").at(0).at("share"), 0);
  }
  EXPECT_EQ(items.at(0).at("id"), "7");
}

TEST_F(CatalogueCommands, RecommendByTheEventsThatAreGoodAndTellTheOthers) {
  ASSERT_EQ(index(groups()).exit_code, 0);
  const std::string events = folder_.write("events.jsonl",
                                           "{\"asset\": \"3\", \"event\": \"view\"}\n"
                                           "{\"asset\": \"4\", \"event\": \"\\u001b[31m\"}\n");
  const Finished result = recommend({"--events", events});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "updraft: " + events + ": line 2: the event is none of view, click, like, buy, dismiss\n");
  EXPECT_NE(result.out.find("because you looked at 'number3 group0'"), std::string::npos) << result.out;
}

TEST_F(CatalogueCommands, RecommendByWhatPeopleMadeOfTheAssets) {
  ASSERT_EQ(index(groups()).exit_code, 0);
  const auto recommended = [&](const Words& more) {
    Words options = {"--like", "4", "--json", "--filter", "colour=red"};
    options.insert(options.end(), more.begin(), more.end());
    const Finished result = recommend(options);
    if (result.exit_code != 0) throw std::runtime_error(result.err);
    return nlohmann::json::parse(result.out).at("recommendations");
  };
  const auto before = recommended({});
  ASSERT_GE(before.size(), 2U);
  const std::string last = before.back().at("id"), store = folder_ / "feedback.sqlite";
  std::string events;
  for (int i = 0; i < 30; ++i) {
    events += nlohmann::json{{"id", std::to_string(i)},
                             {"kind", "like"},
                             {"user", "person" + std::to_string(i)},
                             {"intent", "number"},
                             {"task", "query"},
                             {"prompt", "number 4"},
                             {"position", i % 3},
                             {"words", 2},
                             {"return", 9},
                             {"asset", last}}
                  .dump() +
              "\n";
  }
  ASSERT_EQ(run({UPDRAFT_PROGRAM, "feedback", "import", folder_.write("likes.jsonl", events), "--to", store}).exit_code,
            0);
  const auto after = recommended({"--feedback", store, "--appeal", "1"});
  EXPECT_EQ(after.at(0).at("id"), last);
  EXPECT_GT(after.at(0).at("appeal"), 0.6);
  EXPECT_TRUE(after.at(0).at("because").get<std::string>().ends_with(", and people often choose it"));
  EXPECT_EQ(recommended({"--feedback", store, "--appeal", "0"}).at(0).at("id"), before.at(0).at("id"));
  expect_refused(recommend({"--like", "4", "--feedback", folder_ / "none.sqlite"}), 2, "there is no such store");
  expect_refused(recommend({"--like", "4", "--appeal", "2"}), 2, "--appeal must be");
}

TEST_F(CatalogueCommands, RefuseToRecommendByNothing) {
  ASSERT_EQ(index(source("first", 3)).exit_code, 0);
  expect_refused(recommend({}), 2, "nothing to go by; say what is wanted, show a picture");
  expect_refused(recommend({"--like", "none"}), 2, "the catalogue has no asset 'none'");
  expect_refused(recommend({"--events", folder_ / "none"}), 2, "none: ");
  expect_refused(recommend({"--like", "1", "--related", "3"}), 2, "--related needs a text");
  expect_refused(recommend({"boat", "--popularity", "2"}), 2, "--popularity must be");
  expect_refused(recommend({"boat", "--filter", "=x"}), 2, "--filter is a field and a value");
  expect_refused(recommend({" "}), 2, "the text is empty");
}

// A pair whose space is that of colours, by the real program and ONNX Runtime.
TEST_F(CatalogueCommands, FindPicturesByAPairOfModels) {
  pair::test::write(folder_ / "pair");
  std::filesystem::create_directory(folder_ / "p");
  folder_.write("p/IMG_0001.bmp", pair::test::picture_of(0xFF0000));
  folder_.write("p/IMG_0002.bmp", pair::test::picture_of(0x0000FF));
  const std::string shown = folder_.write("shown.bmp", pair::test::picture_of(0x1020FF));
  const auto updraft = [&](Words command, const Setting& setting = {}) {
    command.insert(command.begin(), UPDRAFT_PROGRAM);
    command.insert(command.end(), {"--catalogue", folder_ / "c", "--threads", "1"});
    return run(command, setting);
  };
  const std::string with = folder_ / "pair";
  const Finished indexed = updraft({"index", folder_ / "p", "--pair", with, "--quiet"});
  ASSERT_EQ(indexed.exit_code, 0) << indexed.err;
  EXPECT_TRUE(indexed.out.starts_with("2 assets: 2 added")) << indexed.out;

  const auto first_id = [](const Finished& result, const char* list) -> std::string {
    if (result.exit_code != 0) return result.err;
    const auto answer = nlohmann::json::parse(result.out);
    if (answer.at(list).empty()) return "nothing";
    return answer.at(list).at(0).at("id");
  };
  EXPECT_EQ(first_id(updraft({"search", "--queries", "0", "crimson", "--pair", with, "--json"}), "hits"),
            "IMG_0001.bmp");
  EXPECT_EQ(first_id(updraft({"search", "--queries", "0", "sky", "--pair", with, "--json"}), "hits"), "IMG_0002.bmp");
  EXPECT_EQ(first_id(updraft({"search", "--queries", "0", "--image", shown, "--pair", with, "--json"}), "hits"),
            "IMG_0002.bmp");
  EXPECT_EQ(first_id(updraft({"recommend", "crimson", "--pair", with, "--json"}), "recommendations"), "IMG_0001.bmp");
  EXPECT_EQ(first_id(updraft({"recommend", "--image", shown, "--pair", with, "--json"}), "recommendations"),
            "IMG_0002.bmp");

  expect_refused(updraft({"search", "--queries", "0", "crimson"}), 2, "another pair of them (--pair); name that one");
  expect_refused(updraft({"search", "--queries", "0", "crimson", "--pair", folder_ / "p"}), 2,
                 "pair.json: No such file; docs/pictures.md");
  expect_refused(updraft({"index", folder_ / "p", "--pair", with, "--encoder", "none"}), 2,
                 "--pair names both encoders of the catalogue");
  const Finished without = updraft({"search", "--queries", "0", "crimson", "--pair", with},
                                   {.environment = {"UPDRAFT_ONNXRUNTIME=" + (folder_ / "none.so").string()}});
  expect_refused(without, 2, "none.so: cannot be loaded as a library; tools/fetch onnxruntime fetches ONNX Runtime");
}

TEST_F(CatalogueCommands, LetOneWriteAtATime) {
  ASSERT_EQ(index(source("first", 3)).exit_code, 0);
  const int lock = ::open((folder_ / "c/lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  expect_refused(index(source("second", 3)), 1, "another process is writing to this catalogue");
  EXPECT_EQ(found("boat first").at("found"), 3);
  ::close(lock);
  EXPECT_EQ(index(source("second", 3), {"--quiet"}).exit_code, 0);
}

TEST_F(CatalogueCommands, LeaveTheOldStateWhereTheDiskIsFull) {
  ASSERT_EQ(index(source("first", 200)).exit_code, 0);
  const std::string path = source("second", 20'000);
  // A file may not grow beyond a megabyte: what a full disk is to a program, but for the signal.
  const Finished full = run({"bash", "-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "bash", UPDRAFT_PROGRAM,
                             "index", path, "--catalogue", folder_ / "c", "--encoder", "none", "--quiet"});
  expect_refused(full, 1, "full");
  EXPECT_EQ(found("boat first").at("hits").at(0).at("title").get<std::string>().substr(0, 10), "boat first");
  EXPECT_EQ(index(source("third", 200), {"--quiet"}).exit_code, 0);
}

TEST_F(CatalogueCommands, SayThatADirectoryIsReadOnlyAndSearchIt) {
  ASSERT_EQ(index(source("first", 3)).exit_code, 0);
  using std::filesystem::perms;
  std::filesystem::permissions(folder_.path(), perms::owner_all | perms::others_read | perms::others_exec);
  std::filesystem::permissions(folder_ / "c",
                               perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec);
  std::filesystem::permissions(folder_ / "c/lock", perms::owner_read);
  // The superuser may write anyway.
  const auto as_nobody = [](Words command) {
    if (::geteuid() == 0) {
      const Words first = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
      command.insert(command.begin(), first.begin(), first.end());
    }
    return run(command);
  };
  const Finished reach = as_nobody({"test", "-x", UPDRAFT_PROGRAM});
  if (reach.exit_code != 0) GTEST_SKIP() << "the program is where others may not run it";
  expect_refused(as_nobody({UPDRAFT_PROGRAM, "index", folder_ / "first.jsonl", "--catalogue", folder_ / "c",
                            "--encoder", "none", "--quiet"}),
                 1, "lock: cannot open: Permission denied");
  const Finished searched = as_nobody({UPDRAFT_PROGRAM, "search", "boat", "--catalogue", folder_ / "c", "--encoder",
                                       "none", "--queries", "0", "--json"});
  EXPECT_EQ(searched.exit_code, 0) << searched.err;
  EXPECT_EQ(nlohmann::json::parse(searched.out).at("found"), 3);
  std::filesystem::permissions(folder_ / "c", perms::owner_all);
}

// Killed later and later, in steps of what a run takes, until it comes to its end: each time the catalogue is the old
// one or the new one.
TEST_F(CatalogueCommands, LeaveTheOldStateOrTheNewOneWhenKilled) {
  encoder_ = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
  constexpr int n = 40;
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(index(source("first", n), {"--quiet"}).exit_code, 0);
  const auto step = (std::chrono::steady_clock::now() - start) / 24;
  const std::array versions = {source("second", n + 10), source("first", n)};
  bool is_first = true;
  int kills = 0, endings = 0;
  for (auto delay = step * 0; endings < 2; delay += step) {
    const Words command = index_command(versions[is_first ? 0 : 1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::vector<char*> argv;
      for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      const int nothing = ::open("/dev/null", O_WRONLY);
      ::dup2(nothing, STDOUT_FILENO);
      ::dup2(nothing, STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool ended = WIFEXITED(status);
    if (ended) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
    }
    ++(ended ? endings : kills);

    const auto answer = found("boat", {"--limit", "200"});
    std::set<std::string> titles;
    for (const auto& hit : answer.at("hits")) titles.insert(hit.at("title").get<std::string>().substr(0, 8));
    ASSERT_EQ(titles.size(), 1U) << "two states at once";
    const bool first_now = *titles.begin() == "boat fir";
    ASSERT_EQ(answer.at("found"), first_now ? n : n + 10);
    if (ended) {
      ASSERT_NE(first_now, is_first);
    }
    is_first = first_now;
  }
  EXPECT_GT(kills, 0);
  const Finished again = index(versions[is_first ? 1 : 0], {"--quiet"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find(" 0 added, 0 changed, 0 deleted"), std::string::npos) << again.out;
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "c"))
    files.insert(entry.path().filename().string());
  EXPECT_EQ(files.size(), 3U) << "catalogue.sqlite, lock and the points, and nothing that was left";
}

// Killed while it indexes, and started again: it serves all of the pictures, not what the first start left.
TEST_F(CatalogueCommands, TheDemonstrationThatWasInterruptedIsCompleted) {
  encoder_ = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
  constexpr int n = 40;
  std::filesystem::create_directory(folder_ / "pictures");
  for (int i = 0; i < n; ++i) {
    folder_.write("pictures/boat" + std::to_string(i) + ".svg",
                  "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='" + std::to_string(i) +
                      "' fill='red'/></svg>");
  }
  const std::filesystem::path catalogue = folder_ / "updraft/openclipart.catalogue";
  const Setting setting = {
      .environment = {"XDG_CACHE_HOME=" + folder_.path().string(), "UPDRAFT_DEMO=" + (folder_ / "pictures").string()}};
  // Its address comes when it serves; then it is stopped. Or it is killed as soon as its catalogue has a file.
  const auto serve = [&](const std::string& script) {
    return run({"bash", "-c", "exec 3< <(exec \"${@:2}\"); pid=$!; " + script, "bash",
                (catalogue / "catalogue.sqlite").string(), UPDRAFT_PROGRAM, "serve", "--demo", "--port", "0",
                "--threads", "1"},
               setting);
  };
  const Finished killed = serve("until [[ -e $1 ]]; do sleep 0.01; done; kill -9 $pid; cat <&3");
  EXPECT_EQ(killed.out, "") << "it served before it was killed";
  const Finished served = serve("read -r address <&3; kill $pid; echo \"$address\"");
  EXPECT_TRUE(served.out.starts_with("http://")) << served.err;
  EXPECT_NE(served.err.find("40 assets, "), std::string::npos) << served.err;
  const Finished again = index(folder_ / "pictures", {"--catalogue", catalogue, "--image-encoder", "none"});
  EXPECT_NE(again.out.find("40 as they were"), std::string::npos) << again.out << again.err;
}

}  // namespace
}  // namespace updraft::cli
