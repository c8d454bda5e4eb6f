#include "rules/load/yaml.hpp"

#include "rules/base/text.hpp"
#include "rules/load/yaml_events.hpp"
#include "rules/load/yaml_mending.hpp"
#include "rules/load/yaml_places.hpp"
#include "rules/load/yaml_quoting.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <unordered_map>

namespace kpi {
namespace {

constexpr std::size_t kFewKeys = 12;  // comparing so many with each other is cheaper than hashing them

/// Builds the tree from yaml-cpp's events. Each must be the one that libyaml gave: where the two disagree, a person
/// could be misled as well, and the file is refused. Positions are those of libyaml's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, const std::vector<YamlEvent>& events, Diagnostics& diagnostics)
      : source_(source),
        text_(without_byte_order_mark(source.text)),
        events_(events),
        diagnostics_(diagnostics),
        mending_(source, diagnostics),
        reported_before_(diagnostics.items().size()) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {
    const YamlEvent* event = next(YamlEvent::Kind::kScalar);
    if (event != nullptr && event->null_text.data() == nullptr) {
      disagree(*event);
    } else if (event != nullptr) {
      place_scalar(*event, std::string(event->null_text));
    }
  }

  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {
    if (const YamlEvent* event = next(YamlEvent::Kind::kAlias)) {
      place(node_of(*event, YamlNode::Kind::kNull), *event);
    }
  }

  void OnScalar(const YAML::Mark& /*mark*/,
                const std::string& /*tag*/,
                YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    const YamlEvent* event = next(YamlEvent::Kind::kScalar);
    if (event != nullptr && event->fingerprint != fingerprint_of(value)) {
      disagree(*event);
    } else if (event != nullptr) {
      place_scalar(*event, value);
    }
  }

  void OnSequenceStart(const YAML::Mark& /*mark*/,
                       const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    start(YamlEvent::Kind::kSequence, YamlNode::Kind::kSequence);
  }

  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& /*mark*/,
                  const std::string& /*tag*/,
                  YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    start(YamlEvent::Kind::kMap, YamlNode::Kind::kMap);
  }

  void OnMapEnd() override { end(); }

  /// The tree, when both parsers told the same story to its end.
  std::optional<YamlNode> take() {
    if (!ended_ && next_ < events_.size()) {
      disagree(events_[next_]);
    }
    return ended_ ? std::nullopt : std::move(root_);
  }

 private:
  /// A list or map that is being read.
  struct Open {
    YamlNode node;
    const YamlEvent* event = nullptr;
    YamlNode key;
    bool has_key = false;
    bool key_usable = true;
  };

  const YamlEvent* next(YamlEvent::Kind kind) {
    if (ended_ || is_too_much()) {
      return nullptr;
    }
    if (next_ >= events_.size() || events_[next_].kind != kind) {
      disagree(next_ < events_.size() ? events_[next_] : YamlEvent{});
      return nullptr;
    }
    return &events_[next_++];
  }

  /// Ends the reading of a file with too many reports.
  bool is_too_much() {
    if (diagnostics_.items().size() - reported_before_ <= kMaxYamlReports) {
      return false;
    }
    ended_ = true;
    diagnostics_.error(last_, "reading ends here: too much of this file is wrong", "mend what is reported above");
    return true;
  }

  void disagree(const YamlEvent& event) {
    ended_ = true;
    Position position = position_of(event);
    if (event.kind == YamlEvent::Kind::kEnd || event.line == 0) {
      position = last_;
    }
    diagnostics_.error(position, "YAML can be read in two ways here", "put the text around this place in quotes");
  }

  [[nodiscard]] Position position_of(const YamlEvent& event) const {
    return {&source_, event.line, event.column, event.length};
  }

  [[nodiscard]] YamlNode node_of(const YamlEvent& event, YamlNode::Kind kind) const {
    YamlNode node;
    node.kind = kind;
    node.quoted = event.quoted;
    node.position = position_of(event);
    return node;
  }

