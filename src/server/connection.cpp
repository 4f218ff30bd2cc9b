// The only file that knows Boost.Beast and Asio: they take long to compile.
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <unordered_set>

#include "server/event_stream.h"
#include "server/failure.h"
#include "server/listener.h"
#include "text/ascii.h"

namespace updraft::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t write_part = std::size_t{256} << 10;
constexpr std::size_t lingered_bytes = std::size_t{16} << 20;  // that are read and thrown away before a close
constexpr std::chrono::seconds linger_time{2};
constexpr int client_gone = 499;

std::string_view reason(int status) {
  const auto text = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

class Connection;

// What the connections share; lives on the listener's thread.
struct Shared {
  ListenOptions options;
  Listener::Hooks hooks;
  asio::io_context io{1};
  std::unordered_set<Connection*> connections;
  std::size_t bodies_bytes = 0;
  bool draining = false;
  std::mt19937_64 ids{std::random_device{}()};
};

// A request's answer, on its way to the connection's thread.
class Answering final : public Exchange, public std::enable_shared_from_this<Answering> {
 public:
  Answering(Request request, std::weak_ptr<Connection> connection, std::shared_ptr<Shared> shared, std::uint64_t number)
      : Exchange(std::move(request)), connection_(std::move(connection)), shared_(std::move(shared)), number_(number) {}
  ~Answering() override;

  void answer(Response response) override;
  void begin_stream(Response head) override;
  void write(std::string text) override;
  void end_stream() override;
  void when_gone(std::function<void()> then) override {
    {
      const std::scoped_lock lock(mutex_);
      if (over_) return;
      if (!gone_) {
        on_gone_ = std::move(then);
        return;
      }
    }
    then();
  }

  // By the connection.
  void tell_gone() {
    std::function<void()> then;
    {
      const std::scoped_lock lock(mutex_);
      gone_ = true;
      then = std::move(on_gone_);
      on_gone_ = nullptr;
    }
    if (then) then();
  }

 private:
  template <class Do>
  void post(Do&& what);
  void forget() {  // what waits for a client to go: it may hold this exchange
    std::function<void()> dropped;
    const std::scoped_lock lock(mutex_);
    over_ = true;
    dropped.swap(on_gone_);
  }

  std::weak_ptr<Connection> connection_;
  std::shared_ptr<Shared> shared_;
  std::uint64_t number_;
  std::atomic<bool> begun_ = false;
  std::mutex mutex_;
  std::function<void()> on_gone_;
  bool gone_ = false, over_ = false;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), socket_(std::move(socket)), deadline_(shared_->io), heartbeat_(shared_->io) {
    shared_->connections.insert(this);
    shared_->hooks.on_connections(shared_->connections.size());
  }
  ~Connection() {
    release_body();
    shared_->connections.erase(this);
    shared_->hooks.on_connections(shared_->connections.size());
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    socket_.non_blocking(true, ignored);
    const auto peer = socket_.remote_endpoint(ignored);
    from_loopback_ = !ignored && peer.address().is_loopback();
    wait_for_request();
  }

  void close_if_idle() {
    if (state_ == State::idle) close();
  }
  void close() {
    error_code ignored;
    deadline_.cancel();
    heartbeat_.cancel();
    socket_.close(ignored);
    if (state_ == State::answering) lose_client();
    report(client_gone, finished_exchange_.get());  // before it had all of its answer
    finished_exchange_.reset();
    state_ = State::closed;
    const auto last = std::move(alive_);  // which may be all that holds this
  }

  // ---- By Answering, with the number of its request ----

  void answer(std::uint64_t number, Response response) {
    if (!is_current(number)) return;
    status_ = response.status;
    send_head(response, response.body.size());
    const bool empty = parser_is_head_ || response.status == 304 || response.status == 204;
    if (!empty) enqueue(std::move(response.body));
    finish_answer();
  }
  void begin_stream(std::uint64_t number, Response head) {
    if (!is_current(number)) return;
    streaming_ = true;
    status_ = head.status;
    chunked_ = version_ >= 11;
    if (!chunked_) keep_alive_ = false;
    send_head(head, std::nullopt);
    if (!head.body.empty()) write(number, std::move(head.body));
    beat();
  }
  void write(std::uint64_t number, std::string text) {
    if (!is_current(number) || !streaming_ || text.empty() || parser_is_head_) return;
    if (unsent_ > shared_->options.max_unsent_bytes) {  // a client that does not read
      close();
      return;
    }
    enqueue(chunked_ ? chunk(text) : std::move(text));
  }
  void break_off(std::uint64_t number) {
    if (is_current(number)) close();
  }
  void end_stream(std::uint64_t number) {
    if (!is_current(number) || !streaming_) return;
    heartbeat_.cancel();
    if (chunked_ && !parser_is_head_) enqueue("0\r\n\r\n");
    finish_answer();
  }

 private:
  enum class State { idle, reading, answering, sent, lingering, closed };
  using Parser = http::request_parser<http::string_body>;

  [[nodiscard]] bool is_current(std::uint64_t number) const { return state_ == State::answering && number == number_; }

  // Closes unless another limit is set before.
  void limit(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = weak_from_this()](error_code code) {
      if (code) return;
      if (const auto connection = self.lock()) connection->time_is_up();
    });
  }
  void time_is_up() {
    if (state_ == State::reading && !parser_->is_done() && parser_->got_some()) {
      refuse(408, "the request took too long to arrive");
    } else {
      close();
    }
  }

  void wait_for_request() {
    state_ = State::idle;
    parser_.reset();
    release_body();
    if (shared_->draining) {
      close();
      return;
    }
    if (buffer_.size() > 0) {
      read_head();
      return;
    }
    buffer_ = {};  // an idle connection holds no memory
    limit(shared_->options.idle_time);
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code code) {
      if (self->state_ != State::idle) return;
      if (code) {
        self->close();
      } else {
        self->read_head();
      }
    });
  }

  void read_head() {
    state_ = State::reading;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_->options.max_header_bytes));
    parser_->body_limit(shared_->options.max_body_bytes);
    limit(shared_->options.header_time);
    http::async_read_header(socket_, buffer_, *parser_, [self = shared_from_this()](error_code code, std::size_t) {
      if (self->state_ == State::reading) self->on_head(code);
    });
  }

  void on_head(error_code code) {
    arrived_ = Clock::now();
    if (code) {
      refuse_unread(code);
      return;
    }
    body_bytes_ = static_cast<std::size_t>(
        parser_->content_length().value_or(parser_->chunked() ? shared_->options.max_body_bytes : 0));
    if (body_bytes_ > 0 && shared_->bodies_bytes + body_bytes_ > shared_->options.max_bodies_bytes) {
      body_bytes_ = 0;
      refuse(503, "the server is reading too many large requests; try again later");
      return;
    }
    shared_->bodies_bytes += body_bytes_;
    limit(shared_->options.body_time);
    const auto expect = parser_->get()[http::field::expect];
    if (beast::iequals(expect, "100-continue")) {
      auto text = std::make_shared<std::string>("HTTP/1.1 100 Continue\r\n\r\n");
      asio::async_write(socket_, asio::buffer(*text),
                        [self = shared_from_this(), text](error_code failed, std::size_t) {
                          if (self->state_ != State::reading) return;
                          if (failed) {
                            self->close();
                          } else {
                            self->read_body();
                          }
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code code, std::size_t) {
      if (self->state_ != State::reading) return;
      if (code) {
        self->refuse_unread(code);
      } else {
        self->on_request();
      }
    });
  }

  void refuse_unread(error_code code) {
    if (code == http::error::body_limit) {
      refuse(413, "the body is larger than " + std::to_string(shared_->options.max_body_bytes >> 20) + " MB");
    } else if (code == http::error::header_limit || code == http::error::buffer_overflow) {
      refuse(431, "the headers are larger than " + std::to_string(shared_->options.max_header_bytes >> 10) + " kB");
    } else if (code == http::error::partial_message || code == http::error::end_of_stream ||
               code.category() == boost::system::system_category()) {
      close();  // the client has gone
    } else {
      refuse(400, "this is no HTTP request that can be read");
    }
  }

  // Answers what could not be read to its end, then closes.
  void refuse(int status, const std::string& message) {
    Request request{.method = std::string(parser_->get().method_string()),
                    .path = "",
                    .query = "",
                    .headers = {},
                    .body = "",
                    .id = ""};
    keep_alive_ = false;
    begin_answering(std::move(request));
    version_ = 11;
    parser_is_head_ = false;
    current_exchange_->set_route("unread");
    answer(number_, failure(status, message));
  }

  void on_request() {
    auto message = parser_->release();
    Request request;
    request.method = std::string(message.method_string());
    const std::string target(message.target());
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    for (const auto& field : message.base()) {
      request.headers.emplace_back(text::lower_case(std::string(field.name_string())), std::string(field.value()));
    }
    request.body = std::move(message.body());
    request.from_loopback = from_loopback_;
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    parser_is_head_ = message.method() == http::verb::head;
    parser_.reset();
    begin_answering(std::move(request));
    watch_client();
    deadline_.cancel();
    shared_->hooks.handle(std::move(current_exchange_));
  }

  void begin_answering(Request request) {
    state_ = State::answering;
    alive_ = shared_from_this();
    streaming_ = false;
    status_ = client_gone;
    sent_ = 0;
    ++number_;
    request.id = hex(shared_->ids());
    current_exchange_ = std::make_shared<Answering>(std::move(request), weak_from_this(), shared_, number_);
    exchange_ = current_exchange_;
  }

  // While the answer is made, a client that goes away is noticed.
  void watch_client() {
    if (buffer_.size() > 0) return;  // it has sent its next request already
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), number = number_](error_code code) {
      if (!self->is_current(number)) return;
      char byte = 0;
      error_code failed = code;
      if (!code) self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failed);
      if (failed == asio::error::would_block || failed == asio::error::try_again) {
        self->watch_client();
      } else if (failed) {
        self->close();
      }
    });
  }

  void lose_client() {
    if (const auto exchange = exchange_.lock()) {
      report(client_gone, exchange.get());
      exchange->tell_gone();
    }
    exchange_.reset();
    current_exchange_.reset();
  }

  void report(int status, const Exchange* exchange) {
    if (exchange == nullptr) return;
    shared_->hooks.on_finished({.request = exchange->request(),
                                .route = exchange->route(),
                                .status = status,
                                .bytes = sent_,
                                .seconds = std::chrono::duration<double>(Clock::now() - arrived_).count()});
  }

  void send_head(const Response& response, std::optional<std::size_t> length) {
    if (shared_->draining) keep_alive_ = false;
    std::string head =
        "HTTP/1.1 " + std::to_string(response.status) + ' ' + std::string(reason(response.status)) + "\r\n";
    const auto line = [&](std::string_view name, std::string_view value) {
      head.append(name).append(": ").append(value).append("\r\n");
    };
    if (!response.type.empty() && response.status != 204 && response.status != 304) line("Content-Type", response.type);
    if (length) {
      if (response.status != 204 && response.status != 304) line("Content-Length", std::to_string(*length));
    } else if (chunked_) {
      line("Transfer-Encoding", "chunked");
    }
    for (const auto& [name, value] : response.headers) line(name, value);
    if (!keep_alive_) {
      line("Connection", "close");
    } else if (version_ < 11) {
      line("Connection", "keep-alive");
    }
    head += "\r\n";
    enqueue(std::move(head));
  }

  static std::string chunk(const std::string& text) {
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    return size.data() + text + "\r\n";
  }

  void beat() {
    heartbeat_.expires_after(shared_->options.heartbeat_time);
    heartbeat_.async_wait([self = weak_from_this(), number = number_](error_code code) {
      const auto connection = self.lock();
      if (code || !connection || !connection->is_current(number)) return;
      connection->write(number, std::string(heartbeat));
      if (connection->is_current(number)) connection->beat();
    });
  }

  void enqueue(std::string text) {
    if (text.empty()) return;
    unsent_ += text.size();
    out_.push_back(std::move(text));
    if (!writing_) write_some();
  }

  void write_some() {
    writing_ = true;
    limit(shared_->options.write_time);
    const auto part =
        asio::buffer(out_.front().data() + written_, std::min(write_part, out_.front().size() - written_));
    asio::async_write(socket_, part,
                      [self = shared_from_this()](error_code code, std::size_t n) { self->on_written(code, n); });
  }

  void on_written(error_code code, std::size_t n) {
    if (state_ == State::closed) return;
    if (code) {
      close();
      return;
    }
    sent_ += n;
    unsent_ -= n;
    written_ += n;
    if (written_ == out_.front().size()) {
      out_.pop_front();
      written_ = 0;
    }
    if (!out_.empty()) {
      write_some();
      return;
    }
    writing_ = false;
    deadline_.cancel();
    if (state_ == State::sent) after_answer();
  }

  // All of it is in the queue.
  void finish_answer() {
    if (const auto exchange = exchange_.lock()) finished_exchange_ = exchange;
    exchange_.reset();
    current_exchange_.reset();
    state_ = State::sent;
    const auto last = std::move(alive_);
    if (!writing_) after_answer();
  }

  void after_answer() {
    report(status_, finished_exchange_.get());
    finished_exchange_.reset();
    if (keep_alive_) {
      wait_for_request();
      return;
    }
    // A close while bytes come in would take back what was sent.
    state_ = State::lingering;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    limit(linger_time);
    linger();
  }

  void linger() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code code) {
      if (self->state_ != State::lingering) return;
      std::array<char, 16384> thrown{};
      error_code failed = code;
      while (!failed && self->lingered_ < lingered_bytes) {
        self->lingered_ += self->socket_.read_some(asio::buffer(thrown), failed);
      }
      if (failed == asio::error::would_block) {
        self->linger();
      } else {
        self->close();
      }
    });
  }

  void release_body() {
    shared_->bodies_bytes -= body_bytes_;
    body_bytes_ = 0;
  }

  std::shared_ptr<Shared> shared_;
  tcp::socket socket_;
  asio::steady_timer deadline_, heartbeat_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  State state_ = State::idle;
  bool from_loopback_ = false, keep_alive_ = true, parser_is_head_ = false, streaming_ = false, chunked_ = false,
       writing_ = false;
  unsigned version_ = 11;
  std::uint64_t number_ = 0;  // of the request
  int status_ = 0;
  std::size_t body_bytes_ = 0, sent_ = 0, unsent_ = 0, written_ = 0, lingered_ = 0;
  std::deque<std::string> out_;
  Clock::time_point arrived_ = Clock::now();
  std::shared_ptr<Connection> alive_;  // this, while an answer is made and nothing else may hold it
  std::weak_ptr<Answering> exchange_;
  std::shared_ptr<Answering> current_exchange_;  // until it is handed over
  std::shared_ptr<Answering> finished_exchange_;
};

