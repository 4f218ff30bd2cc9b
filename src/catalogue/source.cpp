#include "catalogue/source.h"

#include <algorithm>

#include "catalogue/asset.h"
#include "catalogue/csv.h"
#include "catalogue/folder.h"
#include "catalogue/json_lines.h"
#include "files/mapping.h"
#include "text/ascii.h"

namespace updraft::catalogue {
namespace {

// A reader of text together with the file that holds it.
template <class Reader>
class FileSource final : public Source {
 public:
  FileSource(files::Mapping file, Reader reader) : file_(std::move(file)), reader_(std::move(reader)) {}

  Result<std::optional<Item>> next() override { return reader_.next(); }
  [[nodiscard]] double share() const override {
    const std::size_t size = file_.bytes().size();
    return size == 0 ? 1 : static_cast<double>(reader_.position()) / static_cast<double>(size);
  }

 private:
  files::Mapping file_;
  Reader reader_;
};

template <class Reader>
std::unique_ptr<Source> file_source(files::Mapping file, Reader reader) {
  return std::make_unique<FileSource<Reader>>(std::move(file), std::move(reader));
}

}  // namespace

Item to_item(Asset asset, std::size_t line) {
  tidy(asset);
  const auto good = check(asset);
  if (!good) return refuse(line, good.error().message);
  return {.line = line, .asset = std::move(asset), .wrong = {}};
}

Item refuse(std::size_t line, std::string why) { return {.line = line, .asset = {}, .wrong = std::move(why)}; }

Result<std::unique_ptr<Source>> open_source(const std::filesystem::path& path) {
  std::error_code ignored;  // opening tells
  if (std::filesystem::is_directory(path, ignored)) return open_folder(path);
  const std::string extension = text::lower_case(path.extension().string());
  auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  const std::string_view text = file->text();
  if (extension == ".jsonl" || extension == ".ndjson") return file_source(std::move(*file), JsonLines(text));
  if (extension == ".csv") {
    auto reader = Csv::open(text);
    if (!reader) return fail(reader.error().code, path.string() + ": " + reader.error().message);
    return file_source(std::move(*file), std::move(*reader));
  }
  return fail(ErrorCode::invalid_argument,
              path.string() + ": a source is a folder of pictures, or a file named .jsonl, .ndjson or .csv");
}

}  // namespace updraft::catalogue
