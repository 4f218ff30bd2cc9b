#include "learn/team.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace updraft::learn {
namespace {

// A whole number in low..high, or nothing when the variable is not set.
Result<std::optional<int>> variable(const char* name, int low, int high) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view view(text);
  int value = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc() || end != view.data() + view.size() || value < low || value > high) {
    return fail(ErrorCode::invalid_argument, std::string(name) + ": a whole number from " + std::to_string(low) +
                                                 " to " + std::to_string(high) + " is needed");
  }
  return value;
}

// c10d reports with many lines and a stack: the first line says what happened.
std::string first_line(const std::exception& error) {
  const std::string_view text = error.what();
  return std::string(text.substr(0, std::min(text.find('\n'), std::size_t{300})));
}

// Waits for what `start` began.
template <class Start>
Result<> together(const Start& start, const at::Tensor& values) {
  try {
    std::vector<at::Tensor> tensors{values};
    start(tensors)->wait();
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::io, "another process of the team is gone: " + first_line(error));
  }
}

}  // namespace

struct Team::Connection {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group;
};

Result<Meeting> meeting_from_environment() {
  Meeting meeting;
  const auto size = variable("WORLD_SIZE", 1, 4096);
  if (!size) return tl::unexpected(size.error());
  if (!*size) return meeting;
  meeting.size = **size;
  const auto rank = variable("RANK", 0, meeting.size - 1);
  if (!rank) return tl::unexpected(rank.error());
  if (!*rank) return fail(ErrorCode::invalid_argument, "RANK: must be set beside WORLD_SIZE");
  meeting.rank = **rank;
  const auto port = variable("MASTER_PORT", 1, 65535);
  if (!port) return tl::unexpected(port.error());
  if (*port) meeting.port = static_cast<std::uint16_t>(**port);
  if (const char* address = std::getenv("MASTER_ADDR"); address != nullptr && *address != '\0') {
    meeting.address = address;
  }
  return meeting;
}

Team::Team(const Meeting& meeting, std::unique_ptr<Connection> connection)
    : rank_(meeting.rank), size_(meeting.size), connection_(std::move(connection)) {}
Team::Team(Team&&) noexcept = default;
Team& Team::operator=(Team&&) noexcept = default;
Team::~Team() = default;

Result<Team> Team::join(const Meeting& meeting) {
  if (meeting.size == 1) return Team(meeting, nullptr);
  try {
    auto connection = std::make_unique<Connection>();
    c10d::TCPStoreOptions options;
    options.port = meeting.port;
    options.isServer = meeting.rank == 0;
    options.numWorkers = static_cast<std::size_t>(meeting.size);
    options.timeout = meeting.patience;
    connection->store = c10::make_intrusive<c10d::TCPStore>(meeting.address, options);
    auto gloo = c10d::ProcessGroupGloo::Options::create(meeting.patience);
    // The interface by which the others are reached: loopback when the meeting is there.
    gloo->devices.push_back(meeting.address == "127.0.0.1" || meeting.address == "localhost"
                                ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    gloo->threads = 1;
    connection->group =
        c10::make_intrusive<c10d::ProcessGroupGloo>(connection->store, meeting.rank, meeting.size, gloo);
    return Team(meeting, std::move(connection));
  } catch (const std::exception& error) {
    return fail(ErrorCode::io, "rank " + std::to_string(meeting.rank) + " of " + std::to_string(meeting.size) +
                                   " could not join at " + meeting.address + ":" + std::to_string(meeting.port) + ": " +
                                   first_line(error));
  }
}

Result<> Team::sum(const at::Tensor& values) {
  if (connection_ == nullptr) return {};
  return together([&](std::vector<at::Tensor>& tensors) { return connection_->group->allreduce(tensors); }, values);
}

Result<> Team::spread(const at::Tensor& values) {
  if (connection_ == nullptr) return {};
  return together([&](std::vector<at::Tensor>& tensors) { return connection_->group->broadcast(tensors); }, values);
}

Result<> Team::spread(std::string& text) {
  if (connection_ == nullptr) return {};
  at::Tensor size = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
  if (auto done = spread(size); !done) return done;
  text.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
  if (text.empty()) return {};
  return spread(at::from_blob(text.data(), {size.item<std::int64_t>()}, at::kByte));
}

}  // namespace updraft::learn
