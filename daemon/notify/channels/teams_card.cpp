#include "daemon/notify/channels/teams_card.hpp"

#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

/// Teams takes 28 KB with what it adds itself.
constexpr std::size_t kMaxBytes = 20'000;
constexpr std::size_t kReserve = 1000;
constexpr std::size_t kMostDetailed = 5;
constexpr std::size_t kMostActions = 5;
constexpr std::size_t kMaxText = 1500;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view colour_word(Tone tone) {
  switch (tone) {
    case Tone::kBad:
      return "attention";
    case Tone::kWarning:
      return "warning";
    case Tone::kGood:
      return "good";
    case Tone::kNeutral:
      break;
  }
  return "accent";
}

/// A fact's text is Markdown to Teams: its links are broken, its emphasis is taken for what it is.
std::string inert(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_[]").find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return shortened(out, kMaxText);
}

Json run(std::string text, bool is_bold = false, std::string_view colour = "default") {
  Json json{{"type", "TextRun"}, {"text", std::move(text)}};
  if (is_bold) {
    json["weight"] = "bolder";
  }
  if (colour != "default") {
    json["color"] = colour;
  }
  return json;
}

Json paragraph(Json runs) {
  return {{"type", "RichTextBlock"}, {"inlines", std::move(runs)}};
}

Json title_block(const std::string& mark, const std::string& text, Tone tone) {
  Json title = run(mark + " " + shortened(text, 250), true, colour_word(tone));
  title["size"] = "medium";
  return paragraph(Json::array({std::move(title)}));
}

Json open_action(const std::string& title, const std::string& url) {
  return {{"type", "Action.OpenUrl"}, {"title", title}, {"url", url}};
}

/// Where to go from an alert.
Json actions_for(const MessageCard& card, const AlertCard& alert) {
  Json actions = Json::array();
  const auto add = [&](const std::string& title, const std::string& url) {
    if (!url.empty()) {
      actions.push_back(open_action(title, url));
    }
  };
  add(card.open_text, alert.url);
  add(card.runbook_text, alert.runbook);
  add(card.acknowledge_text, alert.acknowledge_url);
  add(card.silence_text, alert.silence_url);
  return actions;
}

/// An alert with everything around it. `with_title`: the title above does not name it.
Json alert_items(const MessageCard& card, const AlertCard& alert, bool with_title, bool is_detailed) {
  Json items = Json::array();
  if (with_title) {
    Json title = Json::array({run(alert.mark + " " + shortened(alert.subject, 250), true)});
    if (!alert.badge.empty()) {
      title.push_back(run(" – " + alert.badge));
    }
    items.push_back(paragraph(std::move(title)));
  }
  if (!alert.verdict.empty()) {
    for (const std::string_view line : split(alert.verdict, '\n')) {
      items.push_back(paragraph(Json::array({run(shortened(line, kMaxText))})));
    }
  }
  if (!is_detailed) {
    return items;
  }
  if (!alert.about.empty()) {
    items.push_back(paragraph(Json::array({run(shortened(alert.about, kMaxText))})));
  }
  Json facts = Json::array();
  for (const Fact& fact : alert.facts) {
    facts.push_back({{"title", fact.label}, {"value", inert(fact.text)}});
  }
  if (!alert.advice.empty()) {
    facts.push_back({{"title", card.runbook_text}, {"value", inert(alert.advice)}});
  }
  if (!facts.empty()) {
    items.push_back({{"type", "FactSet"}, {"facts", std::move(facts)}});
  }
  if (Json actions = with_title ? actions_for(card, alert) : Json::array(); !actions.empty()) {
    items.push_back({{"type", "ActionSet"}, {"actions", std::move(actions)}});
  }
  return items;
}

