// For tests: a client that says any bytes and hears what comes back.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace updraft::server::test {

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_bytes > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void get(std::string_view path, std::string_view headers = "") {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
  }
  void post(std::string_view path, std::string_view body, std::string_view headers = "") {
    send("POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body));
  }

  struct Answer {
    int status = 0;  // 0: the connection was closed
    std::string head, body;
  };
  // The next one, with a length or in chunks, which are joined; bodiless after HEAD.
  Answer receive(bool bodiless = false) {
    Answer answer;
    answer.head = up_to("\r\n\r\n");
    if (answer.head.size() < 12) return {};
    answer.status = std::atoi(answer.head.c_str() + 9);
    if (answer.head.find("Transfer-Encoding: chunked") != std::string::npos) {
      while (true) {
        const std::string size = up_to("\r\n");
        const auto n = std::strtoul(size.c_str(), nullptr, 16);
        if (size.empty() || n == 0) break;
        answer.body += exactly(n);
        (void)exactly(2);
      }
      (void)exactly(2);
    } else if (const std::size_t at = answer.head.find("Content-Length: "); at != std::string::npos && !bodiless) {
      answer.body = exactly(std::strtoul(answer.head.c_str() + at + 16, nullptr, 10));
    }
    return answer;
  }
  // All until the other side closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(read_, {});
  }
  std::string up_to(std::string_view end) {
    std::size_t at = 0;
    while ((at = read_.find(end)) == std::string::npos) {
      if (!more()) return {};
    }
    return take(at + end.size());
  }

 private:
  std::string exactly(std::size_t n) {
    while (read_.size() < n && more()) {
    }
    return take(std::min(n, read_.size()));
  }
  std::string take(std::size_t n) {
    std::string front = read_.substr(0, n);
    read_.erase(0, n);
    return front;
  }
  bool more() {
    std::array<char, 16384> block{};
    const ssize_t n = ::recv(socket_, block.data(), block.size(), 0);
    if (n <= 0) return false;
    read_.append(block.data(), static_cast<std::size_t>(n));
    return true;
  }

  int socket_;
  std::string read_;
};

}  // namespace updraft::server::test
