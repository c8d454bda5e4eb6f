#include "daemon/config/secret_reference.hpp"

#include "daemon/config/config.hpp"
#include "daemon/os/files.hpp"
#include "daemon/os/own_files.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace kpi {
namespace {

constexpr std::size_t kMostSecretBytes = 64 << 10U;

std::string environment(const std::string& name, bool& found) {
  // Read while the configuration is loaded; nothing in the process ever sets the environment.
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  found = value != nullptr && *value != '\0';
  return found ? value : "";
}

/// Where a reference begins at or behind `from`. Any other "${" is text.
std::size_t next_reference(std::string_view text, std::size_t from) {
  std::size_t next = std::string_view::npos;
  for (const std::string_view kind : {"${env:", "${file:", "${credential:"}) {
    next = std::min(next, text.find(kind, from));
  }
  return next;
}

/// `${kind:name}`
struct Reference {
  std::string_view kind;
  std::string name;
};

Reference parts_of(std::string_view reference) {
  const std::string_view inner = reference.substr(2, reference.size() - 3);
  const std::size_t colon = inner.find(':');
  return {inner.substr(0, colon), std::string(colon == std::string_view::npos ? "" : inner.substr(colon + 1))};
}

/// The file that holds the secret; empty: none does, or systemd gave no such credential.
std::string path_of(const std::string& file, const Reference& reference) {
  if (reference.kind == "file") {
    return resolve_path(file, reference.name);
  }
  bool found = false;
  const std::string folder = environment("CREDENTIALS_DIRECTORY", found);
  const bool is_given = reference.kind == "credential" && found && reference.name.find('/') == std::string::npos;
  return is_given ? folder + "/" + reference.name : "";
}

Result<Secret> read_file_secret(const std::string& path, std::string_view reference) {
  keep_from_programs(path, OwnKind::kFile);
  FileHost host;
  auto file = host.read_file(path, kMostSecretBytes);
  if (!file) {
    return fail(ErrorKind::kNotFound,
                "the secret " + printable(reference) + " cannot be read: " + file.error().message);
  }
  std::string text = std::move(file->text);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  if (text.empty()) {
    return fail(ErrorKind::kNotFound, "the secret " + printable(reference) + " is empty");
  }
  return Secret(std::move(text));
}

}  // namespace

bool holds_secret_reference(std::string_view text) {
  return next_reference(text, 0) != std::string_view::npos;
}

Result<ExpandedText> expand_secrets(const std::string& file, std::string_view text) {
  if (is_secret_reference(text) && !holds_secret_reference(text)) {
    return tl::unexpected(read_secret(file, text).error());  // a kind of which there is none
  }
  std::string expanded;
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  std::size_t done = 0;
  for (std::size_t begin = next_reference(text, 0); begin != std::string_view::npos;
       begin = next_reference(text, done)) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      return fail(ErrorKind::kInvalid,
                  "\"" + printable(text.substr(begin), 20) + "\" has no closing }; write ${env:NAME}");
    }
    expanded.append(text.substr(done, begin - done));
    const std::size_t from = expanded.size();
    expanded.append(KPI_TRY(read_secret(file, text.substr(begin, end + 1 - begin))).reveal());
    parts.emplace_back(from, expanded.size());
    done = end + 1;
  }
  expanded.append(text.substr(done));
  return ExpandedText{Secret(std::move(expanded)), std::move(parts)};
}

void keep_secret_files(const std::string& file, std::string_view text) {
  for (std::size_t begin = next_reference(text, 0); begin != std::string_view::npos;) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      return;
    }
    if (const std::string path = path_of(file, parts_of(text.substr(begin, end + 1 - begin))); !path.empty()) {
      keep_from_programs(path, OwnKind::kFile);
    }
    begin = next_reference(text, end);
  }
}

bool is_secret_reference(std::string_view text) {
  return text.starts_with("${") && text.ends_with("}");
}

Result<Secret> read_secret(const std::string& file, std::string_view reference) {
  const Reference parts = parts_of(reference);
  const auto& [kind, name] = parts;
  static const std::vector<std::string> kKinds{"env", "file", "credential"};
  const auto near = name.empty() ? std::nullopt : nearest(kind, kKinds);
  if (name.empty() || (kind != "env" && kind != "file" && kind != "credential")) {
    return fail(ErrorKind::kInvalid,
                "\"" + printable(reference) + "\" is no reference to a secret" +
                    (near ? "; did you mean ${" + *near + ":…}?" : "") +
                    "; write ${env:NAME}, ${file:path} or "
                    "${credential:name}");
  }
  bool found = false;
  if (kind == "env") {
    std::string value = environment(name, found);
    if (!found) {
      return fail(ErrorKind::kNotFound, "the environment variable " + printable(name) + " is not set");
    }
    return Secret(std::move(value));
  }
  const std::string path = path_of(file, parts);
  if (path.empty()) {
    return fail(ErrorKind::kNotFound,
                "there is no credential " + printable(name) +
                    "; systemd gives credentials by LoadCredential= in the unit of the service");
  }
  return read_file_secret(path, reference);
}

}  // namespace kpi