/// The card so far and what it weighs.
class Body {
 public:
  bool add(Json items, bool with_separator) {
    if (items.empty()) {
      return true;
    }
    if (with_separator) {
      items.front()["separator"] = true;
      items.front()["spacing"] = "medium";
    }
    const std::size_t size = dump(items).size();
    if (size_ + size + kReserve > kMaxBytes) {
      return false;
    }
    size_ += size;
    for (Json& item : items) {
      blocks_.push_back(std::move(item));
    }
    return true;
  }

  void add_last(Json item) { blocks_.push_back(std::move(item)); }

  void weigh(std::size_t bytes) { size_ += bytes; }

  Json take() { return std::move(blocks_); }

 private:
  Json blocks_ = Json::array();
  std::size_t size_ = 0;
};

std::string wrapped_card(Json body, Json actions) {
  Json card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
            {"type", "AdaptiveCard"},
            {"version", "1.4"},
            {"body", std::move(body)}};
  if (!actions.empty()) {
    card["actions"] = std::move(actions);
  }
  card["msteams"] = {{"width", "Full"}};
  Json payload{{"type", "message"},
               {"attachments",
                Json::array({{{"contentType", "application/vnd.microsoft.card.adaptive"},
                              {"contentUrl", nullptr},
                              {"content", std::move(card)}}})}};
  return dump(payload);
}

/// Below the card: of the only alert, or the pages of the first of many; of a few each has its own.
Json actions_of(const MessageCard& card) {
  if (card.alerts.size() == 1) {
    return actions_for(card, card.alerts.front());
  }
  Json actions = Json::array();
  for (const AlertCard& alert : card.alerts) {
    if (card.alerts.size() > kMostDetailed && !alert.url.empty() && actions.size() < kMostActions) {
      actions.push_back(open_action(shortened(alert.subject, 60), alert.url));
    }
  }
  return actions;
}

Json alert_body(const Message& message, const MessageCard& card, std::size_t actions_size) {
  Body body;
  body.weigh(actions_size);
  body.add(Json::array({title_block(card.mark, card.title, card.tone)}), false);
  const bool is_one = card.alerts.size() == 1;
  const bool is_detailed = card.alerts.size() <= kMostDetailed;
  std::size_t shown = 0;
  for (const AlertCard& alert : card.alerts) {
    if (!body.add(alert_items(card, alert, !is_one, is_detailed), shown > 0) &&
        !body.add(alert_items(card, alert, !is_one, false), shown > 0)) {
      break;
    }
    ++shown;
  }
  if (shown < card.alerts.size()) {
    body.add_last(paragraph(Json::array({run(more_text(message, card.alerts.size() - shown), true)})));
  }
  return body.take();
}

Json text_body(const Message& message, const MessageCard& card) {
  Body body;
  body.add(Json::array({title_block(card.mark, card.title, card.tone)}), false);
  std::size_t shown = 0;
  for (const std::string& line : card.lines) {
    Json text = run(line.empty() ? " " : line);
    if (message.alerts.empty()) {
      text["fontType"] = "monospace";  // a caret stands under its column
    }
    Json block = paragraph(Json::array({std::move(text)}));
    block["spacing"] = "none";
    if (!body.add(Json::array({std::move(block)}), false)) {
      break;
    }
    ++shown;
  }
  if (shown < card.lines.size()) {
    body.add_last(paragraph(Json::array({run(more_lines_text(message, card.lines.size() - shown))})));
  }
  return body.take();
}

}  // namespace

std::string teams_payload(const Message& message) {
  const MessageCard card = card_of(message);
  if (card.alerts.empty()) {
    return wrapped_card(text_body(message, card), Json::array());
  }
  Json actions = actions_of(card);
  const std::size_t size = dump(actions).size();
  return wrapped_card(alert_body(message, card, size), std::move(actions));
}

std::string teams_plain_payload(const Message& message) {
  return wrapped_card(Json::array({paragraph(Json::array({run(shortened(card_of(message).headline, kMaxText))}))}),
                      Json::array());
}

}  // namespace kpi
