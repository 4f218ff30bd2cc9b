// Where assets come from: one after another, good ones and those that are refused.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "updraft/catalogue.h"

namespace updraft::catalogue {

inline constexpr std::size_t max_record_bytes = std::size_t{1} << 20;  // of a line or a CSV record

struct Item {
  std::size_t line = 0;  // where it begins, from 1; 0: a file of a folder
  Asset asset;
  std::string wrong;  // why it is refused, in one line; empty: it is good
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // nullopt: the end. Assets are tidy and checked. Errors: io, and what keeps the whole source from being read.
  [[nodiscard]] virtual Result<std::optional<Item>> next() = 0;
  [[nodiscard]] virtual double share() const = 0;  // of it that has been read, 0..1
};

// By the path's kind and extension. Errors: not_found, io, invalid_argument (neither a folder nor .jsonl, .ndjson or
// .csv; a CSV file without a header).
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const std::filesystem::path& path);

// The asset, tidied and checked.
[[nodiscard]] Item to_item(Asset asset, std::size_t line);
[[nodiscard]] Item refuse(std::size_t line, std::string why);

}  // namespace updraft::catalogue
