// For tests: two ranks of a team as two threads, each with the connection that a process of its own would have.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "learn/team.h"

namespace updraft::learn::test {

// A port of loopback that nobody listens at.
inline std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

// What `body(Team&)` ends with on each rank. A rank whose body throws is gone, as if it had been killed.
template <class Body>
std::array<Result<>, 2> as_ranks(const Body& body) {
  const std::uint16_t port = free_port();
  std::array<Result<>, 2> ends;
  const auto run = [&](int rank) {
    try {
      auto team = Team::join({.rank = rank, .size = 2, .port = port, .patience = std::chrono::seconds(60)});
      ends[static_cast<std::size_t>(rank)] = team ? body(*team) : Result<>(tl::unexpected(team.error()));
    } catch (const std::exception& error) {
      ends[static_cast<std::size_t>(rank)] = fail(ErrorCode::io, error.what());
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  return ends;
}

}  // namespace updraft::learn::test