template <class Do>
void Answering::post(Do&& what) {
  asio::post(shared_->io, [connection = connection_, what = std::forward<Do>(what)]() mutable {
    if (const auto alive = connection.lock()) what(*alive);
  });
}

// An exchange that nobody will end any more is ended here.
Answering::~Answering() {
  if (over_) return;
  if (begun_) {
    post([number = number_](Connection& connection) { connection.break_off(number); });
    return;
  }
  post([number = number_](Connection& connection) {
    connection.answer(number, failure(500, "the server failed; its log tells more"));
  });
}

void Answering::answer(Response response) {
  if (begun_.exchange(true)) return;
  // This exchange must be there when the answer is reported.
  post([self = shared_from_this(), response = std::move(response), number = number_](Connection& connection) mutable {
    connection.answer(number, std::move(response));
  });
  forget();
}

void Answering::begin_stream(Response head) {
  if (begun_.exchange(true)) return;
  post([head = std::move(head), number = number_](Connection& connection) mutable {
    connection.begin_stream(number, std::move(head));
  });
}

void Answering::write(std::string text) {
  post([text = std::move(text), number = number_](Connection& connection) mutable {
    connection.write(number, std::move(text));
  });
}

void Answering::end_stream() {
  post([self = shared_from_this(), number = number_](Connection& connection) { connection.end_stream(number); });
  forget();
}

