#include "daemon/cli/source_block.hpp"
#include "daemon/cli/starter.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <ostream>

namespace kpi {
namespace {

/// Writes a file that was not there before: what is there is never touched.
Result<void> write_new(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), error);
  }
  if (error) {
    return fail(ErrorKind::kUnavailable,
                "cannot make the folder " + printable(path.parent_path().string()) + ": " + error.message());
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  bool is_written = file >= 0;
  for (std::size_t done = 0; is_written && done < text.size();) {
    const ssize_t count = ::write(file, text.data() + done, text.size() - done);
    is_written = count > 0 || (count < 0 && errno == EINTR);
    done += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  const int reason = errno;
  if (file >= 0 && ::close(file) != 0) {
    is_written = false;
  }
  if (!is_written) {
    return fail(ErrorKind::kUnavailable,
                "cannot write " + printable(path.string()) + ": " + std::generic_category().message(reason));
  }
  return {};
}

/// A block to be pasted into kpid.yaml.
int init_source(const std::string& name, Io& io) {
  for (const Connector& connector : connectors()) {
    if (connector.plugin.name == name) {
      io.out << connector_block(connector);
      return kExitFine;
    }
  }
  if (const Plugin* plugin = find_plugin(name)) {
    io.out << source_block(*plugin);
    return kExitFine;
  }
  std::vector<std::string> names;
  for (const Plugin* known : source_kinds()) {
    names.push_back(known->name);
  }
  const std::string near = did_you_mean(name, names);
  return complain(
      io,
      kExitUsage,
      "there is no plugin \"" + printable(name, 64) + "\"; " + (near.empty() ? "`kpid plugins` lists them" : near));
}

int init(const Arguments& arguments, Io& io) {
  if (arguments.has("source")) {
    return init_source(arguments.text("source"), io);
  }
  const std::filesystem::path folder = arguments.text("dir");
  auto zone = Zone::find("Europe/Stockholm");
  const Zone home = zone ? *zone : Zone();
  const Date today{std::chrono::floor<std::chrono::days>(home.to_local(io.clock.now()))};
  const std::vector<StarterFile> files = starter_files(today, home.name());
  std::vector<std::string> taken;
  for (const StarterFile& file : files) {
    std::error_code ignored;
    const std::filesystem::path path = (folder / file.path).lexically_normal();
    if (std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found) {
      taken.push_back(printable(path.string()));
    }
  }
  if (!taken.empty()) {
    return complain(io,
                    kExitFailed,
                    join(taken, ", ") + (taken.size() == 1 ? " is" : " are") +
                        " there already, and nothing was written: name another folder");
  }
  for (const StarterFile& file : files) {
    const std::filesystem::path path = (folder / file.path).lexically_normal();
    if (const auto written = write_new(path, file.text); !written) {
      return complain(io, kExitFailed, written.error().message);
    }
    io.out << "wrote " << printable(path.string()) << "\n";
  }
  io.out << "\nIts numbers are made up. Next" << (folder.empty() ? "" : ", in " + printable(folder.string())) << ":\n"
         << "  kpid check          is everything right?\n"
         << "  kpid run --once     read, judge, tell\n"
         << "  kpid status         how does it stand?\n";
  return kExitFine;
}

}  // namespace

Command init_command() {
  return {"init",
          "write a commented starter configuration that runs as it is",
          "kpid init shop             kpid.yaml, rules/ and data/ in the folder shop\n"
          "kpid init                  the same in this folder; nothing that is there is overwritten\n"
          "kpid init --source csv     a commented block for one source, on the terminal",
          {{"dir", "DIR", "where to (default: here)", true},
           {"source", "PLUGIN", "only a commented block for a source of this kind, for kpid.yaml"}},
          init};
}

}  // namespace kpi
