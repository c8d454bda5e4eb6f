#pragma once

// What the allocator holds of the memory that was freed.

namespace kpi {

/// Gives it back to the system, where the C library can. After what needed much for a short time: loading files,
/// restoring an engine. Takes some milliseconds; any thread.
void give_back_free_memory();

}  // namespace kpi
