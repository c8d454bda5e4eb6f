#include "daemon/os/gunzip.hpp"

#include <algorithm>
#include <array>
#include <new>
#define ZLIB_CONST  // what is unpacked is not written to
#include <zlib.h>

namespace kpi {

void Gunzip::Close::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Gunzip::Gunzip() : stream_(new z_stream_s{}) {
  constexpr int largest_window_of_gzip_or_zlib = 15 + 32;
  if (inflateInit2(stream_.get(), largest_window_of_gzip_or_zlib) != Z_OK) {
    throw std::bad_alloc();
  }
}

Gunzip::Outcome Gunzip::take(std::string_view packed, std::string& out, std::size_t most) {
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<const unsigned char*>(packed.data());
  stream.avail_in = static_cast<unsigned>(packed.size());
  std::array<char, 16U << 10U> room{};
  bool is_room_used_up = false;
  while (stream.avail_in > 0 || is_room_used_up) {
    if (is_whole_ && stream.total_in > 0) {
      inflateReset(&stream);  // a gzip file may be several, one behind the other
    }
    is_whole_ = false;
    stream.next_out = reinterpret_cast<unsigned char*>(room.data());
    stream.avail_out = static_cast<unsigned>(room.size());
    const int outcome = inflate(&stream, Z_NO_FLUSH);
    const std::size_t unpacked = room.size() - stream.avail_out;
    if (unpacked > most - std::min(most, out.size())) {
      return Outcome::kTooLarge;
    }
    out.append(room.data(), unpacked);
    if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
      return Outcome::kBroken;
    }
    is_whole_ = outcome == Z_STREAM_END;
    is_room_used_up = !is_whole_ && stream.avail_out == 0;
  }
  return Outcome::kTaken;
}

}  // namespace kpi
