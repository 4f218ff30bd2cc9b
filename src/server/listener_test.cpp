#include "server/listener.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "server/test_client.h"

namespace updraft::server {
namespace {

using test::Client;

// A server that tells what it was asked, but for a few paths.
class ListenerTest : public testing::Test {
 protected:
  void serve(ListenOptions options = {}) {
    Listener::Hooks hooks;
    hooks.handle = [this](const std::shared_ptr<Exchange>& exchange) { handle(exchange); };
    hooks.on_finished = [this](const Finished& finished) { statuses_.push_back(finished.status); };
    hooks.on_connections = [this](std::size_t open) { open_ = open; };
    hooks.on_signal = [](int) {};
    listener_ = Listener::open(options, std::move(hooks)).value();
    thread_ = std::thread([this] { listener_->run(); });
  }
  void TearDown() override { end(); }
  void end() {
    if (!thread_.joinable()) return;
    listener_->stop();
    thread_.join();
    held_.clear();
    listener_.reset();
  }
  virtual void handle(const std::shared_ptr<Exchange>& exchange) {
    const Request& request = exchange->request();
    if (request.path == "/hold") {
      exchange->when_gone([this] { gone_.set_value(); });
      held_.push_back(exchange);
      return arrived_.set_value();
    }
    if (request.path == "/forget") return;
    if (request.path == "/break-off")
      return exchange->begin_stream({.type = "text/event-stream", .body = ": hello\n\n"});
    if (request.path == "/events") {
      exchange->begin_stream({.type = "text/event-stream", .body = ": hello\n\n"});
      exchange->write("data: 1\n\n");
      exchange->write("data: 2\n\n");
      return exchange->end_stream();
    }
    exchange->answer({.type = "text/plain",
                      .body = request.method + ' ' + request.path + ' ' + request.query + ' ' +
                              std::string(request.header("x-name")) + ' ' + request.body});
  }

  std::unique_ptr<Listener> listener_;
  std::thread thread_;
  std::vector<std::shared_ptr<Exchange>> held_;  // the listener's thread's
  std::vector<int> statuses_;
  std::atomic<std::size_t> open_ = 0;
  std::promise<void> arrived_, gone_;
};

TEST_F(ListenerTest, AConnectionServesOneRequestAfterTheOther) {
  serve();
  Client client(listener_->port());
  client.get("/a?b=c", "X-Name: d\r\n");
  EXPECT_EQ(client.receive().body, "GET /a b=c d ");
  client.post("/p", "body");
  EXPECT_EQ(client.receive().body, "POST /p   body");
  client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "POST /c   abcde");
}

TEST_F(ListenerTest, RequestsThatCameTogetherAreAnsweredInTheirOrder) {
  serve();
  Client client(listener_->port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const char* body : {"GET /1   ", "GET /2   ", "GET /3   "}) EXPECT_EQ(client.receive().body, body);
}

TEST_F(ListenerTest, OlderAndHeadRequestsGetWhatTheyUnderstand) {
  serve();
  Client old(listener_->port());
  old.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.rest().find("Connection: close"), std::string::npos);
  Client stream(listener_->port());
  stream.send("GET /events HTTP/1.0\r\n\r\n");
  const std::string events = stream.rest();
  EXPECT_EQ(events.find("chunked"), std::string::npos);
  EXPECT_NE(events.find("data: 2\n\n"), std::string::npos);
  Client head(listener_->port());
  head.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(head.receive(true).head.find("Content-Length: 10"), std::string::npos);
  EXPECT_EQ(head.receive().body, "GET /b   ");
}