  void place_scalar(const YamlEvent& event, std::string value) {
    const bool null = event.null_text.data() != nullptr && event.null_text != "Null" && event.null_text != "NULL";
    YamlNode node = node_of(event, null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar);
    node.scalar = std::move(value);
    if (!event.quoted && !is_key_next()) {
      check_comment(event, node);
    }
    place(std::move(node), event);
  }

  void start(YamlEvent::Kind event_kind, YamlNode::Kind node_kind) {
    if (const YamlEvent* event = next(event_kind)) {
      Open& open = open_.emplace_back();
      open.node = node_of(*event, node_kind);
      open.event = event;
      last_ = open.node.position;
    }
  }

  void end() {
    if (next(YamlEvent::Kind::kEnd) == nullptr || open_.empty()) {
      return;
    }
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.event->flow) {
      mending_.mend(done.node);
    }
    report_duplicates(done.node);
    place(std::move(done.node), *done.event);
  }

  [[nodiscard]] bool is_key_next() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().has_key;
  }

  void place(YamlNode node, const YamlEvent& event) {
    last_ = node.position;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& open = open_.back();
    if (open.node.kind == YamlNode::Kind::kSequence) {
      if (event.usable) {
        open.node.items.push_back(std::move(node));
      }
    } else if (!open.has_key) {
      open.key_usable = event.usable && check_key(node);
      open.key = std::move(node);
      open.has_key = true;
    } else {
      if (event.usable && open.key_usable) {
        open.node.entries.emplace_back(std::move(open.key), std::move(node));
      }
      open.has_key = false;
    }
  }

  /// Keys are text. False when this one is not.
  bool check_key(YamlNode& key) {
    if (key.kind == YamlNode::Kind::kNull && key.scalar.empty()) {
      diagnostics_.error(key.position, "a key is missing before the colon", "write key: value");
      return false;
    }
    if (key.kind == YamlNode::Kind::kSequence || key.kind == YamlNode::Kind::kMap) {
      const std::string_view line = source_.line(key.position.line);
      const auto value = value_at(line, key.position.column - 1, false);
      diagnostics_.error(key.position,
                         key.kind == YamlNode::Kind::kMap ? "a map cannot be a key" : "a list cannot be a key",
                         value ? write_quoted(*value) : "write text; put it in quotes if it holds brackets");
      return false;
    }
    key.kind = YamlNode::Kind::kScalar;
    if (key.scalar == "<<" && !key.quoted) {
      diagnostics_.error(key.position, "merge keys (<<) are not used here", "write the keys themselves");
      return false;
    }
    return true;
  }

  /// Whether " #" has cut off the end of what was meant as text.
  void check_comment(const YamlEvent& event, YamlNode& node) {
    std::size_t hash = text_.find_first_not_of(" \t", event.end);
    if (hash == std::string_view::npos || hash == event.end || text_[hash] != '#' || node.scalar.empty()) {
      return;
    }
    node.has_comment = true;
    const std::string_view rest = text_.substr(hash, text_.find('\n', hash) - hash);
    const std::string comment = '"' + printable(trim(rest), 60) + '"';
    if (node.position.length == node.scalar.size() && YamlMending::is_cut_open(node)) {
      const std::string_view line = source_.line(node.position.line);
      const std::string_view whole = trim(line.substr(node.position.column - 1));
      // A comment as people write one: then it is the end of the text before it that is missing.
      const bool is_comment = rest.size() > 1 && rest[1] == ' ' && node.scalar.starts_with('(');
      diagnostics_.error(node.position,
                         "YAML ends this text before " + comment + ", which it takes for a comment",
                         (is_comment ? "close the ( before the comment; or, if it is none, " : std::string()) +
                             write_quoted({key_text(), whole}));
      if (is_comment) {
        return;
      }
      node.scalar = std::string(whole);
      node.quoted = true;
    } else if (rest.size() > 1 && rest[1] != ' ' && rest[1] != '\t' && rest[1] != '#' && rest[1] != '\r') {
      diagnostics_.warning(node.position,
                           comment + " is taken for a comment",
                           "put the text in quotes if it belongs to it, or write a space after the #");
    }
  }

  /// The key of the map entry that is being read.
  [[nodiscard]] std::string key_text() const {
    return !open_.empty() && open_.back().has_key ? open_.back().key.scalar : "";
  }

  void report_duplicates(YamlNode& node) {
    std::vector<std::size_t> second;
    std::unordered_map<std::string_view, std::size_t> seen;
    const auto first_of = [&](std::size_t i) {
      const std::string& key = node.entries[i].first.scalar;
      if (node.entries.size() > kFewKeys) {
        return seen.emplace(key, i).first->second;
      }
      std::size_t first = 0;
      while (node.entries[first].first.scalar != key) {
        ++first;
      }
      return first;
    };
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      const std::size_t first = first_of(i);
      if (first == i) {
        continue;
      }
      report_duplicate(node.entries[first].first, node.entries[i].first);
      second.push_back(i);
      if (is_too_much()) {
        return;
      }
    }
    std::size_t index = 0;
    if (!second.empty()) {
      std::erase_if(node.entries, [&](const auto&) { return std::ranges::binary_search(second, index++); });
    }
  }

  void report_duplicate(const YamlNode& first, const YamlNode& second) {
    Diagnostic diagnostic;
    diagnostic.position = second.position;
    diagnostic.message = "the key \"" + printable(second.scalar, 60) + "\" stands here a second time";
    diagnostic.remedy = "keep one of the two";
    diagnostic.related = first.position;
    diagnostic.related_message = "first given here";
    diagnostics_.add(std::move(diagnostic));
  }

  const SourceText& source_;
  std::string_view text_;
  const std::vector<YamlEvent>& events_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::optional<YamlNode> root_;
  std::size_t next_ = 0;
  YamlMending mending_;
  std::size_t reported_before_;
  Position last_;
  bool ended_ = false;
};

