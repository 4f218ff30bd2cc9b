#include "catalogue/folder.h"

#include <algorithm>

#include "catalogue/picture_file.h"
#include "files/mapping.h"
#include "image/metadata.h"
#include "text/ascii.h"

namespace updraft::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_svg_bytes = std::size_t{64} << 20;

std::string words_of(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == '.' || c == '+'; }, ' ');
  return name;
}

// What is longer than an asset may hold is left out: the picture is still found by the rest.
void describe(Asset& asset, image::Metadata said) {
  if (said.title.size() <= max_title_bytes) asset.title = std::move(said.title);
  if (said.description.size() <= max_description_bytes) asset.description = std::move(said.description);
  std::erase_if(said.tags, [](const std::string& tag) { return tag.size() > max_tag_bytes; });
  if (said.tags.size() > max_tags) said.tags.resize(max_tags);
  asset.tags = std::move(said.tags);
  if (said.creator.size() <= max_facet_value_bytes) asset.facets.push_back({"creator", std::move(said.creator)});
}

class Folder final : public Source {
 public:
  Folder(fs::path root, std::vector<fs::path> files) : root_(std::move(root)), files_(std::move(files)) {}

  Result<std::optional<Item>> next() override {
    if (next_ == files_.size()) return std::nullopt;
    const fs::path& file = files_[next_++];
    Item item = read(file);
    if (!item.wrong.empty()) item.wrong = file.lexically_relative(root_).string() + ": " + item.wrong;
    return item;
  }
  [[nodiscard]] double share() const override {
    return files_.empty() ? 1 : static_cast<double>(next_) / static_cast<double>(files_.size());
  }

 private:
  [[nodiscard]] Item read(const fs::path& file) const {
    const fs::path relative = file.lexically_relative(root_);
    Asset asset;
    asset.id = relative.generic_string();
    asset.url = file.string();
    const std::string extension = text::lower_case(file.extension().string());
    if (relative.has_parent_path()) asset.facets.push_back({"folder", relative.begin()->string()});
    asset.facets.push_back({"format", extension == ".jpeg" ? "jpg" : extension.substr(1)});
    const auto mapping = files::Mapping::open(file);
    if (!mapping) return refuse(0, mapping.error().message);
    if (extension == ".svg" && mapping->bytes().size() > max_svg_bytes) return refuse(0, "it is too large");
    describe(asset, image::read_metadata(mapping->bytes()));
    // All files of a collection may say the same; their names tell them apart.
    const std::string name = words_of(file.stem().string());
    if (asset.title.empty()) {
      asset.title = name;
    } else if (asset.description.size() + name.size() < max_description_bytes) {
      asset.description += (asset.description.empty() ? "" : " ") + name;
    }
    return to_item(std::move(asset), 0);
  }

  fs::path root_;
  std::vector<fs::path> files_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> open_folder(const fs::path& folder) {
  std::error_code code;
  const fs::path root = fs::absolute(folder, code).lexically_normal();
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied, code), end;
  for (; !code && entry != end; entry.increment(code)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (!entry->is_symlink(ignored) && entry->is_regular_file(ignored) && has_picture_name(entry->path())) {
      files.push_back(entry->path());
    }
  }
  if (code) return fail(ErrorCode::io, folder.string() + ": " + code.message());
  std::sort(files.begin(), files.end());
  return std::make_unique<Folder>(root, std::move(files));
}

}  // namespace updraft::catalogue
