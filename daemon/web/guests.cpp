#include "daemon/web/guests.hpp"

#include <algorithm>
#include <vector>

namespace kpi {

bool Guests::admit() {
  std::shared_ptr<Guest> leaver;  // let go of outside the lock: it may be the last to hold it
  {
    const std::scoped_lock lock(mutex_);
    if (entries_.size() < most_) {
      return true;
    }
    if (entries_.size() >= 2 * most_) {
      return false;  // those that were asked to leave have not gone yet
    }
    leaver = longest(Doing::kReading);
    leaver = leaver == nullptr ? longest(Doing::kWriting) : leaver;
  }
  if (leaver != nullptr) {
    leaver->leave();
  }
  return leaver != nullptr;
}

std::shared_ptr<Guest> Guests::longest(Doing doing) {
  for (Entry& entry : entries_) {
    std::shared_ptr<Guest> guest = entry.doing == doing && !entry.is_leaving ? entry.guest.lock() : nullptr;
    if (guest != nullptr) {
      entry.is_leaving = true;
      return guest;
    }
  }
  return nullptr;
}

void Guests::begin(const std::shared_ptr<Guest>& guest, Doing doing) {
  const std::scoped_lock lock(mutex_);
  const auto known = std::ranges::find(entries_, guest.get(), &Entry::key);
  const bool is_leaving = known != entries_.end() && known->is_leaving;
  if (known != entries_.end()) {
    entries_.erase(known);
  }
  entries_.push_back({guest.get(), guest, doing, is_leaving});
}

bool Guests::listens(const std::shared_ptr<Guest>& guest) {
  {
    const std::scoped_lock lock(mutex_);
    const auto listening = std::ranges::count(entries_, Doing::kListening, &Entry::doing);
    if (static_cast<std::size_t>(listening) >= most_ / 2) {
      return false;
    }
  }
  begin(guest, Doing::kListening);
  return true;
}

void Guests::gone(const Guest* guest) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == guest; });
}

void Guests::announce(std::uint64_t number) {
  std::vector<std::shared_ptr<Guest>> listening;
  {
    const std::scoped_lock lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.doing == Doing::kListening) {
        listening.push_back(entry.guest.lock());
      }
    }
  }
  for (const std::shared_ptr<Guest>& guest : listening) {
    if (guest != nullptr) {
      guest->send(number);
    }
  }
}

}  // namespace kpi
