// PostgreSQL by libpq, as values. The library is loaded with the first connection: it brings twenty others along, which
// would slow down every start of a program that seldom needs it.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::feedback {

// Those of libpq's functions that are used.
struct LibPq {
  decltype(&PQconninfoParse) conninfo_parse;
  decltype(&PQconninfoFree) conninfo_free;
  decltype(&PQfreemem) free_memory;
  decltype(&PQconnectdbParams) connect;
  decltype(&PQfinish) finish;
  decltype(&PQstatus) status;
  decltype(&PQerrorMessage) error_message;
  decltype(&PQsetNoticeProcessor) set_notice_processor;
  decltype(&PQexecParams) exec_params;
  decltype(&PQprepare) prepare;
  decltype(&PQexecPrepared) exec_prepared;
  decltype(&PQexec) exec;
  decltype(&PQresultStatus) result_status;
  decltype(&PQresultErrorField) result_error_field;
  decltype(&PQclear) clear;
  decltype(&PQntuples) n_rows;
  decltype(&PQgetvalue) value;
  decltype(&PQgetlength) length;
  decltype(&PQcmdTuples) changed_rows;

  // Errors: unsupported, when it is not installed.
  [[nodiscard]] static Result<const LibPq*> load();
};

// The rows that a query gave.
class Rows {
 public:
  Rows(const LibPq& libpq, PGresult* result) : libpq_(libpq), result_(result, libpq.clear) {}

  [[nodiscard]] int count() const { return libpq_.n_rows(result_.get()); }
  [[nodiscard]] std::string text(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;  // 0 where there is none
  [[nodiscard]] std::uint64_t changed() const;                    // by a statement that changes rows

 private:
  const LibPq& libpq_;
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

// Where a server is, from a URL.
struct ServerUrl {
  std::string shown;  // "postgresql://user@host:5432/database": all that may be told
  std::string url;
  std::string password;  // to keep it out of messages

  // Errors: invalid_argument (what libpq cannot read; the message holds nothing of the URL).
  [[nodiscard]] static Result<ServerUrl> parse(const LibPq& libpq, const std::string& url);
};

// One connection, of one thread at a time.
class Connection {
 public:
  // Errors of all functions: io, which names the server; unsupported.
  [[nodiscard]] static Result<Connection> open(const LibPq& libpq, const ServerUrl& server);

  [[nodiscard]] Result<Rows> run(const char* sql, std::span<const std::string> parameters = {});
  // The statement is prepared when it is run first.
  [[nodiscard]] Result<Rows> run_prepared(const char* sql, std::span<const std::string> parameters);

  [[nodiscard]] bool is_lost() const { return libpq_->status(connection_.get()) != CONNECTION_OK; }

 private:
  Connection(const LibPq& libpq, const ServerUrl& server, PGconn* connection)
      : libpq_(&libpq), server_(&server), connection_(connection, libpq.finish) {}
  [[nodiscard]] Result<Rows> take(PGresult* result);
  [[nodiscard]] tl::unexpected<Error> failure(std::string_view state, std::string message) const;

  const LibPq* libpq_;
  const ServerUrl* server_;  // outlives it
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::vector<std::string_view> prepared_;  // the statement of each name, "s0", "s1", ...
};

}  // namespace updraft::feedback
