// What CUDA's kernels demand beyond the processor's, and how their results differ.
#pragma once
#include <ATen/core/stack.h>
#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace pretended {

// Refuses arguments that the CUDA kernel of this name refuses.
void check_rules(const std::string& name, const std::vector<at::Tensor>& tensors,
                 c10::ArrayRef<c10::IValue> arguments);

// Where CUDA computes in wider numbers than the processor: widens the arguments on top
// of the stack and says of what kind they were; narrows results to it again.
at::ScalarType widen(const std::string& name, torch::jit::Stack* stack, size_t given);
void narrow(const std::string& name, torch::jit::Stack* stack, at::ScalarType kind);

// A new tensor on the device, with the numbers of one on the processor.
at::Tensor on_device(const at::Tensor& tensor);

// A tensor on the processor over the same bytes as one on the device, which must live.
at::Tensor on_processor(const at::Tensor& tensor);

} // namespace pretended
