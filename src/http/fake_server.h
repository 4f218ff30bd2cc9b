// For tests: an HTTP server on a port of its own that answers each request with the bytes that the test wants, and can
// break off, or say nothing until the client goes away.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace updraft::http::test {

class FakeServer {
 public:
  struct Reply {
    std::string bytes;         // the answer, status line and all; the connection is closed after it
    std::string endless = {};  // and this again and again, until the client closes
    bool silent = false;       // says nothing more, until the client closes
  };
  // Called with the number of the request (from 0) and its bytes; from several threads.
  using Answer = std::function<Reply(int number, const std::string& request)>;

  static std::string http(int status, std::string_view body, std::string_view headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " As Wished\r\nContent-Type: application/json\r\n" +
           std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           std::string(body);
  }

  explicit FakeServer(Answer answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no port for the fake server");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~FakeServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& connection : connections_) connection.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void accept() {
    for (;;) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      connections_.emplace_back([this, connection] {
        serve(connection);
        ::close(connection);
      });
    }
  }

  void serve(int connection) {
    std::string request;
    std::size_t wanted = std::string::npos;
    char bytes[4096];
    while (request.size() < wanted) {
      const ssize_t got = ::recv(connection, bytes, sizeof bytes, 0);
      if (got <= 0) return;
      request.append(bytes, static_cast<std::size_t>(got));
      const auto head = request.find("\r\n\r\n");
      if (wanted != std::string::npos || head == std::string::npos) continue;
      const auto length = request.find("Content-Length: ");
      wanted = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
    }
    const Reply reply = answer_(requests_++, request);
    bool open = send(connection, reply.bytes);
    while (open && !reply.endless.empty()) open = send(connection, reply.endless);
    while (open && reply.silent) open = ::recv(connection, bytes, sizeof bytes, 0) > 0;
  }

  static bool send(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Answer answer_;
  int listener_;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> connections_;  // the acceptor's, then the destructor's
};

}  // namespace updraft::http::test
