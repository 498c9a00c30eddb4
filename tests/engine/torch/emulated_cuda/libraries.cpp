// NVRTC and the driver, as far as our kernels ask them, over the emulator: what is
// compiled is chosen among kernels that were built before, what is started runs here.
#include <cstdio>
#include <string>

#include "emulator.h"

#define DIM 16
#define WINNERS 0
#define maxSim maxSim_16_0
namespace kernel_16_0 {
#include "kernel.h"
}
#undef STRIDE
#undef maxSim
#undef WINNERS
#define WINNERS 1
#define maxSim maxSim_16_1
namespace kernel_16_1 {
#include "kernel.h"
}
#undef STRIDE
#undef maxSim
#undef DIM
#define DIM 48
#define maxSim maxSim_48_1
namespace kernel_48_1 {
#include "kernel.h"
}
#undef STRIDE
#undef maxSim
#undef WINNERS
#define WINNERS 0
#define maxSim maxSim_48_0
namespace kernel_48_0 {
#include "kernel.h"
}

// 1: does not compile, 2: does not start, 3: gives something else.
static int fault = 0;
static int launches = 0;

extern "C" {
void setFault(int kind) { fault = kind; }
int launched() { return launches; }

int nvrtcCreateProgram(std::string **made, const char *text, const char *, int, void *, void *) {
  *made = new std::string(text);
  return 0;
}
int nvrtcCompileProgram(std::string *, int count, const char **options) {
  const bool known = count == 2 && std::string(options[0]) == "--gpu-architecture=sm_90";
  return known && fault != 1 ? 0 : 6;
}
static std::string codeOf(const std::string &text) {
  int dim = 0, winners = 0;
  sscanf(text.c_str(), "#define DIM %d\n#define WINNERS %d\n", &dim, &winners);
  return std::to_string(dim) + " " + std::to_string(winners);
}
int nvrtcGetCUBINSize(std::string *text, size_t *size) {
  *size = codeOf(*text).size() + 1;
  return 0;
}
int nvrtcGetCUBIN(std::string *text, char *code) {
  strcpy(code, codeOf(*text).c_str());
  return 0;
}
int nvrtcGetProgramLogSize(std::string *, size_t *size) {
  *size = 14;
  return 0;
}
int nvrtcGetProgramLog(std::string *, char *log) {
  strcpy(log, "a first line\n");
  return 0;
}

int cuModuleLoadData(std::string **made, const char *code) {
  *made = new std::string(code);
  return 0;
}
int cuModuleGetFunction(std::string **found, std::string *module, const char *name) {
  *found = module;
  return std::string(name) == "maxSim" ? 0 : 500;
}

int cuLaunchKernel(std::string *code, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned threadsY,
                   unsigned threadsZ, unsigned shared, void *stream, void **values, void **extra) {
  launches++;
  if (fault == 2) return 719;
  if (z != 1 || threads != 128 || threadsY != 1 || threadsZ != 1 || shared || stream || extra) return 1;
  auto kernel = *code == "16 0"   ? kernel_16_0::maxSim_16_0
                : *code == "16 1" ? kernel_16_1::maxSim_16_1
                : *code == "48 0" ? kernel_48_0::maxSim_48_0
                                  : kernel_48_1::maxSim_48_1;
  auto pointer = [&](int i) { return *(void **)values[i]; };
  auto number = [&](int i) { return *(int *)values[i]; };
  launch({x, y}, [&] {
    kernel((const u16 *)pointer(0), (const u16 *)pointer(1), (const int *)pointer(2), (float *)pointer(3),
           (int *)pointer(4), number(5), number(6), number(7));
  });
  if (fault == 3) *(float *)pointer(3) += 1;
  return 0;
}
}
