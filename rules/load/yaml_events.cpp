#include "rules/load/yaml_events.hpp"

#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"
#include "rules/load/yaml_places.hpp"
#include "rules/load/yaml_quoting.hpp"
#include "rules/load/yaml_syntax.hpp"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>

namespace kpi {
namespace {

constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";  // written as !!
constexpr std::array<std::string_view, 5> kNullTexts = {"", "~", "null", "Null", "NULL"};

Diagnostic error_at(Position position, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.position = position;
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

/// Owns libyaml's parser and its current event.
class LibyamlParser {
 public:
  explicit LibyamlParser(std::string_view text) : ready_(yaml_parser_initialize(&parser_) != 0) {
    if (ready_) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());  // libyaml's type for text
      yaml_parser_set_input_string(&parser_, bytes, text.size());
      yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    }
  }

  ~LibyamlParser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  LibyamlParser(const LibyamlParser&) = delete;
  LibyamlParser(LibyamlParser&&) = delete;
  LibyamlParser& operator=(const LibyamlParser&) = delete;
  LibyamlParser& operator=(LibyamlParser&&) = delete;

  /// The next event, valid until the next call; null after an error.
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return ready_ && yaml_parser_parse(&parser_, &event_) != 0 ? &event_ : nullptr;
  }

  [[nodiscard]] const yaml_parser_t& parser() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_;
};

/// Whether a line reads "word: ".
bool begins_with_key(std::string_view line) {
  const std::size_t colon = line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
  return colon != std::string_view::npos && colon > 0 && line[colon] == ':' &&
         (colon + 1 == line.size() || line[colon + 1] == ' ' || line[colon + 1] == '\r');
}

/// Turns libyaml's events into ours and reports what we refuse.
class FirstReading {
 public:
  FirstReading(YamlPlaces& places, Diagnostics& diagnostics)
      : places_(places),
        diagnostics_(diagnostics),
        parser_(places.text()),
        reported_before_(diagnostics.items().size()) {}

  std::optional<std::vector<YamlEvent>> run() {
    while (true) {
      const yaml_event_t* event = parser_.next();
      if (event == nullptr) {
        report_syntax_error();
        return std::nullopt;
      }
      if (event->type == YAML_STREAM_END_EVENT ||
          (event->type == YAML_DOCUMENT_START_EVENT && !start_document(*event))) {
        return std::move(events_);
      }
      if (!take(*event)) {
        return std::nullopt;
      }
    }
  }

 private:
  Position place(const yaml_mark_t& mark) { return places_.at(places_.offset_of(mark.index)); }

  /// False when it is the second one.
  bool start_document(const yaml_event_t& event) {
    if (seen_document_) {
      report_second_document(place(event.start_mark));
      return false;
    }
    seen_document_ = true;
    const auto& start = event.data.document_start;
    if (start.tag_directives.start != start.tag_directives.end) {
      diagnostics_.error(place(event.start_mark), "%TAG lines are not used here", "remove the line");
    }
    return true;
  }

  void report_second_document(Position position) {
    diagnostics_.error(position, "a second document begins here", "put it in a file of its own, or remove this line");
  }

