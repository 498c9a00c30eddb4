// The memory of the pretended device: addresses that nobody may touch, each with a
// twin that its kernels use; an allocator that runs out; and what the driver says.
#include "device.h"

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <time.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pretended {

Counts counts;
std::map<std::string, uint64_t> launches_by_name;

uint64_t thread_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return uint64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

namespace {

constexpr size_t RESERVED = size_t{1} << 38;
constexpr size_t GRAIN = 512;

char* reserve(int protection) {
  void* place = mmap(nullptr, RESERVED, protection,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  TORCH_CHECK(place != MAP_FAILED, "no addresses for a pretended device");
  return static_cast<char*>(place);
}

struct Memory {
  char* device = reserve(PROT_NONE);
  char* host = reserve(PROT_READ | PROT_WRITE);
  std::map<size_t, size_t> gaps{{0, RESERVED}};  // by offset
  std::unordered_map<size_t, size_t> blocks;
  std::mutex mutex;
  size_t limit = 0;
  const bool is_filled = std::getenv("PRETENDED_CUDA_UNFILLED") == nullptr;

  Memory() {
    const char* text = std::getenv("PRETENDED_CUDA_BYTES");
    limit = text ? std::strtoull(text, nullptr, 10) : size_t{8} << 30;
  }

  void* take(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex);
    if (counts.bytes + bytes > limit) {
      TORCH_CHECK_WITH(OutOfMemoryError, false,
                       "CUDA out of memory. Tried to allocate ", bytes,
                       " bytes. GPU 0 has a total capacity of ", limit,
                       " bytes of which ", limit - counts.bytes, " are free.");
    }
    auto gap = gaps.begin();
    while (gap != gaps.end() && gap->second < bytes) ++gap;
    TORCH_CHECK(gap != gaps.end(), "the pretended device has no addresses left");
    const auto [offset, length] = *gap;
    gaps.erase(gap);
    if (length > bytes) gaps[offset + bytes] = length - bytes;
    blocks[offset] = bytes;
    counts.bytes += bytes;
    counts.allocations++;
    counts.peak_bytes = std::max(counts.peak_bytes, counts.bytes);
    // Not a number in every kind of float: nobody may count on what is there.
    if (is_filled) std::memset(host + offset, 0xff, bytes);
    return device + offset;
  }

  void give(void* place) {
    std::lock_guard<std::mutex> lock(mutex);
    size_t offset = static_cast<char*>(place) - device;
    size_t length = blocks.at(offset);
    blocks.erase(offset);
    counts.bytes -= length;
    auto next = gaps.lower_bound(offset);
    if (next != gaps.end() && offset + length == next->first) {
      length += next->second;
      next = gaps.erase(next);
    }
    if (next != gaps.begin()) {
      auto before = std::prev(next);
      if (before->first + before->second == offset) {
        before->second += length;
        return;
      }
    }
    gaps[offset] = length;
  }
};

Memory& memory() {
  static Memory* one = new Memory();
  return *one;
}

struct Allocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device device(c10::DeviceType::CUDA, 0);
    if (bytes == 0) return {nullptr, nullptr, &c10::detail::deleteNothing, device};
    void* place = memory().take((bytes + GRAIN - 1) / GRAIN * GRAIN);
    return {place, place, &give, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(twin(to), twin(from), bytes);
  }
  static void give(void* place) {
    if (place) memory().give(place);
  }
};

Allocator allocator;
REGISTER_ALLOCATOR(c10::DeviceType::CUDA, &allocator)

} // namespace

char* twin(const void* device) {
  if (device == nullptr) return nullptr;
  const auto offset = static_cast<const char*>(device) - memory().device;
  TORCH_CHECK(offset >= 0 && size_t(offset) < RESERVED,
              "expected memory of the device, got an address of the processor");
  return memory().host + offset;
}

c10::Storage on_processor(const c10::Storage& device) {
  if (device.nbytes() == 0) {
    return c10::Storage(c10::Storage::use_byte_size_t(), 0,
                        c10::GetAllocator(c10::DeviceType::CPU), true);
  }
  return c10::Storage(c10::Storage::use_byte_size_t(), device.nbytes(),
                      c10::DataPtr(twin(device.data()), c10::DeviceType::CPU),
                      nullptr, false);
}

} // namespace pretended

// For tests: copies the counts out; names of operators and how often they ran, as lines.
extern "C" void pretended_cuda_counts(uint64_t* out) {
  pretended::counts.thread_nanoseconds = pretended::thread_nanoseconds();
  std::memcpy(out, &pretended::counts, sizeof(pretended::Counts));
}

extern "C" void pretended_cuda_launches(char* text, uint64_t length) {
  std::string lines;
  for (const auto& [name, count] : pretended::launches_by_name) {
    lines += name + " " + std::to_string(count) + "\n";
  }
  lines.copy(text, length - 1);
  text[std::min<uint64_t>(lines.size(), length - 1)] = 0;
}
