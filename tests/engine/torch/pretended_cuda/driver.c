// What the driver of the pretended device says of it: a libcuda.so.1.
#include <stdlib.h>
#include <string.h>

int cuInit(unsigned flags) { (void)flags; return 0; }
int cuDeviceGetCount(int* count) { *count = 1; return 0; }
int cuDeviceGet(int* device, int number) { *device = number; return 0; }
int cuDeviceGetName(char* name, int length, int device) {
  (void)device;
  strncpy(name, "Pretended GPU", length);
  return 0;
}
// 75 is the major and 76 the minor number of the compute capability.
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  (void)device;
  const char* text = getenv("PRETENDED_CUDA_CAPABILITY");
  const int capability = text ? atoi(text) : 90;
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return 0;
}
// Programs of our own cannot be run here: the engine has to do without them.
int cuCtxGetDevice(int* device) { *device = 0; return 0; }
int cuModuleLoadData(void** module, const void* image) { (void)module; (void)image; return 801; }
int cuModuleGetFunction(void** function, void* module, const char* name) {
  (void)function; (void)module; (void)name;
  return 801;
}
int cuLaunchKernel(void* function) { (void)function; return 801; }
