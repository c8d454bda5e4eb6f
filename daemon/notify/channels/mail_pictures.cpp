#include "daemon/notify/channels/mail_pictures.hpp"

#include <string_view>

namespace kpi {

namespace {

constexpr std::string_view kSvg = "image/svg+xml";
constexpr std::string_view kPngBegin = "\x89PNG\r\n";
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kMaxPicture = 1U << 20U;

/// Twice as wide as it is shown, for sharp screens.
bool rasterise(Attachment& picture, Host& host, const std::stop_token& stop) {
  ProcessRequest request;
  request.command = {"rsvg-convert", "--format", "png", "--zoom", "2"};
  request.input = picture.bytes;  // on its standard input it loads no other file
  request.timeout = kPatience;
  request.max_output = kMaxPicture;
  const Result<ProcessResult> made = host.run(request, stop);
  if (!made || made->code != 0 || !made->output.starts_with(kPngBegin)) {
    return false;
  }
  picture.bytes = made->output;
  picture.content_type = "image/png";
  if (picture.name.ends_with(".svg")) {
    picture.name.replace(picture.name.size() - 4, 4, ".png");
  }
  return true;
}

}  // namespace

Message with_pictures(Message message, Host* host, const std::stop_token& stop) {
  std::erase_if(message.attachments, [&](Attachment& file) {
    return file.content_type == kSvg && file.is_inline && (host == nullptr || !rasterise(file, *host, stop));
  });
  return message;
}

}  // namespace kpi
