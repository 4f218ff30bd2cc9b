// A request and its answer, apart from how they travel (connection.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace updraft::server {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;   // as it was sent, percent-encoded
  std::string query;  // behind the question mark
  Headers headers;    // names in lower case
  std::string body;
  std::string id;  // of this request, for logs
  bool from_loopback = false;

  // Empty: it is not there.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  Headers headers = {};
};

// One request on its way to an answer. All but `request` and `route` may be used by any thread; what comes after the
// end of the answer, or after the client has gone, is passed over.
class Exchange {
 public:
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const Request& request() const { return request_; }
  // The pattern that the path fits, for metrics: few, whatever is asked for. Set before the answer begins.
  [[nodiscard]] const std::string& route() const { return route_; }
  void set_route(std::string route) { route_ = std::move(route); }

  // The whole answer, or one that grows: begin_stream (whose body is its beginning), write, end_stream.
  virtual void answer(Response response) = 0;
  virtual void begin_stream(Response head) = 0;
  virtual void write(std::string text) = 0;
  virtual void end_stream() = 0;
  // Called once if the client goes away before the answer's end; at once where it has gone.
  virtual void when_gone(std::function<void()> then) = 0;

 protected:
  explicit Exchange(Request request) : request_(std::move(request)) {}

 private:
  Request request_;
  std::string route_;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace updraft::server
