#pragma once
// A message as a mail: headers that cannot be split by what people wrote, plain text and HTML, charts in between, files
// at the end; lines ended by CRLF and at most 76 long. Pure: all attempts send the same bytes.

#include "rules/base/result.hpp"
#include "rules/routing/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// "KPI watch <kpid@example.com>"
struct MailAddress {
  std::string name;  ///< Empty: none.
  std::string address;

  bool operator==(const MailAddress&) const = default;
};

/// "kpid@example.com", "KPI watch <kpid@example.com>". The error says what is wrong.
Result<MailAddress> parse_mail_address(std::string_view text);

struct MailEnvelope {
  MailAddress from;
  std::vector<MailAddress> to;
  std::string unsubscribe;  ///< An https or mailto address; empty: mail to the sender.
};

std::string mail_content(const Message& message, const MailEnvelope& envelope);

/// RFC 2047: words of at most 75 bytes where the text is not plain ASCII. Line breaks become spaces.
std::string encoded_header(std::string_view text);
/// RFC 2045; line breaks (LF) become CRLF.
std::string quoted_printable(std::string_view text);

}  // namespace kpi