/// yaml-cpp's exceptions end here. libyaml has accepted the text before, so that they are rare.
std::optional<YamlNode> build_tree(const SourceText& source,
                                   const std::vector<YamlEvent>& events,
                                   Diagnostics& diagnostics) {
  TreeBuilder builder(source, events, diagnostics);
  Position position{&source};
  std::string problem;
  try {
    std::istringstream text{std::string(without_byte_order_mark(source.text))};
    YAML::Parser parser(text);
    parser.HandleNextDocument(builder);
    return builder.take();
  } catch (const YAML::Exception& exception) {
    const auto line = static_cast<std::uint32_t>(std::max(exception.mark.line, 0)) + 1;
    const auto column = static_cast<std::uint32_t>(std::max(exception.mark.column, 0)) + 1;
    const auto longest = static_cast<std::uint32_t>(source.line(line).size()) + 1;
    position = {&source, line, std::min(column, longest)};
    problem = exception.msg;
  } catch (const std::exception& exception) {
    problem = exception.what();
  }
  // An alias without its anchor has been reported.
  if (std::ranges::find(events, YamlEvent::Kind::kAlias, &YamlEvent::kind) == events.end()) {
    diagnostics.error(position, "this cannot be read: " + problem, "put the text around this place in quotes");
  }
  return std::nullopt;
}

}  // namespace

YamlNode::YamlNode() = default;

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find_if(entries, [key](const auto& entry) { return entry.first.scalar == key; });
  return found == entries.end() ? nullptr : &found->second;
}

std::optional<YamlNode> parse_yaml(const SourceText& source, Diagnostics& diagnostics) {
  const auto events = read_yaml_events(source, diagnostics);
  if (!events) {
    return std::nullopt;
  }
  YamlNode empty;
  empty.kind = YamlNode::Kind::kMap;
  empty.position = {&source, 1, 1};
  if (events->empty()) {
    return empty;
  }
  auto tree = build_tree(source, *events, diagnostics);
  return tree && tree->kind == YamlNode::Kind::kNull ? std::optional(std::move(empty)) : std::move(tree);
}

}  // namespace kpi
