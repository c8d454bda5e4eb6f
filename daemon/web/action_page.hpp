#pragma once
// The page behind a link in a message: it asks before it acts, since chat programs and mail scanners fetch every link
// they see. GET changes nothing. Any thread.

#include "daemon/web/api.hpp"

namespace kpi {

/// Answers a request to a path for which is_action_path() holds. Nobody needs a token: the link is one.
WebReply action_page(const WebRequest& request, const ApiGround& ground);

}  // namespace kpi
