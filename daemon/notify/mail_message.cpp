#include "daemon/notify/mail_message.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/base64.hpp"
#include "daemon/notify/mail_html.hpp"
#include "daemon/notify/message_card.hpp"
#include "daemon/notify/text_message.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace kpi {

namespace {

constexpr std::size_t kMaxSubject = 160;
constexpr std::size_t kMostReferences = 20;
constexpr std::size_t kLine = 76;
constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_plain(std::string_view text) {
  return text.find("=?") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// The bytes of the next code point.
std::size_t step_of(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    ++end;
  }
  return end - at;
}

/// What a Message-ID may hold of an id of ours.
std::string id_word(std::string_view id) {
  std::string word;
  for (const char c : id) {
    const bool is_fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    word += is_fine ? c : '-';
  }
  return word.substr(0, 100);
}

std::string date_header(Instant at) {
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                     kDays.at(std::chrono::weekday{day}.c_encoding()),
                     static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()),
                     time.hours().count(),
                     time.minutes().count(),
                     time.seconds().count());
}

std::string address_header(const MailAddress& address) {
  if (address.name.empty()) {
    return "<" + address.address + ">";
  }
  std::string name = encoded_header(address.name);
  if (is_plain(address.name)) {
    std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
    name = "\"" + name + "\"";
  }
  return name + " <" + address.address + ">";
}

std::string folded_list(std::string_view header, const std::vector<std::string>& items, std::string_view separator) {
  std::string out(header);
  for (std::size_t i = 0; i < items.size(); ++i) {
    out += (i == 0 ? " " : std::string(separator) + "\r\n ") + items[i];
  }
  return out + "\r\n";
}

std::string headers_of(const Message& message, const MailEnvelope& envelope) {
  const std::string domain = envelope.from.address.substr(envelope.from.address.find('@') + 1);
  const auto id_at = [&](std::string_view id) { return "<" + id_word(id) + "@" + domain + ">"; };
  std::vector<std::string> to;
  std::ranges::transform(envelope.to, std::back_inserter(to), address_header);
  const MessageCard card = card_of(message);
  std::string out = folded_list("From:", {address_header(envelope.from)}, ",") + folded_list("To:", to, ",");
  out += "Subject: " + encoded_header(shortened(card.headline, kMaxSubject)) + "\r\n";
  out += "Date: " + date_header(message.created) + "\r\n";
  out += "Message-ID: " + id_at(message.id) + "\r\n";
  std::vector<std::string> references;
  for (std::size_t i = 0; i < std::min(message.alerts.size(), kMostReferences); ++i) {
    references.push_back(id_at(message.alerts[i].id));
  }
  if (!references.empty()) {
    out += "In-Reply-To: " + references.front() + "\r\n" + folded_list("References:", references, "");
  }
  out += "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n";
  out += "List-Id: kpid <" + id_word(message.channel) + ".kpid." + domain + ">\r\n";
  const bool is_web = envelope.unsubscribe.starts_with("https://");
  out += "List-Unsubscribe: <" +
         (envelope.unsubscribe.empty() ? "mailto:" + envelope.from.address + "?subject=unsubscribe"
                                       : envelope.unsubscribe) +
         ">\r\n";
  out += is_web ? "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" : "";
  out += card.tone == Tone::kBad ? "Importance: high\r\nX-Priority: 1\r\n" : "";
  return out + "MIME-Version: 1.0\r\n";
}

std::string base64_lines(std::string_view bytes) {
  const std::string text = to_base64(bytes);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += kLine) {
    out += text.substr(at, kLine) + "\r\n";
  }
  return out;
}

std::string text_part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
      type,
      quoted_printable(text));
}

std::string file_part(const Attachment& file, std::size_t number) {
  std::string name = printable(file.name, 100);
  std::ranges::replace_if(name, [](char c) { return c == '"' || c == '\\' || c == '/' || (c & 0x80) != 0; }, '_');
  std::string type = printable(file.content_type, 100);
  const bool is_type = type.find('/') != std::string::npos && type.find_first_of(" \r\n") == std::string::npos;
  type = is_type ? type : "application/octet-stream";
  type += type.starts_with("text/") ? "; charset=utf-8" : "";  // as every text of kpid is
  return fmt::format(
      "Content-Type: {}; name=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Disposition: {}; filename=\"{}\"\r\n{}\r\n{}",
      type,
      name,
      file.is_inline ? "inline" : "attachment",
      name,
      file.is_inline ? fmt::format("Content-ID: <{}>\r\n", content_id(number)) : "",
      base64_lines(file.bytes));
}

