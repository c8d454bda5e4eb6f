#pragma once
// HTTP over a Unix socket, for the verbs that ask the daemon of this machine. Any thread may call it.

#include <cstddef>
#include <string>

namespace kpi {

struct SocketRequest {
  std::string socket;                        ///< Its path, of any length.
  std::string path;                          ///< "/api/v1/reload"
  std::string header;                        ///< One more line: "Kpid-History: /var/lib/kpid/history.db".
  std::string body;                          ///< JSON.
  std::size_t most = std::size_t{1} << 20U;  ///< Bytes of an answer that are taken.
};

struct SocketAnswer {
  bool has_nobody = false;  ///< Nobody listens there.
  std::string trouble;      ///< Why there is no answer; empty: there is one.
  long status = 0;
  std::string body;
};

/// Sends one POST and waits for the answer, at most a minute.
SocketAnswer post_over_socket(const SocketRequest& request);

}  // namespace kpi
