#include "daemon/web/action_page.hpp"

#include "daemon/engine/action_link.hpp"
#include "daemon/notify/html_text.hpp"
#include "daemon/web/request_parts.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestName = 80;

/// How long somebody may take it: as the form sends it, and as it is shown.
struct Choice {
  std::string_view value;
  Phrase phrase;
  int count;
};

constexpr std::array<Choice, 5> kChoices{{{"1 hour", Phrase::kHours, 1},
                                          {"4 hours", Phrase::kHours, 4},
                                          {"1 day", Phrase::kDays, 1},
                                          {"3 days", Phrase::kDays, 3},
                                          {"1 week", Phrase::kWeeks, 1}}};

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// What the form sends: names and values, both as they are meant.
std::map<std::string, std::string> form_of(std::string_view body) {
  std::map<std::string, std::string> fields;
  for (const std::string_view part : split(body, '&')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    fields[url_decoded(part.substr(0, equals))] = url_decoded(part.substr(std::min(equals + 1, part.size())));
  }
  return fields;
}

/// One answer of the page, in the language of the channel that the link was sent to.
class ActionPage {
 public:
  ActionPage(ActionLink link, const ApiGround& ground, std::shared_ptr<const Config> config)
      : link_(std::move(link)), ground_(ground), config_(std::move(config)) {
    const Voice voice = config_->voice_of(link_.channel);
    language_ = voice.language;
    zone_ = voice.zone.value_or(config_->zone);
    find_alert();
  }

  /// There is no such link, or no more.
  WebReply refuse(int status, Phrase why) { return page(status, "", "<h1>" + words(why) + "</h1>"); }

  WebReply ask() {
    return alert_.is_null() ? refuse(200, Phrase::kAlertIsOver) : page(200, alert_card(), form(std::nullopt));
  }

  WebReply act(std::string_view body) {
    if (alert_.is_null()) {
      return refuse(200, Phrase::kAlertIsOver);
    }
    const auto fields = form_of(body);
    const auto field = [&](const char* name) {
      const auto found = fields.find(name);
      return found == fields.end() ? std::string() : std::string(trim(found->second));
    };
    const std::string by = field("by");
    if (by.empty() || by.size() > kLongestName || !is_valid_utf8(by)) {
      return page(422, alert_card(), form(Phrase::kNameMissing));
    }
    const std::string asked = field("for");
    const auto* const choice = asked.empty() ? kChoices.begin() : std::ranges::find(kChoices, asked, &Choice::value);
    if (choice == kChoices.end()) {
      return page(422, alert_card(), form(Phrase::kTimeMissing));
    }
    const auto until = parse_until(choice->value, zone_, ground_.now());
    const auto answer = ground_.ask(action(by, field("comment"), until.value_or(ground_.now())));
    if (!answer) {
      return answer.error().kind == ErrorKind::kNotFound ? refuse(200, Phrase::kAlertIsOver)
                                                         : page(503, alert_card(), form(Phrase::kNotDoneNow));
    }
    const std::string end = time_words(*until, zone_, language_);
    const std::string done = is_silence() ? say(language_, Phrase::kIsSilenced, {{"match", matchers()}, {"until", end}})
                                          : say(language_, Phrase::kHasIt, {{"by", by}, {"until", end}});
    return page(200, alert_card(), "<h1>" + html_escaped(done) + "</h1>" + details_link());
  }

 private:
  [[nodiscard]] bool is_silence() const { return link_.kind == ActionLink::Kind::kSilence; }

  [[nodiscard]] std::string words(Phrase phrase) const { return html_escaped(say(language_, phrase)); }

  /// The alert, while it fires.
  void find_alert() {
    const VerbResult result = ground_.verb({"alerts", "--json"});
    const json document = result.code == 0 ? json::parse(result.out, nullptr, false) : json();
    if (!document.is_object() || !document.contains("alerts")) {
      return;
    }
    for (const json& alert : document["alerts"]) {
      if (text_at(alert, "id") == link_.episode && text_at(alert, "status") == "firing") {
        alert_ = alert;
      }
    }
  }

