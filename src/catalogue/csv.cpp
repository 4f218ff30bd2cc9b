#include "catalogue/csv.h"

#include <algorithm>
#include <charconv>

#include "catalogue/json_lines.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t max_columns = 1024;

}  // namespace

Csv::Csv(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

Result<Csv> Csv::open(std::string_view text) {
  Csv csv(text);
  Record header = csv.read_record();
  if (!header.wrong.empty()) return fail(ErrorCode::invalid_argument, "the header: " + header.wrong);
  csv.columns_ = std::move(header.fields);
  const bool has_id =
      std::any_of(csv.columns_.begin(), csv.columns_.end(), [](const auto& c) { return field_of(c) == "id"; });
  if (!has_id) return fail(ErrorCode::invalid_argument, "the header names no column id");
  return csv;
}

// Reading goes on in the line after `at`: a broken record costs itself and, at most, those that it runs into.
Csv::Record Csv::give_up(Record record, std::size_t at, std::string why) {
  const std::size_t end = std::min(text_.find('\n', at), text_.size());
  const std::size_t next = std::min(end + 1, text_.size());
  line_ = record.line + static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                            text_.begin() + static_cast<std::ptrdiff_t>(next), '\n'));
  at_ = next;
  record.wrong = std::move(why);
  return record;
}

// at_ stays at the record's beginning until its end is known.
Csv::Record Csv::read_record() {
  Record record;
  record.line = line_;
  const std::size_t limit = std::min(text_.size(), at_ + max_record_bytes);
  const auto too_long = [&](std::size_t at) {
    return give_up(std::move(record), at, "it is longer than " + std::to_string(max_record_bytes) + " bytes");
  };
  std::size_t at = at_, line = line_;
  while (true) {
    std::string field;
    if (at < limit && text_[at] == '"') {
      const std::size_t opened = at++;
      const std::size_t opened_line = line;
      while (true) {
        const std::size_t quote = text_.substr(0, limit).find('"', at);
        if (quote == std::string_view::npos) {
          return give_up(std::move(record), opened,
                         "the quote that opens in line " + std::to_string(opened_line) + " is not closed");
        }
        field.append(text_, at, quote - at);
        line += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at),
                                                    text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
        at = quote + 1;
        if (at >= limit || text_[at] != '"') break;
        field += '"';
        ++at;
      }
      if (at < limit && text_[at] == '\r') ++at;
      if (at < limit && text_[at] != ',' && text_[at] != '\n') {
        return give_up(std::move(record), at, "there is text behind a closing quote");
      }
    } else {
      const std::size_t end = std::min(text_.substr(0, limit).find_first_of(",\n", at), limit);
      field.assign(text_, at, end - at);
      at = end;
      if ((at == text_.size() || (at < limit && text_[at] == '\n')) && field.ends_with('\r')) field.pop_back();
    }
    if (at >= limit && limit < text_.size()) return too_long(at);
    if (record.fields.size() == max_columns) return give_up(std::move(record), at, "it has too many fields");
    record.fields.push_back(std::move(field));
    if (at >= limit || text_[at] == '\n') break;
    ++at;
  }
  at_ = std::min(at + 1, text_.size());
  line_ = line + 1;
  return record;
}

Result<Asset> Csv::to_asset(const Record& record) const {
  if (record.fields.size() != columns_.size()) {
    return fail(ErrorCode::invalid_argument, "it has " + std::to_string(record.fields.size()) + " fields, the header " +
                                                 std::to_string(columns_.size()));
  }
  Asset asset;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& value = record.fields[i];
    const std::string_view field = field_of(columns_[i]);
    if (field == "id") {
      asset.id = value;
    } else if (field == "title") {
      asset.title = value;
    } else if (field == "description") {
      asset.description = value;
    } else if (field == "url") {
      asset.url = value;
    } else if (field == "tags") {
      asset.tags = split_tags(value);
    } else if (field == "popularity") {
      if (value.empty()) continue;
      const char* const end = value.data() + value.size();
      const auto [last, error] = std::from_chars(value.data(), end, asset.popularity);
      if (error != std::errc() || last != end) {
        return fail(ErrorCode::invalid_argument, "the popularity is not a number of at least 0");
      }
    } else {
      asset.facets.push_back({columns_[i], value});
    }
  }
  return asset;
}

Result<std::optional<Item>> Csv::next() {
  while (at_ < text_.size()) {
    const Record record = read_record();
    if (!record.wrong.empty()) return refuse(record.line, record.wrong);
    if (record.fields.size() == 1 && record.fields.front().empty()) continue;  // an empty line
    auto asset = to_asset(record);
    if (!asset) return refuse(record.line, asset.error().message);
    return to_item(std::move(*asset), record.line);
  }
  return std::nullopt;
}

}  // namespace updraft::catalogue
