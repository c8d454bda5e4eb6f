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

bool is_secret_reference(std::string_view text) {
  return text.starts_with("${") && text.ends_with("}");
}

Result<Secret> read_secret(const std::string& file, std::string_view reference) {
  const std::string_view inner = reference.substr(2, reference.size() - 3);
  const std::size_t colon = inner.find(':');
  const std::string_view kind = inner.substr(0, colon);
  const std::string name(colon == std::string_view::npos ? "" : inner.substr(colon + 1));
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
  if (kind == "file") {
    return read_file_secret(resolve_path(file, name), reference);
  }
  const std::string folder = environment("CREDENTIALS_DIRECTORY", found);
  if (!found || name.find('/') != std::string::npos) {
    return fail(ErrorKind::kNotFound,
                "there is no credential " + printable(name) +
                    "; systemd gives credentials by LoadCredential= in the unit of the service");
  }
  return read_file_secret(folder + "/" + name, reference);
}

}  // namespace kpi