/// The parts between boundaries, with the header that says so. "=_" occurs in no encoded part.
std::string multipart(std::string_view kind, std::string_view id, const std::vector<std::string>& parts) {
  const std::string boundary = fmt::format("=_{}_{}", kind, id);
  std::string out = fmt::format("Content-Type: multipart/{};\r\n boundary=\"{}\"\r\n\r\n", kind, boundary);
  for (const std::string& part : parts) {
    out += "--" + boundary + "\r\n" + part;
  }
  return out + "--" + boundary + "--\r\n";
}

std::string text_body(const Message& message) {
  return text_message(message) + "\n-- \n" + "kpid, " + message.channel + "\n";
}

}  // namespace

Result<MailAddress> parse_mail_address(std::string_view text) {
  MailAddress address;
  std::string_view bare = trim(text);
  if (bare.ends_with('>') && bare.find('<') != std::string_view::npos) {
    const std::size_t open = bare.find('<');
    address.name = one_line(bare.substr(0, open));
    if (address.name.size() >= 2 && address.name.front() == '"' && address.name.back() == '"') {
      address.name = address.name.substr(1, address.name.size() - 2);
    }
    bare = bare.substr(open + 1, bare.size() - open - 2);
  }
  const std::size_t at = bare.find('@');
  const bool is_plain_text = std::ranges::all_of(bare, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
  });
  if (at == std::string_view::npos || at == 0 || at + 1 == bare.size() ||
      bare.find('@', at + 1) != std::string_view::npos || !is_plain_text || bare.size() > 254) {
    return fail(ErrorKind::kInvalid, "\"" + printable(text, 100) + "\" is not a mail address");
  }
  address.address = bare;
  return address;
}

std::string encoded_header(std::string_view given) {
  constexpr std::size_t most_bytes = 39;  // 52 in base64, and "=?UTF-8?B?" and "?=" around
  const std::string text = one_line(given, 1000);
  if (is_plain(text) && text.size() <= kLine - 10) {
    return text;
  }
  if (is_plain(text)) {
    std::string folded;
    std::size_t used = 10;
    for (const std::string_view word : split(text, ' ')) {
      const bool is_long = used + word.size() + 1 > kLine;
      folded += folded.empty() ? "" : is_long ? "\r\n " : " ";
      used = is_long ? word.size() + 1 : used + word.size() + 1;
      folded += word;
    }
    return folded;
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && end + step_of(text, end) - at <= most_bytes) {
      end += step_of(text, end);
    }
    end = end == at ? at + step_of(text, at) : end;
    out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + to_base64(text.substr(at, end - at)) + "?=");
    at = end;
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += "\r\n";
      used = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool is_space_at_end = (c == ' ' || c == '\t') && ends_line;
    const bool is_from = used == 0 && c == 'F';  // "From " at a line's beginning is quoted by some servers
    const bool is_dot = used == 0 && c == '.';
    const bool is_literal =
        ((c > 0x20 && c < 0x7f && c != '=') || c == ' ' || c == '\t') && !is_space_at_end && !is_from && !is_dot;
    const std::size_t size = is_literal ? 1 : 3;
    if (used + size > kLine - 1) {
      out += "=\r\n";
      used = 0;
    }
    if (is_literal) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'=', kHex[byte >> 4U], kHex[byte & 0x0FU]};
    }
    used += size;
  }
  return out;
}

std::string mail_content(const Message& message, const MailEnvelope& envelope) {
  const std::string id = id_word(message.id);
  std::vector<std::string> related{text_part("html", mail_html(message))};
  std::vector<std::string> files;
  for (std::size_t i = 0; i < message.attachments.size(); ++i) {
    (message.attachments[i].is_inline ? related : files).push_back(file_part(message.attachments[i], i));
  }
  const std::string shown = related.size() == 1 ? related.front() : multipart("related", id, related);
  std::string body = multipart("alternative", id, {text_part("plain", text_body(message)), shown});
  if (!files.empty()) {
    files.insert(files.begin(), std::move(body));
    body = multipart("mixed", id, files);
  }
  return headers_of(message, envelope) + body;
}

}  // namespace kpi
