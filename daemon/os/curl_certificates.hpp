#pragma once
// When the certificates of the servers that were talked to end: what is about to expire is told before it does. Any
// thread.

#include "rules/base/time.hpp"

#include <curl/curl.h>

#include <string>
#include <vector>

namespace kpi {

/// Remembers the certificate of a connection that was opened for `origin` (see url_origin(): each port has its own); of
/// one that was used again nothing is known.
void remember_certificate(CURL* easy, const std::string& origin);

/// `the certificate of https://hooks.example.com expires on 2026-04-12`: of the last connection to each origin. A
/// certificate is about to expire with less than 14 days and less than a third of its life left.
std::vector<std::string> certificates_about_to_expire(Instant now);

}  // namespace kpi