  /// What a silence of this alert matches: its KPI and segment, or its source.
  [[nodiscard]] std::vector<LabelMatch> match() const {
    std::vector<LabelMatch> match;
    const std::string source = text_at(alert_, "source");
    match.push_back(source.empty() ? LabelMatch{"kpi", {text_at(alert_, "kpi")}} : LabelMatch{"source", {source}});
    for (const auto& [name, value] : alert_["segment"].items()) {
      match.push_back({name, {value.get<std::string>()}});
    }
    return match;
  }

  [[nodiscard]] std::string matchers() const {
    std::vector<std::string> texts;
    for (const LabelMatch& one : match()) {
      texts.push_back(one.label + "=" + one.values.front());
    }
    return join(texts, ", ");
  }

  [[nodiscard]] Action action(const std::string& by, const std::string& comment, Instant until) const {
    if (is_silence()) {
      return SilenceAction{match(), std::nullopt, until, by, comment};
    }
    return AcknowledgeAction{link_.episode, by, comment, until};
  }

  [[nodiscard]] std::string subject() const {
    std::string subject = text_at(alert_, "title");
    subject = subject.empty() ? text_at(alert_, "kpi") + text_at(alert_, "source") : subject;
    std::vector<std::string> labels;
    for (const auto& [name, value] : alert_["segment"].items()) {
      labels.push_back(name + ": " + value.get<std::string>());
    }
    return subject + (labels.empty() ? "" : " (" + join(labels, ", ") + ")");
  }

  /// "2.1%": in the reader's own way.
  [[nodiscard]] std::string value_text() const {
    const Kpi* kpi = config_->rules.find(text_at(alert_, "kpi"));
    const auto value = alert_.find("value");
    return kpi == nullptr || value == alert_.end() || !value->is_number()
               ? ""
               : format_value(value->get<double>(), kpi->unit, language_);
  }

  /// A day for what begins with a day, else a time.
  [[nodiscard]] std::string begin_text(Instant at) const {
    const Kpi* kpi = config_->rules.find(text_at(alert_, "kpi"));
    const auto local = (kpi == nullptr ? zone_ : kpi->zone).to_local(at);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    return kpi != nullptr && local == day ? date_words(Date{day}, language_) : time_words(at, zone_, language_);
  }

  [[nodiscard]] std::string alert_card() const {
    const std::string severity = text_at(alert_, "severity");
    const Phrase badge = !text_at(alert_, "source").empty()     ? Phrase::kSourceFailed
                         : text_at(alert_, "rule") == "no_data" ? Phrase::kNoData
                         : severity == "critical"               ? Phrase::kCritical
                         : severity == "warning"                ? Phrase::kWarning
                                                                : Phrase::kInfo;
    const std::string_view tone = severity == "critical" ? "bad" : severity == "warning" ? "warn" : "info";
    std::string card = "<article class=\"card " + html_escaped(severity) + "\"><p><span class=\"chip " +
                       std::string(tone) + "\">" + words(badge) + "</span></p><h2>" + html_escaped(subject()) + "</h2>";
    if (const std::string value = value_text(); !value.empty()) {
      card += "<p class=\"figure\">" + html_escaped(value) + "</p>";
    }
    if (const auto since = parse_rfc3339(text_at(alert_, "since"))) {
      card += "<p class=\"soft\">" + words(Phrase::kSince) + ": " + html_escaped(time_words(*since, zone_, language_)) +
              "</p>";
    }
    if (const auto known = alert_.find("acknowledged"); known != alert_.end() && known->is_object()) {
      const auto until = parse_rfc3339(text_at(*known, "until"));
      if (until && *until > ground_.now() && text_at(*known, "ended").empty()) {
        card += "<p>" +
                html_escaped(say(language_,
                                 Phrase::kHasIt,
                                 {{"by", text_at(*known, "by")}, {"until", time_words(*until, zone_, language_)}})) +
                "</p>";
      }
    }
    return card + "</article>";
  }

