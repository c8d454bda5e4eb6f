#pragma once
// A self-signed certificate made on the spot, and the server side of TLS with it.

#include <memory>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace kpi::test {

/// For 127.0.0.1 and no other name, valid for an hour.
class TlsIdentity {
 public:
  TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity(TlsIdentity&&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  TlsIdentity& operator=(TlsIdentity&&) = delete;
  ~TlsIdentity();

  [[nodiscard]] const std::string& certificate() const { return pem_; }

  /// The server's end of a new connection on `socket`, or null when the handshake failed. The caller frees it.
  [[nodiscard]] ssl_st* accept(int socket) const;

 private:
  ssl_ctx_st* context_ = nullptr;
  std::string pem_;
};

}  // namespace kpi::test
