/**
 * MaxSim of every query row with every document as one CUDA kernel: similarities live
 * in registers and are never stored.
 *
 * A block of four warps holds 128 query rows in registers, 32 a warp, and takes some
 * documents one after the other, 64 rows at a time from two buffers in shared memory:
 * one is filled while the other is multiplied by the tensor cores, bf16 times bf16
 * with sums in 32 bits. Rows behind the last one repeat it, which changes no maximum
 * and no winner, for of equals the first wins.
 *
 * Layouts of `mma` and `ldmatrix`: NVIDIA, PTX ISA 8.0, sections on `mma.m16n8k16`
 * and `ldmatrix`. Needs compute capability 8.0.
 *
 * @module
 */

/** Query rows of a block. */
export const BLOCK_ROWS = 128;

/** Threads of a block. */
export const BLOCK_THREADS = 128;

/** The instructions, as functions; a test on a processor has functions of its own. */
const INSTRUCTIONS = String.raw`
typedef unsigned int u32;
typedef unsigned short u16;

/* 16 bytes from global to shared memory, in the background. */
__device__ __forceinline__ void fetch16(u16* to, const u16* from) {
  u32 place = (u32)__cvta_generic_to_shared(to);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(place), "l"(from));
}

/* Ends a group of fetches. */
__device__ __forceinline__ void endGroup() {
  asm volatile("cp.async.commit_group;");
}

/* Waits until at most so many groups are under way. */
template <int N> __device__ __forceinline__ void waitGroups() {
  asm volatile("cp.async.wait_group %0;" :: "n"(N));
}

/* Four 8 x 8 matrices of 16 bits; thread i gives row i % 8 of matrix i / 8. */
__device__ __forceinline__ void load4(u32 (&b)[4], const u16* row) {
  u32 place = (u32)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
    : "=r"(b[0]), "=r"(b[1]), "=r"(b[2]), "=r"(b[3]) : "r"(place));
}

/* c += a b, of 16 x 16 and 16 x 8. */
__device__ __forceinline__ void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
    "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
    : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
`;

/** The kernel itself; `DIM` and `WINNERS` are defined before it. */
export const KERNEL = String.raw`
#define STRIDE (DIM + 8) /* 16 bytes more: rows of a matrix lie in different banks */

/* Whether x beats the best so far: NaN beats all and is not beaten. */
__device__ __forceinline__ bool beats(float x, float best) {
  return x > best || (x != x && best == best);
}

extern "C" __global__ void __launch_bounds__(128) maxSim(
    const u16* queries,   /* [rows, DIM] */
    const u16* documents, /* [tokens, DIM] */
    const int* starts,    /* [count + 1], where documents begin */
    float* best,          /* [rows, count] */
    int* winners,         /* [rows, count], rows of documents; not there without WINNERS */
    int rows, int count, int each) {
  __shared__ __align__(16) u16 tile[2][64 * STRIDE];
  const int lane = threadIdx.x % 32, group = lane / 4, pair = lane % 4;
  const int first = blockIdx.x * 128 + threadIdx.x / 32 * 32;
  const int last = min((int)(blockIdx.y + 1) * each, count);

  u32 a[2][DIM / 16][4];
  #pragma unroll
  for (int m = 0; m < 2; m++)
    #pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = min(first + m * 16 + half * 8 + group, rows - 1);
      const u32* words = (const u32*)(queries + (size_t)row * DIM) + pair;
      #pragma unroll
      for (int k = 0; k < DIM / 16; k++) {
        a[m][k][half] = words[k * 8];
        a[m][k][2 + half] = words[k * 8 + 4];
      }
    }

  float top[4];
  int winner[4];
  int document = blockIdx.y * each, part = 0, buffer = 0;
  if (document >= last) return;

  auto fetch = [&](int document, int part, u16* to) {
    const int start = starts[document], end = starts[document + 1];
    #pragma unroll
    for (int i = 0; i < DIM / 16; i++) {
      const int chunk = i * 128 + threadIdx.x, r = chunk / (DIM / 8), c = chunk % (DIM / 8);
      const int row = min(start + part * 64 + r, end - 1);
      fetch16(to + r * STRIDE + c * 8, documents + (size_t)row * DIM + c * 8);
    }
    endGroup();
  };

  fetch(document, 0, tile[0]);
  while (document < last) {
    const int start = starts[document], length = starts[document + 1] - start;
    const bool ends = (part + 1) * 64 >= length;
    const int nextDocument = ends ? document + 1 : document, nextPart = ends ? 0 : part + 1;
    if (nextDocument < last) {
      fetch(nextDocument, nextPart, tile[buffer ^ 1]);
      waitGroups<1>();
    } else waitGroups<0>();
    __syncthreads();

    float c[2][8][4];
    #pragma unroll
    for (int m = 0; m < 2; m++)
      #pragma unroll
      for (int n = 0; n < 8; n++)
        #pragma unroll
        for (int e = 0; e < 4; e++) c[m][n][e] = 0;
    #pragma unroll
    for (int k = 0; k < DIM / 16; k++)
      #pragma unroll
      for (int n = 0; n < 8; n += 2) {
        u32 b[4];
        const int row = (n + lane / 16) * 8 + lane % 8, column = k * 16 + lane / 8 % 2 * 8;
        load4(b, tile[buffer] + row * STRIDE + column);
        #pragma unroll
        for (int m = 0; m < 2; m++) {
          multiply(c[m][n], a[m][k], b[0], b[1]);
          multiply(c[m][n + 1], a[m][k], b[2], b[3]);
        }
      }

    #pragma unroll
    for (int m = 0; m < 2; m++)
      #pragma unroll
      for (int half = 0; half < 2; half++) {
        const int i = m * 2 + half;
        if (part == 0) { top[i] = -INFINITY; winner[i] = start; }
        #pragma unroll
        for (int n = 0; n < 8; n++)
          #pragma unroll
          for (int e = 0; e < 2; e++) {
            const float x = c[m][n][half * 2 + e];
            if (beats(x, top[i])) {
              top[i] = x;
              if (WINNERS) winner[i] = start + part * 64 + n * 8 + pair * 2 + e;
            }
          }
        if (!ends) continue;
        #pragma unroll
        for (int step = 1; step < 4; step *= 2) {
          const float x = __shfl_xor_sync(0xffffffffu, top[i], step);
          const int place = WINNERS ? __shfl_xor_sync(0xffffffffu, winner[i], step) : 0;
          const bool equal = WINNERS && (x == top[i] || (x != x && top[i] != top[i]));
          if (beats(x, top[i]) || (equal && place < winner[i])) { top[i] = x; winner[i] = place; }
        }
        const int row = first + m * 16 + half * 8 + group;
        if (pair == 0 && row < rows) {
          best[(size_t)row * count + document] = top[i];
          if (WINNERS) winners[(size_t)row * count + document] = min(winner[i], start + length - 1);
        }
      }
    __syncthreads(); /* all have read this buffer before it is filled anew */
    document = nextDocument; part = nextPart; buffer ^= 1;
  }
}
`;

/**
 * The whole program.
 *
 * @param dim Numbers of a vector, a multiple of 16 up to 128.
 * @param winners Whether the rows of the winners are written too.
 * @returns Text in CUDA C++.
 */
export function maxSimSource(dim: number, winners: boolean): string {
  const defined = `#define DIM ${dim}\n#define WINNERS ${Number(winners)}\n` +
    "#define INFINITY __int_as_float(0x7f800000)\n";
  return defined + INSTRUCTIONS + KERNEL;
}
