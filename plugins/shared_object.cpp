#include "plugins/shared_object.hpp"

#include "plugins/exec.hpp"
#include "plugins/exec_question.hpp"
#include "plugins/kpid_plugin.h"
#include "plugins/option_tree.hpp"
#include "plugins/poll_secrets.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <dlfcn.h>
#include <filesystem>
#include <utility>
#include <vector>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20U;

Json json_of(const OptionTree& tree) {
  switch (tree.kind) {
    case OptionTree::Kind::kNull:
      return nullptr;
    case OptionTree::Kind::kText:
      return tree.reveal();
    case OptionTree::Kind::kList: {
      Json list = Json::array();
      for (const OptionTree& item : tree.items) {
        list.push_back(json_of(item));
      }
      return list;
    }
    case OptionTree::Kind::kMap:
      break;
  }
  Json map = Json::object();
  for (const auto& [key, value] : tree.entries) {
    map[key.text] = json_of(value);
  }
  return map;
}

/// A driver may say back what it was told.
void collect_secrets(const OptionTree& tree, std::vector<std::string>& secrets) {
  if (tree.secret) {
    secrets.push_back(tree.secret->reveal());
  }
  for (const OptionTree& item : tree.items) {
    collect_secrets(item, secrets);
  }
  for (const auto& [key, value] : tree.entries) {
    collect_secrets(value, secrets);
  }
}

/// The lines of one answer.
struct Answer {
  std::string text{};
  const std::stop_token& stop;
  std::chrono::steady_clock::time_point end;
  bool is_too_long = false;
  bool is_late = false;  ///< The driver was told so, and ends with what it has.
};

void take_line(void* context, const char* json, std::size_t length) {
  auto& answer = *static_cast<Answer*>(context);
  if (json == nullptr || answer.is_too_long || answer.text.size() + length > kMaxAnswer) {
    answer.is_too_long = true;
    return;
  }
  answer.text.append(json, length);
  answer.text += '\n';
}

int is_stopped(void* context) {
  auto& answer = *static_cast<Answer*>(context);
  answer.is_late = answer.is_late || std::chrono::steady_clock::now() >= answer.end;
  return answer.is_late || answer.stop.stop_requested() || answer.is_too_long ? 1 : 0;
}

class SharedSource final : public Source {
 public:
  SharedSource(SourceSettings settings, std::string path, const OptionTree* given)
      : settings_(std::move(settings)), path_(std::move(path)) {
    const auto timeout = settings_.options.find("timeout");
    if (timeout != settings_.options.end()) {
      std::int64_t ms = 0;
      const std::string& text = timeout->second.text;
      std::from_chars(text.data(), text.data() + text.size(), ms);
      timeout_ = std::chrono::milliseconds{ms};
    }
    const Json json = given == nullptr ? Json::object() : json_of(*given);
    given_ = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (given != nullptr) {
      collect_secrets(*given, secrets_);
    }
  }

  SharedSource(const SharedSource&) = delete;
  SharedSource& operator=(const SharedSource&) = delete;
  SharedSource(SharedSource&&) = delete;
  SharedSource& operator=(SharedSource&&) = delete;

  ~SharedSource() override {
    if (opened_ != nullptr) {
      plugin_->close(opened_);
    }
  }

  Result<Poll> poll(const PollRequest& request, Host& /*host*/, const std::stop_token& stop) override {
    return without_secrets(ask(request, stop), secrets_);
  }

 private:
  Result<Poll> ask(const PollRequest& request, const std::stop_token& stop) {
    KPI_TRY(open());
    const std::string question = exec_question(settings_, request, nullptr);
    Answer answer{.stop = stop, .end = std::chrono::steady_clock::now() + timeout_};
    const kpid_answer sink{sizeof(kpid_answer), &answer, take_line, is_stopped};
    const int code = plugin_->poll(opened_, question.c_str(), &sink);
    if (stop.stop_requested()) {
      return fail(ErrorKind::kStopped, path_ + " was stopped");
    }
    if (answer.is_late) {
      return fail(ErrorKind::kTimeout,
                  path_ + ": the poll takes too long: give it more time (timeout), or less to read");
    }
    if (answer.is_too_long || !is_valid_utf8(answer.text)) {
      return fail(ErrorKind::kInvalid, path_ + ": its answer is longer than 64 MiB, or not UTF-8");
    }
    auto poll = read_exec_lines(answer.text, settings_, request, true);
    if (!poll) {
      return fail(poll.error().kind, path_ + ": " + poll.error().message);
    }
    if (code != 0) {
      return fail(ErrorKind::kUnavailable, path_ + ": the poll failed with " + std::to_string(code));
    }
    return poll;
  }