class TcpListener final : public Listener {
 public:
  TcpListener(const ListenOptions& options, Hooks hooks) : shared_(std::make_shared<Shared>()) {
    shared_->options = options;
    shared_->hooks = std::move(hooks);
  }
  ~TcpListener() override {
    for (Connection* connection : all()) connection->close();
    acceptor_.reset();
    signals_.reset();
    retry_.reset();
    work_.reset();
    shared_->io.restart();
    shared_->io.poll();  // handlers hold connections; they end now
  }

  Result<> open() {
    const ListenOptions& options = shared_->options;
    const auto failed = [&](const error_code& code) {
      return fail(ErrorCode::io,
                  "cannot listen on " + options.host + " port " + std::to_string(options.port) + ": " + code.message());
    };
    error_code code;
    tcp::resolver resolver(shared_->io);
    const auto found = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, code);
    if (code) return failed(code);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.emplace(shared_->io);
    acceptor_->open(endpoint.protocol(), code);
    if (!code) acceptor_->set_option(asio::socket_base::reuse_address(true), code);
    if (!code) acceptor_->bind(endpoint, code);
    if (!code) acceptor_->listen(asio::socket_base::max_listen_connections, code);
    if (code) return failed(code);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override {
    error_code ignored;
    return acceptor_ ? acceptor_->local_endpoint(ignored).port() : std::uint16_t{0};
  }

