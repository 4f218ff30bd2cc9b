// What stands in the database of an embedded catalogue, and how it is read and written: the format, row by row.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "catalogue/backend.h"
#include "catalogue/vectors.h"
#include "sqlite/database.h"

namespace updraft::catalogue {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

inline constexpr std::int32_t application = 0x75706472;  // "updr"

// Steps that have been released are never changed, only followed by others.
inline constexpr std::array format_steps = {
    R"sql(
      CREATE TABLE about(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      -- Rows are never used twice: the index of meaning knows assets by them.
      CREATE TABLE assets(
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        tags TEXT NOT NULL,          -- one a line
        description TEXT NOT NULL,
        url TEXT NOT NULL,
        facets TEXT NOT NULL,        -- JSON: [[name, value], ...]
        popularity REAL NOT NULL,
        content INTEGER NOT NULL,    -- the two halves of its fingerprint
        meaning INTEGER NOT NULL);
      CREATE TABLE facets(name TEXT NOT NULL, value TEXT NOT NULL, row INTEGER NOT NULL,
        PRIMARY KEY(name, value, row)) WITHOUT ROWID;
      CREATE TABLE words(word TEXT PRIMARY KEY, assets INTEGER NOT NULL) WITHOUT ROWID;
      CREATE VIRTUAL TABLE texts USING fts5(title, tags, description, content='assets', content_rowid='row',
        tokenize='porter unicode61 remove_diacritics 2');
    )sql",
};
inline constexpr sqlite::Format format = {.steps = format_steps,
                                          .application = application,
                                          .name = "catalogue",
                                          .remedy = "updraft index brings it up to date"};

inline constexpr const char* asset_columns = "row, id, title, tags, description, url, facets, popularity";

// SQLite's integers have a sign.
[[nodiscard]] inline std::int64_t to_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
[[nodiscard]] inline std::uint64_t to_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

// As columns hold them: one tag a line; facets as JSON.
[[nodiscard]] std::string joined(const std::vector<std::string>& tags);
[[nodiscard]] std::string to_json(const std::vector<Facet>& facets);

// From a row of asset_columns.
struct StoredAsset {
  Row row = 0;
  Asset asset;
};
[[nodiscard]] StoredAsset read_asset(const Statement& s);

struct Stored {
  About about;
  std::uint64_t points = 0;  // the generation of the index of meaning; 0: there is none
};
[[nodiscard]] Result<Stored> read_about(const Database& database);
[[nodiscard]] Result<> write_about(const Database& database, const Stored& stored);

// The file of the index of meaning of a generation.
[[nodiscard]] std::filesystem::path points_path(const std::filesystem::path& directory, std::uint64_t generation);

}  // namespace updraft::catalogue
