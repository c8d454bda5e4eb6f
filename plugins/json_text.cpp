#include "plugins/json_text.hpp"

#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

std::string place_of(std::string_view name, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_end = before.rfind('\n');
  const std::string_view line = line_end == std::string_view::npos ? before : before.substr(line_end + 1);
  // Columns count characters: the bytes that do not go on with one.
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return std::string(name) + ':' + std::to_string(std::ranges::count(before, '\n') + 1) + ':' +
         std::to_string(std::ranges::count_if(line, begins) + 1);
}

/// The names of an object that is open. Their hashes are looked through first: a name is compared where it may be one.
class Names {
 public:
  void clear() { hashes_.clear(); }

  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

  /// False: it was there.
  bool add(const std::string& name) {
    const std::size_t hash = std::hash<std::string>{}(name);
    for (auto at = std::ranges::find(hashes_, hash); at != hashes_.end(); at = std::find(at + 1, hashes_.end(), hash)) {
      if (texts_[static_cast<std::size_t>(at - hashes_.begin())] == name) {
        return false;
      }
    }
    if (texts_.size() == hashes_.size()) {
      texts_.push_back(name);
    } else {
      texts_[hashes_.size()] = name;  // as large as a name of another object was
    }
    hashes_.push_back(hash);
    return true;
  }

 private:
  std::vector<std::size_t> hashes_;
  std::vector<std::string> texts_;  // at least as many
};

/// Builds the document like the library's own handler, and stops at a depth, at a number of keys (it looks through all
/// of an object for each of them), and at a key that its object has already: the library would keep the last value.
class Builder : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  explicit Builder(Json& document) : json_sax_dom_parser(document, false) {}

  bool start_object(std::size_t size) {
    if (open_ == names_.size()) {
      names_.emplace_back();
    }
    names_[open_++].clear();
    return deeper() && json_sax_dom_parser::start_object(size);
  }

  bool key(std::string& name) {
    Names& names = names_[open_ - 1];
    is_too_wide = names.size() == kMaxJsonKeys;
    if (is_too_wide) {
      return false;
    }
    if (!names.add(name)) {
      twice = name;
      return false;
    }
    return json_sax_dom_parser::key(name);
  }

  bool start_array(std::size_t size) { return deeper() && json_sax_dom_parser::start_array(size); }

  bool end_object() {
    --depth_;
    --open_;
    return json_sax_dom_parser::end_object();
  }

  bool end_array() {
    --depth_;
    return json_sax_dom_parser::end_array();
  }

  template <class Exception>
  bool parse_error(std::size_t position, const std::string& token, const Exception& error) {
    offset = position == 0 ? 0 : position - 1;
    at_end = token.empty() || token == "<end of input>";
    out_of_range = error.id == 406;
    return false;
  }

  bool is_too_deep = false;
  bool is_too_wide = false;
  bool at_end = false;
  bool out_of_range = false;
  std::optional<std::string> twice;
  std::size_t offset = 0;

 private:
  bool deeper() {
    is_too_deep = ++depth_ > kMaxJsonDepth;
    return !is_too_deep;
  }

  std::size_t depth_ = 0;
  std::vector<Names> names_;  // of the objects that are open, outermost first; some more are kept for their room
  std::size_t open_ = 0;
};

}  // namespace

Result<Json> parse_json(std::string_view name, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  Json root;
  Builder builder(root);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) {
    return root;
  }
  if (builder.is_too_deep) {
    return fail(ErrorKind::kInvalid,
                std::string(name) + ": lists and objects stand within each other more than " +
                    std::to_string(kMaxJsonDepth) + " deep: no source needs that");
  }
  if (builder.is_too_wide) {
    return fail(ErrorKind::kInvalid,
                std::string(name) + ": an object has more than " + std::to_string(kMaxJsonKeys) +
                    " keys: a list of records is wanted");
  }
  if (builder.twice) {
    return fail(ErrorKind::kInvalid,
                std::string(name) + ": an object has the key \"" + printable(*builder.twice, 60) +
                    "\" twice: which of its values counts nobody knows");
  }
  if (trim(text).empty()) {
    return fail(ErrorKind::kUnavailable, std::string(name) + ": is empty where JSON is wanted");
  }
  // The place of an unexpected token is its end; what stands there tells more than the library's words.
  const std::size_t offset = std::min(builder.offset, text.size());
  const std::string where = place_of(name, text, offset);
  if (builder.out_of_range) {
    return fail(ErrorKind::kInvalid, where + ": a number that is too large");
  }
  const std::string near = printable(text.substr(offset, 20), 20);
  return fail(
      ErrorKind::kInvalid,
      where + (offset >= text.size() ? ": the text ends before its JSON does" : ": no JSON at \"" + near + "\""));
}

std::string json_member(const Json& object, std::string_view key, std::string_view fallback) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string(fallback);
}

std::string json_kind(const Json& value) {
  switch (value.type()) {
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::null:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace kpi
