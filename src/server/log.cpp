#include "server/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "api/json.h"

namespace updraft::server {
namespace {

spdlog::logger& logger() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("updraft", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(R"({"at":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum level_of(Level level) {
  return level == Level::info      ? spdlog::level::info
         : level == Level::warning ? spdlog::level::warn
                                   : spdlog::level::err;
}

}  // namespace

void log(Level level, std::string_view event, const nlohmann::ordered_json& fields) {
  nlohmann::ordered_json line = {{"event", event}};
  line.update(fields);
  std::string text = api::json_line(line);
  text.pop_back();
  logger().log(level_of(level), "{}", std::string_view(text).substr(1));  // the pattern has opened it
}

void log_from(Level level) { logger().set_level(level_of(level)); }

}  // namespace updraft::server
