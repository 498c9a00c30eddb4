// What a CUDA kernel of ours needs of a GPU, on a processor: every thread of a block is
// a thread, blocks run one after the other, and instructions of a warp meet at a barrier.
// Copies in the background happen as late as they may: when they are waited for.
#pragma once
#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

using std::max;
using std::min;

typedef uint32_t u32;
typedef uint16_t u16;

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))

struct Place {
  unsigned x, y;
};
static thread_local Place threadIdx, blockIdx;

// What threads of a block share.
struct Warp {
  std::barrier<> meet{32};
  const u16 *rows[32];
  u32 a[32][4], b[32][2], words[32];
};
struct Block {
  std::barrier<> meet{128};
  Warp warps[4];
};
static Block *block;

// Copies under way, the oldest group first.
struct Copy {
  u16 *to;
  const u16 *from;
};
static thread_local std::vector<std::vector<Copy>> groups;
static thread_local std::vector<Copy> open;

inline int lane() { return threadIdx.x % 32; }
inline Warp &warp() { return block->warps[threadIdx.x / 32]; }
inline void __syncthreads() { block->meet.arrive_and_wait(); }

inline void fetch16(u16 *to, const u16 *from) {
  volatile u16 first = from[0], last = from[7];  // read here too, so that a wrong address is seen
  (void)first, (void)last;
  open.push_back({to, from});
}

inline void endGroup() {
  groups.push_back(open);
  open.clear();
}

template <int N>
inline void waitGroups() {
  while ((int)groups.size() > N) {
    for (auto [to, from] : groups.front()) std::memcpy(to, from, 16);
    groups.erase(groups.begin());
  }
}

inline u32 wordOf(const u16 *two) {
  u32 word;
  std::memcpy(&word, two, 4);
  return word;
}

// ldmatrix: matrix m comes from the addresses of threads 8 m to 8 m + 7; a thread gets
// two neighbours of row lane / 4 of each.
inline void load4(u32 (&b)[4], const u16 *row) {
  Warp &w = warp();
  w.rows[lane()] = row;
  w.meet.arrive_and_wait();
  for (int m = 0; m < 4; m++) b[m] = wordOf(w.rows[m * 8 + lane() / 4] + lane() % 4 * 2);
  w.meet.arrive_and_wait();
}

inline float floatOf(u32 words, int half) {
  u32 bits = (half ? words >> 16 : words & 0xffff) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

// mma.m16n8k16: with g = lane / 4 and t = lane % 4 a thread holds, of a, rows g (words 0
// and 2) and g + 8 (1 and 3) at columns 2 t and 2 t + 8; of b, column g at rows 2 t and
// 2 t + 8; of c, rows g and g + 8 at columns 2 t and 2 t + 1.
inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  Warp &w = warp();
  const int own = lane(), g = own / 4, t = own % 4;
  std::copy(a, a + 4, w.a[own]);
  w.b[own][0] = b0;
  w.b[own][1] = b1;
  w.meet.arrive_and_wait();
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 2; column++) {
      double sum = c[row * 2 + column];
      for (int k = 0; k < 16; k++) {
        const int there = k % 8 / 2, half = k % 2, upper = k / 8;
        sum += (double)floatOf(w.a[g * 4 + there][row + 2 * upper], half) *
               floatOf(w.b[(2 * t + column) * 4 + there][upper], half);
      }
      c[row * 2 + column] = (float)sum;
    }
  w.meet.arrive_and_wait();
}

template <class T>
inline T __shfl_xor_sync(u32, T value, int other) {
  static_assert(sizeof(T) == 4);
  Warp &w = warp();
  std::memcpy(&w.words[lane()], &value, 4);
  w.meet.arrive_and_wait();
  T got;
  std::memcpy(&got, &w.words[lane() ^ other], 4);
  w.meet.arrive_and_wait();
  return got;
}

// Runs a kernel on a grid, block by block.
inline void launch(Place grid, const std::function<void()> &kernel) {
  for (unsigned y = 0; y < grid.y; y++)
    for (unsigned x = 0; x < grid.x; x++) {
      Block shared;
      block = &shared;
      std::vector<std::thread> threads;
      for (unsigned i = 0; i < 128; i++)
        threads.emplace_back([=] {
          threadIdx = {i, 0};
          blockIdx = {x, y};
          kernel();
        });
      for (auto &thread : threads) thread.join();
    }
}
