#include "daemon/cli/reading.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace kpi {

std::vector<const Kpi*> kpis_in_file_order(const Config& config) {
  std::map<const SourceText*, std::size_t> files;
  for (const SourceText& text : config.texts->texts()) {
    files.emplace(&text, files.size());
  }
  using Place = std::tuple<std::size_t, std::uint32_t, std::size_t>;  // file, line, and where both are one, as loaded
  std::vector<std::pair<Place, const Kpi*>> placed;
  for (const Kpi& kpi : config.rules.kpis) {
    const auto file = files.find(kpi.position.source);
    placed.push_back({{file == files.end() ? files.size() : file->second, kpi.position.line, placed.size()}, &kpi});
  }
  std::ranges::sort(placed);
  std::vector<const Kpi*> kpis;
  std::ranges::transform(placed, std::back_inserter(kpis), [](const auto& one) { return one.second; });
  return kpis;
}

std::vector<std::string> kpi_names(const Config& config) {
  std::vector<std::string> names;
  for (const Kpi* kpi : kpis_in_file_order(config)) {
    names.push_back(kpi->id);
  }
  return names;
}

std::string unknown_kpi_text(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = did_you_mean(name, known);
  return "there is no KPI \"" + printable(name, 64) + "\"; " + (near.empty() ? "`kpid status` lists them" : near);
}

std::string local_text(Instant instant, const Zone& zone) {
  const auto local = zone.to_local(instant);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  std::array<char, 16> time{};
  (void)std::snprintf(
      time.data(), time.size(), " %02d:%02d", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return date_text(Date{day}) + time.data();
}

std::string period_start_text(Instant instant, const Kpi* kpi, const Zone& zone) {
  const std::string text = local_text(instant, kpi == nullptr ? zone : kpi->zone);
  return kpi != nullptr && kpi->every.is_civil() ? text.substr(0, 10) : text;
}

std::string rough_text(Duration duration) {
  const auto minutes = std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::minutes>(duration).count());
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  if (minutes >= 2 * kDay) {
    return std::to_string(minutes / kDay) + " days";
  }
  if (minutes >= 2 * kHour) {
    return std::to_string(minutes / kHour) + " hours";
  }
  return counted(static_cast<std::size_t>(minutes), "minute");
}

std::string value_text(double value, const Kpi* kpi) {
  if (std::isnan(value)) {
    return "unknown";
  }
  return kpi == nullptr ? number_text(value) : format_value(value, kpi->unit, Language::kEnglish);
}

std::string segment_text(const Labels& segment, const Kpi* kpi) {
  if (segment.empty()) {
    return "";
  }
  const bool is_plain =
      kpi != nullptr && segment.size() == 1 && kpi->split_by.size() == 1 && kpi->split_by[0].size() == 1;
  constexpr std::size_t kLongest = 40;
  return printable(is_plain ? segment[0].second : labels_text(segment), kLongest);
}

std::string out_file(const Arguments& arguments) {
  const std::string path = arguments.text("out");
  return path == "-" ? "" : path;
}

Result<void> write_whole(const std::string& path, const std::string& text) {
  std::error_code unknown;
  const auto kind = std::filesystem::symlink_status(path, unknown).type();
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found) {
    std::ofstream there(path, std::ios::binary | std::ios::trunc);  // a device, a pipe, a link: it is not replaced
    there << text << std::flush;
    return there ? Result<void>() : fail(ErrorKind::kUnavailable, "cannot write " + printable(path));
  }
  const std::string part = path + ".part";
  std::error_code error;
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
      std::filesystem::remove(part, error);
      return fail(ErrorKind::kUnavailable, "cannot write " + printable(part) + ": is there such a folder, and room?");
    }
  }
  std::filesystem::rename(part, path, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return fail(ErrorKind::kUnavailable, "cannot write " + printable(path) + ": " + error.message());
  }
  return {};
}

std::string words_of(Reason reason) {
  std::string text(name_of(reason));
  std::ranges::replace(text, '_', ' ');
  return text;
}

}  // namespace kpi