TEST_F(ListenerTest, AStreamComesInChunksAndTheConnectionGoesOn) {
  serve();
  Client client(listener_->port());
  client.get("/events");
  EXPECT_EQ(client.receive().body, ": hello\n\ndata: 1\n\ndata: 2\n\n");
  client.get("/a");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ListenerTest, WhoAsksBeforeSendingIsToldToGoOn) {
  serve();
  Client client(listener_->port());
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.up_to("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(client.receive().body, "POST /p   body");
}

TEST_F(ListenerTest, WhatIsNoRequestIsRefusedAndTheOthersAreServed) {
  serve({.max_header_bytes = 1024, .max_body_bytes = 1000});
  const auto status = [&](const std::string& text) {
    Client client(listener_->port());
    client.send(text);
    const int got = client.receive().status;
    client.rest();  // it is closed then
    return got;
  };
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/9.9\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(status(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(status("GET /" + std::string(4000, 'a') + " HTTP/1.1\r\n\r\n"), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nX: " + std::string(4000, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'a')), 413);
  EXPECT_EQ(
      status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'a') + "\r\n0\r\n\r\n"),
      413);
  Client client(listener_->port());
  client.get("/a");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ListenerTest, BodiesThatAreTooMuchTogetherWait) {
  serve({.max_bodies_bytes = 100});
  Client client(listener_->port());
  client.post("/p", std::string(101, 'a'));
  EXPECT_EQ(client.receive().status, 503);
  Client small(listener_->port());
  small.post("/p", std::string(100, 'a'));
  EXPECT_EQ(small.receive().status, 200);
  small.post("/p", std::string(100, 'a'));  // the first has been given back
  EXPECT_EQ(small.receive().status, 200);
}

TEST_F(ListenerTest, WhoSaysNothingOrTooSlowlyIsLeft) {
  serve({.idle_time = std::chrono::milliseconds(50),
         .header_time = std::chrono::milliseconds(50),
         .body_time = std::chrono::milliseconds(50)});
  Client silent(listener_->port());
  EXPECT_EQ(silent.rest(), "");
  Client half(listener_->port());
  half.send("GET / HT");
  EXPECT_EQ(half.receive().status, 408);
  Client slow(listener_->port());
  slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(slow.receive().status, 408);
}

TEST_F(ListenerTest, AClientThatGoesIsNoticedWhileItsAnswerIsMade) {
  serve();
  Client client(listener_->port());
  client.get("/hold");
  arrived_.get_future().wait();
  client.close();
  gone_.get_future().wait();  // or the test would not end
  Client other(listener_->port());
  for (int i = 0; i < 2; ++i) {  // the second is read when the first is over
    other.get("/a");
    EXPECT_EQ(other.receive().status, 200);
  }
  end();
  ASSERT_GE(statuses_.size(), 2U);
  EXPECT_EQ(statuses_[0], 499);
  EXPECT_EQ(statuses_[1], 200);
}

TEST_F(ListenerTest, AnExchangeThatIsForgottenIsAnError) {
  serve();
  Client client(listener_->port());
  client.get("/forget");
  EXPECT_EQ(client.receive().status, 500);
}

TEST_F(ListenerTest, AStreamThatIsForgottenDoesNotLookComplete) {
  serve();
  Client client(listener_->port());
  client.get("/break-off");
  EXPECT_FALSE(client.rest().ends_with("0\r\n\r\n"));  // the end of a stream
}

TEST_F(ListenerTest, AStreamWhoseClientDoesNotReadIsEnded) {
  serve({.max_unsent_bytes = 1 << 20});
  Client client(listener_->port(), 4096);
  client.get("/hold");
  arrived_.get_future().wait();
  const auto exchange = held_.front();
  exchange->begin_stream({.type = "text/event-stream", .body = ""});
  auto gone = gone_.get_future();
  const std::string much(64 << 10, 'a');
  for (int i = 0; i < 1000 && gone.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready; ++i)
    exchange->write(much);
  gone.wait();
}

TEST_F(ListenerTest, MoreConnectionsThanMayBeAreClosed) {
  serve({.max_connections = 2});
  Client one(listener_->port()), two(listener_->port());
  one.get("/a");
  two.get("/a");
  EXPECT_EQ(one.receive().status, 200);
  EXPECT_EQ(two.receive().status, 200);
  Client three(listener_->port());
  EXPECT_EQ(three.rest(), "");
  one.get("/a");
  EXPECT_EQ(one.receive().status, 200);
}

TEST_F(ListenerTest, ADrainEndsBehindTheAnswersThatAreBeingMade) {
  serve();
  Client idle(listener_->port()), busy(listener_->port());
  idle.get("/a");
  EXPECT_EQ(idle.receive().status, 200);
  busy.get("/hold");
  arrived_.get_future().wait();
  listener_->drain();
  EXPECT_EQ(idle.rest(), "");
  held_.front()->answer({.type = "text/plain", .body = "at last"});
  const Client::Answer answer = busy.receive();
  EXPECT_EQ(answer.body, "at last");
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  busy.close();
  thread_.join();  // run() has ended
  held_.clear();
}

TEST_F(ListenerTest, APortThatIsTakenIsAnError) {
  serve();
  EXPECT_EQ(Listener::open({.port = listener_->port()}, {}).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace updraft::server
