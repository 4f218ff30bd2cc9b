// Assets as CSV (RFC 4180): a header that names the columns as json_lines.h names fields, then one asset a record.
// Fields may be quoted, quotes inside doubled, line ends inside kept. Tags share a field, with semicolons, bars or
// commas between them.
#pragma once

#include <string_view>
#include <vector>

#include "catalogue/source.h"

namespace updraft::catalogue {

class Csv {
 public:
  // The text must outlive it. Errors: invalid_argument (no header, or one without an id).
  [[nodiscard]] static Result<Csv> open(std::string_view text);

  [[nodiscard]] Result<std::optional<Item>> next();
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  struct Record {
    std::size_t line = 0;  // where it begins
    std::vector<std::string> fields;
    std::string wrong;  // why it is none; empty: it is one
  };
  explicit Csv(std::string_view text);
  Record read_record();
  Record give_up(Record record, std::size_t at, std::string why);
  [[nodiscard]] Result<Asset> to_asset(const Record& record) const;

  std::string_view text_;
  std::vector<std::string> columns_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;  // of at_
};

}  // namespace updraft::catalogue
