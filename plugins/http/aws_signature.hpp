#pragma once
// Requests signed as Amazon's services want it (Signature Version 4), such as OpenSearch with IAM. Any thread.

#include "plugins/source.hpp"

#include <string>
#include <string_view>

namespace kpi {

struct AwsCredential {
  std::string access_key;
  Secret secret_key;
  std::string session_token;  ///< Of temporary credentials; empty: none.
  std::string region;         ///< "eu-north-1"
  std::string service;        ///< "es"; "aoss" of OpenSearch Serverless.
};

/// Adds the headers that sign the request as it is: nothing of it may change afterwards.
Result<void> sign_for_aws(HttpRequest& request, const AwsCredential& credential, Host& host);

/// Bytes as lower-case hexadecimal digits.
std::string hex_of(std::string_view bytes);

}  // namespace kpi
