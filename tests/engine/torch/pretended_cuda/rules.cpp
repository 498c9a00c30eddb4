// What CUDA's kernels demand beyond the processor's, read in ATen/native/cuda of
// PyTorch 2.11.
#include "rules.h"

#include <unordered_set>

#include "device.h"

namespace pretended {
namespace {

using Names = std::unordered_set<std::string>;

// cuBLAS: floats of one kind.
const Names PRODUCTS{"aten::mm",   "aten::mm.out",   "aten::bmm",     "aten::bmm.out",
                     "aten::mv",   "aten::addmm",    "aten::addmm.out", "aten::addmv",
                     "aten::dot",  "aten::baddbmm",  "aten::vdot"};
const Names NUMBERED{"aten::index_select", "aten::embedding_dense_backward"};
const Names LONG_NUMBERED{"aten::index_copy_", "aten::gather", "aten::scatter_add_",
                          "aten::index_copy"};

bool is_float(const at::Tensor& tensor) {
  return at::isFloatingType(tensor.scalar_type());
}

void check_same(const std::string& name, const std::vector<at::Tensor>& tensors) {
  for (const auto& one : tensors) {
    if (!one.defined()) continue;
    TORCH_CHECK(is_float(one), "\"", name, "\" not implemented for '",
                one.scalar_type(), "'");
    TORCH_CHECK(one.scalar_type() == tensors[0].scalar_type(),
                "expected mat1 and mat2 to have the same dtype, but got: ",
                tensors[0].scalar_type(), " != ", one.scalar_type(), " (", name, ")");
  }
}

void check_norm_gradient(const std::vector<at::Tensor>& t) {
  // dy, x, mean, inverse deviation, weight, bias
  TORCH_CHECK(t[0].scalar_type() == t[1].scalar_type() &&
                  t[4].scalar_type() == t[1].scalar_type(),
              "layer norm's gradient: dy, x and gain of one kind");
  TORCH_CHECK(t[2].scalar_type() == at::kFloat && t[3].scalar_type() == at::kFloat,
              "expected scalar type Float but found ", t[2].scalar_type(),
              " (statistics)");
  const auto rows = t[1].numel() / t[1].size(-1);
  TORCH_CHECK(t[2].numel() == rows && t[3].numel() == rows, "one statistic a row");
}

} // namespace

void check_rules(const std::string& name, const std::vector<at::Tensor>& tensors,
                 c10::ArrayRef<c10::IValue> arguments) {
  if (PRODUCTS.count(name)) check_same(name, tensors);
  if (name == "aten::native_layer_norm") check_same(name, tensors);
  if (name == "aten::native_layer_norm_backward") check_norm_gradient(tensors);
  if (NUMBERED.count(name)) {
    const auto kind = tensors[1].scalar_type();
    TORCH_CHECK(kind == at::kLong || kind == at::kInt,
                "Expected tensor for argument #2 'indices' to have one of Long, Int; "
                "but got ", kind, " (", name, ")");
    TORCH_CHECK(tensors[1].dim() <= 1 || name != "aten::index_select",
                "Index is supposed to be an empty tensor or a vector");
  }
  if (LONG_NUMBERED.count(name)) {
    TORCH_CHECK(tensors[1].scalar_type() == at::kLong, name,
                ": expected a long tensor for index, got ", tensors[1].scalar_type());
  }
  if (name == "aten::index_copy_") {
    TORCH_CHECK(tensors[0].scalar_type() == tensors[2].scalar_type(),
                "index_copy_(): self and source expected to have the same dtype");
  }
  if (name == "aten::_fused_adamw_") {
    for (const auto& one : tensors) {
      TORCH_CHECK(one.is_cuda() && one.is_non_overlapping_and_dense(),
                  "fused AdamW: dense tensors on the device");
    }
    TORCH_CHECK(tensors.back().scalar_type() == at::kFloat, "steps count in floats");
  }
  if (name == "aten::gelu_backward" || name == "aten::gelu_backward.grad_input") {
    TORCH_CHECK(tensors[0].scalar_type() == tensors[1].scalar_type(),
                "gelu's gradient: expected one kind, got ", tensors[0].scalar_type(),
                " and ", tensors[1].scalar_type());
  }
  if (name == "aten::sort.stable") {
    TORCH_CHECK(tensors[0].scalar_type() != at::kComplexFloat, "no complex numbers");
  }
}

// CUDA's norms count in 32 bits and have statistics of 32 bits, whatever the kind of x.
bool is_wide(const std::string& name) {
  return name == "aten::native_layer_norm" || name == "aten::native_layer_norm_backward";
}

at::ScalarType widen(const std::string& name, torch::jit::Stack* stack, size_t given) {
  auto kind = at::kFloat;
  if (!is_wide(name)) return kind;
  for (auto at = stack->end() - given; at != stack->end(); ++at) {
    if (!at->isTensor() || !at->toTensor().defined()) continue;
    if (at->toTensor().scalar_type() != at::kFloat) kind = at->toTensor().scalar_type();
    *at = at->toTensor().to(at::kFloat);
  }
  return kind;
}

void narrow(const std::string& name, torch::jit::Stack* stack, at::ScalarType kind) {
  if (!is_wide(name) || kind == at::kFloat) return;
  const size_t results = name == "aten::native_layer_norm" ? 1 : 3;
  for (auto at = stack->end() - 3; at != stack->end() - 3 + results; ++at) {
    if (at->toTensor().defined()) *at = at->toTensor().to(kind);
  }
}

} // namespace pretended
