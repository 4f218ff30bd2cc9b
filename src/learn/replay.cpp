#include "learn/replay.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "files/replacement.h"

namespace updraft::learn {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_file_bytes = std::size_t{1} << 30;

// A whole number in low..high.
bool read(const Json& object, const char* key, std::int64_t low, std::int64_t high, std::int64_t& value) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return false;
  value = found->get<std::int64_t>();
  return value >= low && value <= high;
}

bool read(const Json& object, const char* key, std::string& value) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return false;
  value = found->get<std::string>();
  return true;
}

bool read(const Json& object, const char* words, const char* ret, suggest::Command& command) {
  std::int64_t n_words = 0, bucket = 0;
  if (!read(object, words, 1, 99, n_words) || !read(object, ret, 0, 9, bucket)) return false;
  command.words = static_cast<int>(n_words);
  command.ret = static_cast<int>(bucket);
  return true;
}

}  // namespace

std::string to_line(const Experience& experience) {
  return Json{{"step", experience.step},
              {"intent", experience.intent},
              {"task", name(experience.achieved.task)},
              {"asked_words", experience.asked.words},
              {"asked_return", experience.asked.ret},
              {"words", experience.achieved.words},
              {"return", experience.achieved.ret},
              {"prompt", experience.prompt}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Experience> parse_experience(std::string_view line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  Experience experience;
  std::string task_name;
  const auto holds = [&](const char* key) { return object.is_object() && object.contains(key); };
  bool good = object.is_object() && read(object, "intent", experience.intent) &&
              read(object, "prompt", experience.prompt) && read(object, "task", task_name) &&
              read(object, "words", "return", experience.achieved);
  experience.asked = experience.achieved;
  if (holds("step")) good = good && read(object, "step", 0, INT64_MAX, experience.step);
  if (holds("asked_words") || holds("asked_return")) {
    good = good && read(object, "asked_words", "asked_return", experience.asked);
  }
  if (!good) return fail(ErrorCode::corrupt, "not an experience: a field is missing or out of range");
  const auto task = task_from_name(task_name);
  if (!task) return fail(ErrorCode::corrupt, "not an experience: there is no such task");
  experience.asked.task = experience.achieved.task = *task;
  return experience;
}

Result<ReplayBuffer> ReplayBuffer::open(const std::filesystem::path& path, std::size_t capacity, std::int64_t step) {
  ReplayBuffer buffer(path, capacity);
  if (path.empty()) return buffer;
  std::error_code code;
  if (const auto size = std::filesystem::file_size(path, code); !code && size > max_file_bytes)
    return fail(ErrorCode::corrupt, path.string() + ": larger than a replay buffer can be");
  std::ifstream in(path);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    auto experience = parse_experience(line);
    if (!experience)
      return fail(ErrorCode::corrupt, path.string() + ":" + std::to_string(number) + ": " + experience.error().message);
    if (experience->step <= step) buffer.experiences_.push_back(*std::move(experience));
  }
  buffer.index();
  return buffer;
}

Result<> ReplayBuffer::add(std::vector<Experience> experiences) {
  std::move(experiences.begin(), experiences.end(), std::back_inserter(experiences_));
  if (experiences_.size() > capacity_) {
    experiences_.erase(experiences_.begin(),
                       experiences_.end() - static_cast<std::vector<Experience>::difference_type>(capacity_));
  }
  index();
  if (path_.empty()) return {};
  std::string text;
  for (const Experience& experience : experiences_) text += to_line(experience) + '\n';
  return files::replace(path_, text);
}

void ReplayBuffer::index() {
  by_intent_.clear();
  for (std::size_t i = 0; i < experiences_.size(); ++i) by_intent_[experiences_[i].intent].push_back(i);
}

std::span<const std::size_t> ReplayBuffer::of(std::string_view intent) const {
  const auto found = by_intent_.find(std::string(intent));
  return found == by_intent_.end() ? std::span<const std::size_t>() : found->second;
}

}  // namespace updraft::learn