  void catch_signals(const std::vector<int>& signals) override {
    signals_.emplace(shared_->io);
    for (const int signal : signals) {
      error_code ignored;
      signals_->add(signal, ignored);
    }
    wait_for_signal();
  }

  void run() override {
    accept();
    shared_->io.run();
  }

  void drain() override {
    asio::post(shared_->io, [this] {
      if (shared_->draining) return;
      shared_->draining = true;
      error_code ignored;
      acceptor_->close(ignored);
      for (Connection* connection : all()) connection->close_if_idle();
      check_drained();
    });
  }

  void stop() override { shared_->io.stop(); }

 private:
  [[nodiscard]] std::vector<Connection*> all() const {
    return {shared_->connections.begin(), shared_->connections.end()};
  }

  void accept() {
    acceptor_->async_accept([this](error_code code, tcp::socket socket) {
      if (code == asio::error::operation_aborted || shared_->draining) return;
      if (code) {  // no more files, most likely
        retry_.emplace(shared_->io, std::chrono::milliseconds(100));
        retry_->async_wait([this](error_code cancelled) {
          if (!cancelled) accept();
        });
        return;
      }
      // Beyond the limit it is closed at once.
      if (shared_->connections.size() < shared_->options.max_connections) {
        std::make_shared<Connection>(std::move(socket), shared_)->start();
      }
      accept();
    });
  }

  void wait_for_signal() {
    signals_->async_wait([this](error_code code, int signal) {
      if (code) return;
      shared_->hooks.on_signal(signal);
      wait_for_signal();
    });
  }

  void check_drained() {
    if (shared_->connections.empty()) {
      shared_->io.stop();
      return;
    }
    retry_.emplace(shared_->io, std::chrono::milliseconds(20));
    retry_->async_wait([this](error_code cancelled) {
      if (!cancelled) check_drained();
    });
  }

  std::shared_ptr<Shared> shared_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::signal_set> signals_;
  std::optional<asio::steady_timer> retry_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const ListenOptions& options, Hooks hooks) {
  auto listener = std::make_unique<TcpListener>(options, std::move(hooks));
  if (auto done = listener->open(); !done) return tl::unexpected(done.error());
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace updraft::server