  /// Loaded by the first poll, not by `kpid check`, and never unloaded: it may have threads of its own.
  Result<void> open() {
    if (opened_ != nullptr) {
      return {};
    }
    KPI_TRY(require_trusted(path_));
    void* library = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      // dlerror() is this thread's own.
      return fail(ErrorKind::kInvalid, printable(::dlerror(), 500));  // NOLINT(concurrency-mt-unsafe)
    }
    using Entry = const struct kpid_plugin*();
    auto* entry = reinterpret_cast<Entry*>(::dlsym(library, "kpid_plugin_entry"));
    const struct kpid_plugin* plugin = entry == nullptr ? nullptr : entry();
    if (plugin == nullptr) {
      return fail(ErrorKind::kInvalid, path_ + ": has no kpid_plugin_entry(): it is no plugin of kpid");
    }
    if (plugin->version != KPID_PLUGIN_VERSION || plugin->size < sizeof(struct kpid_plugin)) {
      return fail(ErrorKind::kInvalid,
                  path_ + ": speaks version " + std::to_string(plugin->version) +
                      " of the interface; this kpid speaks " + std::to_string(KPID_PLUGIN_VERSION) + ": build it anew");
    }
    std::array<char, 512> error{};
    void* opened = plugin->open(given_.c_str(), error.data(), error.size());
    if (opened == nullptr) {
      error.back() = '\0';
      return fail(ErrorKind::kInvalid, path_ + ": " + printable(error.data(), error.size()));
    }
    plugin_ = plugin;
    opened_ = opened;
    return {};
  }

  SourceSettings settings_;
  std::string path_;
  std::chrono::milliseconds timeout_{60'000};
  std::string given_;  // the settings as JSON
  std::vector<std::string> secrets_;
  const struct kpid_plugin* plugin_ = nullptr;
  void* opened_ = nullptr;
};

/// A name alone is a file of the folder of plugins; a path is relative to the file that names it.
std::string library_path(const OptionValue& library) {
  const std::string& text = library.text;
  if (text.find('/') == std::string::npos) {
    return std::string(kPluginFolder) + text + (text.ends_with(".so") ? "" : ".so");
  }
  // With no link resolved: each part of the path is looked at before it is loaded.
  std::error_code ignored;
  const std::string near = path_near(library.position, text);
  const auto whole = std::filesystem::absolute(near, ignored);
  return ignored ? near : whole.lexically_normal().string();
}

std::unique_ptr<Source> create_shared(const SourceSettings& settings, Diagnostics& diagnostics) {
  const auto library = settings.options.find("library");
  if (library == settings.options.end() || library->second.text.empty()) {
    diagnostics.error(
        settings.position,
        "library is empty",
        "write library: warehouse.so, which is looked for in " + std::string(kPluginFolder) + ", or its path");
    return nullptr;
  }
  const std::string path = library_path(library->second);
  const auto given = settings.options.find("settings");
  const bool has_settings = given != settings.options.end() && given->second.tree != nullptr;
  return std::make_unique<SharedSource>(settings, path, has_settings ? given->second.tree.get() : nullptr);
}

/// Only whether it is there: who may write to it is for the user to say that runs kpid.
void look_at_library(const SourceSettings& settings, Host& /*host*/, Diagnostics& diagnostics) {
  const OptionValue& library = settings.options.at("library");
  const auto trusted = require_trusted(library_path(library));
  if (!trusted && trusted.error().kind == ErrorKind::kUnavailable) {
    const bool is_name = library.text.find('/') == std::string::npos;
    diagnostics.warning(
        library.position,
        trusted.error().message,
        is_name ? "a name alone is looked for there; write ./" + library.text + " for a file beside this one"
                : "until it is there, the source fails at each poll");
  }
}

}  // namespace

Result<void> require_trusted(const std::string& path) {
  for (std::size_t at = 0; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    struct stat status{};
    if (::lstat(part.c_str(), &status) != 0) {
      return fail(ErrorKind::kUnavailable, path + ": no such file");
    }
    const bool is_file = at == std::string::npos;
    if (is_file ? !S_ISREG(status.st_mode) : !S_ISDIR(status.st_mode)) {
      return fail(ErrorKind::kInvalid,
                  part + ": is not loaded: it is " + (S_ISLNK(status.st_mode) ? "a symbolic link" : "no file") +
                      ": write the path of the file itself");
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
      return fail(ErrorKind::kInvalid, part + ": is not loaded: it belongs to another user: chown root it");
    }
    const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool is_sticky = !is_file && (status.st_mode & S_ISVTX) != 0;
    if (others_write && !is_sticky) {
      return fail(ErrorKind::kInvalid, part + ": is not loaded: others may write to it: chmod go-w it");
    }
  }
  return {};
}

Plugin shared_plugin() {
  return {.name = "shared",
          .help = "A driver in a shared object, behind the C interface of kpid_plugin.h; a program (exec) is safer.",
          .options = {{.key = "library",
                       .type = OptionSpec::Type::kText,
                       .required = true,
                       .fallback = "",
                       .choices = {},
                       .help = "Its name in /usr/lib/kpid/plugins, or its path; it and its folders belong to root or "
                               "kpid's user, and nobody else may write to them."},
                      {.key = "settings",
                       .type = OptionSpec::Type::kTree,
                       .required = false,
                       .fallback = "",
                       .choices = {},
                       .help = "What the driver is told, as it understands it."},
                      {.key = "timeout",
                       .type = OptionSpec::Type::kDuration,
                       .required = false,
                       .fallback = "60s",
                       .choices = {},
                       .help = "How long a poll may take before the driver is told to stop."}},
          .metric_options = {{.key = "column",
                              .type = OptionSpec::Type::kText,
                              .required = false,
                              .fallback = "",
                              .choices = {},
                              .help = "The driver's name for it; without it, the metric's own."}},
          .create = create_shared,
          .look = look_at_library};
}

}  // namespace kpi
