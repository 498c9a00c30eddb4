// A pretended CUDA device: what its parts know of each other.
#pragma once
#include <c10/core/Storage.h>

#include <cstdint>
#include <map>
#include <string>

namespace pretended {

// What was asked of the device, from the process's start.
struct Counts {
  uint64_t launches = 0;      // operators that a CUDA kernel would have computed
  uint64_t uploads = 0;       // copies from the processor
  uint64_t upload_bytes = 0;
  uint64_t downloads = 0;     // copies to the processor
  uint64_t waits = 0;         // calls that wait until the device has done everything
  uint64_t allocations = 0;
  uint64_t bytes = 0;         // in use
  uint64_t peak_bytes = 0;
  uint64_t nanoseconds = 0;   // of this thread, spent on the device's side
  uint64_t thread_nanoseconds = 0;  // of this thread in all, when the counts are read
};
extern Counts counts;
extern std::map<std::string, uint64_t> launches_by_name;

// What this thread has computed, so that a crowded machine does not count.
uint64_t thread_nanoseconds();

// Counts the time of a scope as the device's.
struct Device {
  const uint64_t start = inside++ ? 0 : thread_nanoseconds();
  ~Device() {
    if (--inside == 0) counts.nanoseconds += thread_nanoseconds() - start;
  }
  static inline thread_local int inside = 0;
};

// Where the processor finds the bytes of a device address. The address itself may
// not be touched: whoever reads it as if it were the processor's dies at once.
char* twin(const void* device);

// A storage on the processor over the same bytes as one on the device.
c10::Storage on_processor(const c10::Storage& device);

} // namespace pretended
