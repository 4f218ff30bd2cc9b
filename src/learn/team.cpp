#include "learn/team.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef UPDRAFT_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

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
    return fail(ErrorCode::io, "another process of the team is gone or hangs: " + first_line(error));
  }
}

c10::intrusive_ptr<c10d::ProcessGroupGloo> join_gloo(const Meeting& meeting,
                                                     const c10::intrusive_ptr<c10d::Store>& store) {
  auto options = c10d::ProcessGroupGloo::Options::create(meeting.patience);
  // The interface by which the others are reached: loopback when the meeting is there.
  options->devices.push_back(meeting.address == "127.0.0.1" || meeting.address == "localhost"
                                 ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                 : c10d::ProcessGroupGloo::createDefaultDevice());
  options->threads = 1;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, meeting.rank, meeting.size, options);
}

}  // namespace

#ifdef UPDRAFT_NCCL

struct Team::Connection {
  explicit Connection(const Meeting& meeting, c10::intrusive_ptr<c10d::Store> meeting_point)
      : store(std::move(meeting_point)), device(at::kCUDA, static_cast<c10::DeviceIndex>(meeting.local_rank)) {
    if (meeting.backend == Backend::gloo) {
      gloo = join_gloo(meeting, store);
      return;
    }
    // Otherwise wait() would not end when another process is gone. The second name is the one of LibTorch 2.
    for (const char* name : {"NCCL_BLOCKING_WAIT", "TORCH_NCCL_BLOCKING_WAIT"}) ::setenv(name, "1", 0);
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = meeting.patience;
    nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, meeting.rank, meeting.size, options);
  }

  // `collective(group, tensors)` on where the group wants them.
  template <class Collective>
  Result<> run(const Collective& collective, const at::Tensor& values) {
    if (gloo) return together([&](auto& tensors) { return collective(*gloo, tensors); }, values);
    try {
      at::Tensor there = values.to(device);
      if (auto done = together([&](auto& tensors) { return collective(*nccl, tensors); }, there); !done) return done;
      at::Tensor(values).copy_(there);
      return {};
    } catch (const std::exception& error) {
      return fail(ErrorCode::io, "the GPU cannot be used: " + first_line(error));
    }
  }

  c10::intrusive_ptr<c10d::Store> store;
  at::Device device;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;  // either this
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;  // or that
};

#else

struct Team::Connection {
  explicit Connection(const Meeting& meeting, c10::intrusive_ptr<c10d::Store> meeting_point)
      : store(std::move(meeting_point)), group(join_gloo(meeting, store)) {}

  template <class Collective>
  Result<> run(const Collective& collective, const at::Tensor& values) {
    return together([&](auto& tensors) { return collective(*group, tensors); }, values);
  }

  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group;
};

#endif

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
  const auto local_rank = variable("LOCAL_RANK", 0, 127);
  if (!local_rank) return tl::unexpected(local_rank.error());
  meeting.local_rank = local_rank->value_or(0);
  return meeting;
}

Team::Team(const Meeting& meeting, std::unique_ptr<Connection> connection)
    : rank_(meeting.rank), size_(meeting.size), connection_(std::move(connection)) {}
Team::Team(Team&&) noexcept = default;
Team& Team::operator=(Team&&) noexcept = default;
Team::~Team() = default;

Result<Team> Team::join(const Meeting& meeting) {
#ifndef UPDRAFT_NCCL
  if (meeting.backend == Backend::nccl) {
    return fail(ErrorCode::unsupported, "this build has no NCCL (it needs a LibTorch with CUDA, and nccl.h): use Gloo");
  }
#endif
  if (meeting.size == 1) return Team(meeting, nullptr);
  try {
    c10d::TCPStoreOptions options;
    options.port = meeting.port;
    options.isServer = meeting.rank == 0;
    options.numWorkers = static_cast<std::size_t>(meeting.size);
    options.timeout = meeting.patience;
    auto store = c10::make_intrusive<c10d::TCPStore>(meeting.address, options);
    return Team(meeting, std::make_unique<Connection>(meeting, std::move(store)));
  } catch (const std::exception& error) {
    return fail(ErrorCode::io, "rank " + std::to_string(meeting.rank) + " of " + std::to_string(meeting.size) +
                                   " could not join at " + meeting.address + ":" + std::to_string(meeting.port) + ": " +
                                   first_line(error));
  }
}

Result<> Team::sum(const at::Tensor& values) {
  if (connection_ == nullptr) return {};
  return connection_->run([](auto& group, auto& tensors) { return group.allreduce(tensors); }, values);
}

Result<> Team::spread(const at::Tensor& values) {
  if (connection_ == nullptr) return {};
  return connection_->run([](auto& group, auto& tensors) { return group.broadcast(tensors); }, values);
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