  /// False when reading must end.
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return take_scalar(event);
      case YAML_ALIAS_EVENT:
        return take_alias(event);
      case YAML_SEQUENCE_START_EVENT: {
        const auto& start = event.data.sequence_start;
        const bool flow = start.style == YAML_FLOW_SEQUENCE_STYLE;
        return take_start(event, {YamlEvent::Kind::kSequence, flow}, {start.anchor, start.tag});
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& start = event.data.mapping_start;
        const bool flow = start.style == YAML_FLOW_MAPPING_STYLE;
        return take_start(event, {YamlEvent::Kind::kMap, flow}, {start.anchor, start.tag});
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        open_.pop_back();
        events_.emplace_back().kind = YamlEvent::Kind::kEnd;
        return true;
      default:
        return true;
    }
  }

  struct Container {
    YamlEvent::Kind kind;
    bool flow;
  };

  struct Properties {
    const yaml_char_t* anchor;
    const yaml_char_t* tag;
  };

  YamlEvent& add(const yaml_event_t& event, YamlEvent::Kind kind) {
    const std::size_t begin = places_.offset_of(event.start_mark.index);
    const std::size_t end = std::max(begin, places_.offset_of(event.end_mark.index));
    const Position position = places_.at(begin);
    const std::string_view bytes = places_.text().substr(begin, end - begin);
    YamlEvent& added = events_.emplace_back();
    added.kind = kind;
    added.line = position.line;
    added.column = position.column;
    if (kind == YamlEvent::Kind::kScalar || kind == YamlEvent::Kind::kAlias) {
      added.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(bytes.size(), bytes.find('\n'))));
    }
    added.end = static_cast<std::uint32_t>(end);
    return added;
  }

  bool take_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);  // libyaml's type for text
    YamlEvent& added = add(event, YamlEvent::Kind::kScalar);
    added.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    added.fingerprint = fingerprint_of(text);
    if (const auto* null = std::ranges::find(kNullTexts, text); !added.quoted && null != kNullTexts.end()) {
      added.null_text = *null;
    }
    last_scalar_ = position_of(added);
    last_scalar_end_line_ = static_cast<std::uint32_t>(event.end_mark.line + 1);
    last_scalar_quoted_ = added.quoted;
    const bool in_quotes =
        scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    if (in_quotes && last_scalar_end_line_ > added.line) {
      check_swallowed_lines(added);
    }
    added.usable = check(event, {scalar.anchor, scalar.tag}) || !text.empty();
    return count(event);
  }

  /// Two quotes too few leave a file that is YAML, but without the keys between them.
  void check_swallowed_lines(const YamlEvent& event) {
    const std::string_view text = places_.text().substr(0, event.end);
    std::size_t end = event.end;
    for (std::uint32_t line = last_scalar_end_line_; line > event.line; --line) {
      const std::size_t begin = text.rfind('\n', end - 1) + 1;
      const std::string_view content = text.substr(begin, end - begin);
      if (begins_with_key(content.substr(item_begin(content)))) {
        diagnostics_.warning(position_of(event),
                             "this text in quotes runs on to line " + std::to_string(last_scalar_end_line_) +
                                 " and holds what looks like a key: \"" + printable(trim(content), 60) + "\"",
                             "close the quote; for text of several lines write |");
        return;
      }
      end = begin - 1;
    }
  }

  bool take_alias(const yaml_event_t& event) {
    YamlEvent& added = add(event, YamlEvent::Kind::kAlias);
    added.usable = false;
    const std::string name(reinterpret_cast<const char*>(event.data.alias.anchor));  // libyaml's type for text
    diagnostics_.error(
        position_of(added),
        "aliases are not used here: *" + printable(name, 60),
        "write the value itself; if it is text, put it in quotes: " + quote_yaml("*" + printable(name, 60)));
    return count(event);
  }

  bool take_start(const yaml_event_t& event, Container container, Properties properties) {
    YamlEvent& added = add(event, container.kind);
    added.flow = container.flow;
    open_.push_back({position_of(added), container.flow});
    check(event, properties);
    if (open_.size() > kMaxYamlDepth) {
      diagnostics_.error(place(event.start_mark),
                         "lists and maps stand more than " + std::to_string(kMaxYamlDepth) + " deep in each other",
                         "write it flatter");
      return false;
    }
    return count(event);
  }

  /// Reports anchors and tags; false when there was one.
  bool check(const yaml_event_t& event, Properties properties) {
    const auto text_of = [](const yaml_char_t* text) {
      return text == nullptr ? std::string() : printable(reinterpret_cast<const char*>(text), 60);  // libyaml's type
    };
    const std::string anchor = text_of(properties.anchor);
    std::string tag = text_of(properties.tag);
    if (tag.starts_with(kCoreTags)) {
      tag.replace(0, kCoreTags.size(), "!!");
    }
    if (!anchor.empty()) {
      diagnostics_.error(place(event.start_mark),
                         "anchors are not used here: &" + anchor,
                         "remove it; if it is text, put the text in quotes");
    }
    if (!tag.empty()) {
      const Position position = place(event.start_mark);
      const auto line = value_at(position.source->line(position.line), position.column - 1, is_in_flow());
      diagnostics_.error(position,
                         "tags are not used here: " + tag,
                         "remove it, the key says what the value is; if it is text, " +
                             (line ? write_quoted(*line) : "put it in quotes"));
    }
    return anchor.empty() && tag.empty();
  }

  /// False when there are too many nodes, or too many reports.
  bool count(const yaml_event_t& event) {
    if (diagnostics_.items().size() - reported_before_ > kMaxYamlReports) {
      diagnostics_.error(
          place(event.start_mark), "reading ends here: too much of this file is wrong", "mend what is reported above");
      return false;
    }
    if (++nodes_ <= kMaxYamlNodes) {
      return true;
    }
    diagnostics_.error(place(event.start_mark),
                       "the file holds more than " + std::to_string(kMaxYamlNodes) + " keys and values",
                       "split it into several files");
    return false;
  }

  void report_syntax_error() {
    const yaml_parser_t& parser = parser_.parser();
    if (parser.error == YAML_MEMORY_ERROR) {
      diagnostics_.error({&places_.source()}, "there is not enough memory to read the file", "");
      return;
    }
    YamlSyntaxError error;
    error.problem = parser.problem == nullptr ? "" : parser.problem;
    error.context = parser.context == nullptr ? "" : parser.context;
    error.at = place(parser.problem_mark);
    if (parser.context != nullptr) {
      error.began = place(parser.context_mark);
    }
    if (seen_document_ && error.problem.find("<document start>") != std::string_view::npos) {
      report_second_document(error.at);
      return;
    }
    error.in_flow = parser.error == YAML_SCANNER_ERROR ? parser.flow_level > 0
                                                       : error.context.find("flow") != std::string_view::npos;
    if (is_in_flow()) {
      error.open_flow = open_.back().position;
    }
    error.last_scalar = last_scalar_;
    error.last_scalar_end_line = last_scalar_end_line_;
    error.last_scalar_quoted = last_scalar_quoted_;
    diagnostics_.add(explain(error));
  }

  [[nodiscard]] bool is_in_flow() const { return !open_.empty() && open_.back().flow; }

  [[nodiscard]] Position position_of(const YamlEvent& event) const {
    return {&places_.source(), event.line, event.column, event.length};
  }

  YamlPlaces& places_;
  Diagnostics& diagnostics_;
  LibyamlParser parser_;
  std::size_t reported_before_;
  std::vector<YamlEvent> events_;

  struct Open {
    Position position;
    bool flow;
  };

  std::vector<Open> open_;  // lists and maps around what is read next
  std::size_t nodes_ = 0;
  bool seen_document_ = false;
  Position last_scalar_;
  std::uint32_t last_scalar_end_line_ = 0;
  bool last_scalar_quoted_ = false;
};

}  // namespace

std::size_t fingerprint_of(std::string_view scalar) {
  return std::hash<std::string_view>{}(scalar);
}

std::optional<std::vector<YamlEvent>> read_yaml_events(const SourceText& source, Diagnostics& diagnostics) {
  if (source.text.size() > kMaxYamlBytes) {
    diagnostics.error({&source},
                      "the file is larger than " + std::to_string(kMaxYamlBytes >> 20U) + " MB",
                      "split it into several files");
    return std::nullopt;
  }
  YamlPlaces places(source);
  if (const auto bad = find_bad_bytes(places.text())) {
    diagnostics.add(error_at(places.at(bad->offset), bad->message, bad->remedy));
    return std::nullopt;
  }
  return FirstReading(places, diagnostics).run();
}

}  // namespace kpi