  [[nodiscard]] std::string form(std::optional<Phrase> problem) const {
    std::string about =
        say(language_, is_silence() ? Phrase::kAskSilenceAbout : Phrase::kAskAcknowledgeAbout, {{"match", matchers()}});
    const auto lines = alert_.find("lines");
    if (is_silence() && lines != alert_.end() && lines->is_number() && *lines > 1) {
      about += " " + say(language_, Phrase::kAskSilenceSegments, {{"n", std::to_string(lines->get<std::size_t>())}});
    }
    std::string form = "<h1>" + words(is_silence() ? Phrase::kAskSilence : Phrase::kAskAcknowledge) +
                       "</h1><p class=\"soft\">" + html_escaped(about) + "</p>";
    if (problem) {
      form += "<p role=\"alert\"><strong>" + words(*problem) + "</strong></p>";
    }
    form += "<form method=\"post\" class=\"stack\"><label>" + words(Phrase::kYourName) +
            "<input name=\"by\" required maxlength=\"" + std::to_string(kLongestName) +
            "\" autocomplete=\"name\"></label><label>" + words(Phrase::kHowLong) + "<select name=\"for\">";
    for (const Choice& choice : kChoices) {
      form += "<option value=\"" + std::string(choice.value) + "\">" +
              html_escaped(say(language_, choice.phrase, {{"n", choice.count}})) + "</option>";
    }
    return form + "</select></label><label>" + words(Phrase::kComment) +
           "<input name=\"comment\" maxlength=\"400\"></label><button class=\"main\">" +
           words(is_silence() ? Phrase::kSilence : Phrase::kAcknowledge) + "</button></form>" + details_link();
  }

  [[nodiscard]] std::string details_link() const {
    const std::string kpi = text_at(alert_, "kpi");
    return kpi.empty() ? ""
                       : "<p><a href=\"/kpis/" + html_escaped(url_escaped(kpi)) + "\">" + words(Phrase::kOpenInKpid) +
                             "</a></p>";
  }

  [[nodiscard]] WebReply page(int status, const std::string& above, const std::string& body) const {
    constexpr std::array<std::string_view, 4> codes{"en", "sv", "da", "nb"};
    WebReply reply;
    reply.status = status;
    reply.type = "text/html; charset=utf-8";
    reply.body = "<!doctype html>\n<html lang=\"" + std::string(codes.at(static_cast<std::size_t>(language_))) +
                 "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
                 "initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>kpid</title><link rel=\"icon\" "
                 "href=\"data:,\"><link rel=\"stylesheet\" href=\"/app.css\"></head><body><main class=\"asks\"><p "
                 "class=\"brand\">kpid</p>" +
                 above + body + "</main></body></html>\n";
    // Else the form would say that it comes from nowhere.
    reply.headers.emplace_back("Referrer-Policy", "same-origin");
    return reply;
  }

  ActionLink link_;
  const ApiGround& ground_;
  std::shared_ptr<const Config> config_;
  Language language_ = Language::kEnglish;
  Zone zone_;
  json alert_;
};

}  // namespace

WebReply action_page(const WebRequest& request, const ApiGround& ground) {
  const auto config = ground.config();
  const auto link = ground.links == nullptr ? std::nullopt : ground.links->read(request.path, request.query);
  ActionPage page(link.value_or(ActionLink{}), ground, config);
  if (!link) {
    return page.refuse(404, Phrase::kLinkUnknown);
  }
  if (link->expires < ground.now()) {
    return page.refuse(410, Phrase::kLinkExpired);
  }
  if (request.method == "POST") {
    return page.act(request.body);
  }
  if (request.method == "GET" || request.method == "HEAD") {
    return page.ask();
  }
  WebReply reply = problem(405, "GET asks, POST acts");
  reply.headers.emplace_back("Allow", "GET, HEAD, POST");
  return reply;
}

}  // namespace kpi
