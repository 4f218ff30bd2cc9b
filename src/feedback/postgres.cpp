#include "feedback/postgres.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace updraft::feedback {
namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::vector<const char*> pointers(std::span<const std::string> parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  return values;
}

void replace_all(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), "***");
    at += 3;
  }
}

// libpq tells one thing a line.
std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string out;
  for (const char c : text) {
    if (c == '\n')
      out += "; ";
    else if (c != '\t')
      out += c;
  }
  return out;
}

}  // namespace

Result<const LibPq*> LibPq::load() {
  static const LibPq* const loaded = []() -> const LibPq* {
    static LibPq f;
    void* library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);  // for as long as the process lives
    const bool all = library != nullptr && find(library, "PQconninfoParse", f.conninfo_parse) &&
                     find(library, "PQconninfoFree", f.conninfo_free) && find(library, "PQfreemem", f.free_memory) &&
                     find(library, "PQconnectdbParams", f.connect) && find(library, "PQfinish", f.finish) &&
                     find(library, "PQstatus", f.status) && find(library, "PQerrorMessage", f.error_message) &&
                     find(library, "PQsetNoticeProcessor", f.set_notice_processor) &&
                     find(library, "PQexecParams", f.exec_params) && find(library, "PQprepare", f.prepare) &&
                     find(library, "PQexecPrepared", f.exec_prepared) && find(library, "PQexec", f.exec) &&
                     find(library, "PQresultStatus", f.result_status) &&
                     find(library, "PQresultErrorField", f.result_error_field) && find(library, "PQclear", f.clear) &&
                     find(library, "PQntuples", f.n_rows) && find(library, "PQgetvalue", f.value) &&
                     find(library, "PQgetlength", f.length) && find(library, "PQcmdTuples", f.changed_rows);
    return all ? &f : nullptr;
  }();
  if (loaded == nullptr) {
    return fail(ErrorCode::unsupported, "PostgreSQL's client library (libpq.so.5) is not there; install libpq5");
  }
  return loaded;
}

std::string Rows::text(int row, int column) const {
  return {libpq_.value(result_.get(), row, column),
          static_cast<std::size_t>(libpq_.length(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string written = text(row, column);
  std::int64_t value = 0;
  std::from_chars(written.data(), written.data() + written.size(), value);
  return value;
}

std::uint64_t Rows::changed() const { return number(libpq_.changed_rows(result_.get())); }

Result<ServerUrl> ServerUrl::parse(const LibPq& libpq, const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      libpq.conninfo_parse(url.c_str(), &message), libpq.conninfo_free);
  if (message != nullptr) libpq.free_memory(message);  // it may hold the password
  if (options == nullptr || url.find('\0') != std::string::npos) {
    return fail(ErrorCode::invalid_argument,
                "the URL of the PostgreSQL server cannot be read; it is like postgresql://user:password@host:5432/"
                "database?sslmode=verify-full, with % and two digits for special characters");
  }
  ServerUrl server{.shown = "", .url = url, .password = ""};
  std::string user, host, port, database;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "user") user = option->val;
    if (keyword == "host") host = option->val;
    if (keyword == "port") port = option->val;
    if (keyword == "dbname") database = option->val;
    if (keyword == "password") server.password = option->val;
  }
  server.shown =
      "postgresql://" + (user.empty() ? "" : user + "@") + host + (port.empty() ? "" : ":" + port) + "/" + database;
  if (server.shown.find_first_of("\r\n\t") != std::string::npos) server.shown = "postgresql://";
  return server;
}

Result<Connection> Connection::open(const LibPq& libpq, const ServerUrl& server) {
  // What stands before the URL is what counts where it says nothing.
  constexpr std::array keys = {"connect_timeout",
                               "keepalives_idle",
                               "tcp_user_timeout",
                               "dbname",
                               "client_encoding",
                               "application_name",
                               static_cast<const char*>(nullptr)};
  const std::array values = {
      "10", "30", "20000", server.url.c_str(), "UTF8", "updraft", static_cast<const char*>(nullptr)};
  Connection connection(libpq, server, libpq.connect(keys.data(), values.data(), /*expand_dbname=*/1));
  if (connection.connection_ == nullptr) return fail(ErrorCode::io, "out of memory");
  if (connection.is_lost()) {
    return connection.failure("", libpq.error_message(connection.connection_.get()));
  }
  libpq.set_notice_processor(
      connection.connection_.get(), [](void*, const char*) {}, nullptr);
  // Durable whatever the server's default is; a lock or a server that hangs holds nobody up for ever.
  const auto set = connection.run(
      "SELECT set_config('synchronous_commit', 'on', false) WHERE"
      " current_setting('synchronous_commit') IN ('off', 'local')");
  if (!set) return tl::unexpected(set.error());
  if (auto limit = connection.run("SET statement_timeout = '30s'"); !limit) return tl::unexpected(limit.error());
  return connection;
}

Result<Rows> Connection::run(const char* sql, std::span<const std::string> parameters) {
  // Without parameters: any number of statements.
  if (parameters.empty()) return take(libpq_->exec(connection_.get(), sql));
  const auto values = pointers(parameters);
  return take(libpq_->exec_params(connection_.get(), sql, static_cast<int>(values.size()), nullptr, values.data(),
                                  nullptr, nullptr, /*resultFormat=*/0));
}

Result<Rows> Connection::run_prepared(const char* sql, std::span<const std::string> parameters) {
  const auto known = std::find(prepared_.begin(), prepared_.end(), sql);
  const std::string name = "s" + std::to_string(known - prepared_.begin());
  if (known == prepared_.end()) {
    auto done = take(libpq_->prepare(connection_.get(), name.c_str(), sql, 0, nullptr));
    if (!done) return done;
    prepared_.push_back(sql);
  }
  const auto values = pointers(parameters);
  return take(libpq_->exec_prepared(connection_.get(), name.c_str(), static_cast<int>(values.size()), values.data(),
                                    nullptr, nullptr, /*resultFormat=*/0));
}

Result<Rows> Connection::take(PGresult* result) {
  Rows rows(*libpq_, result);
  const ExecStatusType status = libpq_->result_status(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  // The primary message alone: its detail may hold what was stored.
  const char* message = libpq_->result_error_field(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* state = libpq_->result_error_field(result, PG_DIAG_SQLSTATE);
  return failure(state == nullptr ? "" : state,
                 message == nullptr ? libpq_->error_message(connection_.get()) : message);
}

tl::unexpected<Error> Connection::failure(std::string_view state, std::string message) const {
  if (state == "53100") message = "the server's disk is full";
  if (state == "57014") message = "the server took too long; is something else using the table?";
  replace_all(message, server_->password);
  return fail(ErrorCode::io, server_->shown + ": " + one_line(std::move(message)));
}

}  // namespace updraft::feedback
