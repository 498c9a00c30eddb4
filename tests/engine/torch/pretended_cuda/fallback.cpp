// Every operator of the pretended device: it refuses what CUDA's kernels refuse,
// lets the processor's kernel compute on the same bytes, and gives back what lies
// on the device: arguments and views of them as such, new tensors as copies.
#include "device.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "operators.inc"
#include "rules.h"

namespace pretended {
namespace {

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::Device here{c10::DeviceType::CUDA, 0};
  c10::DeviceType type() const override { return c10::DeviceType::CUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return here; }
  c10::Device getDevice() const override { return here; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

// Tensors of one call on the processor, and where they came from.
struct Twins {
  std::unordered_map<c10::TensorImpl*, at::Tensor> tensors;
  std::unordered_map<c10::StorageImpl*, c10::Storage> storages;
  std::unordered_map<c10::StorageImpl*, c10::Storage> here;
  std::vector<at::Tensor> alive;

  at::Tensor there(const at::Tensor& tensor) {
    if (!tensor.defined() || tensor.is_cpu()) return tensor;
    auto& twin = here[tensor.storage().unsafeGetStorageImpl()];
    if (!twin) twin = on_processor(tensor.storage());
    storages.emplace(twin.unsafeGetStorageImpl(), tensor.storage());
    auto made = like(tensor, twin, c10::DispatchKey::CPU);
    tensors.emplace(made.unsafeGetTensorImpl(), tensor);
    alive.push_back(made);
    return made;
  }

  at::Tensor back(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    const auto same = tensors.find(tensor.unsafeGetTensorImpl());
    if (same != tensors.end()) {
      if (same->second.sizes() != tensor.sizes()) resize(same->second, tensor);
      return same->second;
    }
    const auto seen = storages.find(tensor.storage().unsafeGetStorageImpl());
    if (seen != storages.end()) {
      return like(tensor, seen->second, c10::DispatchKey::CUDA);
    }
    return like(tensor, copy_of(tensor.storage()), c10::DispatchKey::CUDA);
  }

  static c10::Storage copy_of(const c10::Storage& here) {
    const auto bytes = here.nbytes();
    auto* allocator = c10::GetAllocator(c10::DeviceType::CUDA);
    c10::Storage storage(c10::Storage::use_byte_size_t(), bytes,
                         allocator->allocate(bytes), allocator, true);
    if (bytes) std::memcpy(twin(storage.data()), here.data(), bytes);
    return storage;
  }

  // An empty result that compositions hand over takes the size of what is put in it.
  static void resize(const at::Tensor& there, const at::Tensor& here) {
    TORCH_CHECK(there.storage().nbytes() == 0, "only what is empty is resized");
    const auto made = copy_of(here.storage());
    auto* storage = there.storage().unsafeGetStorageImpl();
    storage->set_nbytes(made.nbytes());
    storage->set_data_ptr_noswap(made.unsafeGetStorageImpl()->set_data_ptr(
        c10::DataPtr(nullptr, c10::Device(c10::DeviceType::CUDA, 0))));
    there.unsafeGetTensorImpl()->set_sizes_and_strides(here.sizes(), here.strides());
  }

  static at::Tensor like(const at::Tensor& tensor, const c10::Storage& storage,
                         c10::DispatchKey key) {
    auto made = at::detail::make_tensor<c10::TensorImpl>(
        c10::Storage(storage), c10::DispatchKeySet(key), tensor.dtype());
    auto* impl = made.unsafeGetTensorImpl();
    impl->set_sizes_and_strides(tensor.sizes(), tensor.strides(),
                                tensor.storage_offset());
    return made;
  }
};

// Applies a function to every tensor of a value.
template <typename Function>
c10::IValue mapped(const c10::IValue& value, Function function) {
  if (value.isTensor()) return function(value.toTensor());
  if (value.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const at::Tensor& one : value.toTensorList()) list.push_back(function(one));
    return list;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> list;
    for (const std::optional<at::Tensor> one : value.toOptionalTensorList()) {
      list.push_back(one ? std::optional<at::Tensor>(function(*one)) : one);
    }
    return list;
  }
  return value;
}

std::string name_of(const c10::OperatorHandle& op) {
  const auto& name = op.operator_name();
  return name.overload_name.empty() ? name.name
                                    : name.name + "." + name.overload_name;
}

// The check of PyTorch's generated wrappers, and without it that of TensorIterator:
// single numbers may be the processor's.
void check_devices(const std::string& name, const std::vector<at::Tensor>& tensors) {
  const bool lax = NO_DEVICE_CHECK.count(name) != 0;
  for (const auto& tensor : tensors) {
    if (!tensor.defined() || tensor.is_cuda()) continue;
    TORCH_CHECK(lax && tensor.dim() == 0,
                "Expected all tensors to be on the same device, but got one of ",
                tensor.sizes(), " on cpu, different from other tensors on cuda:0 (",
                name, ")");
  }
}

bool is_view(const c10::OperatorHandle& op) {
  for (const auto& result : op.schema().returns()) {
    if (result.alias_info() && !result.alias_info()->isWrite()) return true;
  }
  return false;
}

void note(const c10::OperatorHandle& op, const std::string& name) {
  if (is_view(op)) return;
  counts.launches++;
  launches_by_name[name]++;
  if (WAITS.count(name)) counts.waits++;
}

} // namespace

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto name = name_of(op);
  TORCH_CHECK(!NOT_ON_CUDA.count(name), "Could not run '", name,
              "' with arguments from the 'CUDA' backend");
  const Device device;
  const size_t given = op.schema().arguments().size();
  std::vector<at::Tensor> tensors;
  for (const auto& value : torch::jit::last(*stack, given)) {
    mapped(value, [&](const at::Tensor& one) { tensors.push_back(one); return one; });
  }
  check_devices(name, tensors);
  check_rules(name, tensors, torch::jit::last(*stack, given));
  note(op, name);
  Twins twins;
  for (auto at = stack->end() - given; at != stack->end(); ++at) {
    *at = mapped(*at, [&](const at::Tensor& one) { return twins.there(one); });
  }
  const auto kind = widen(name, stack, given);
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  narrow(name, stack, kind);
  const size_t results = op.schema().returns().size();
  for (auto at = stack->end() - results; at != stack->end(); ++at) {
    *at = mapped(*at, [&](const at::Tensor& one) { return twins.back(one); });
  }
}

at::Tensor on_device(const at::Tensor& tensor) { return Twins().back(tensor); }
at::Tensor on_processor(const at::Tensor& tensor) {
  // The storage on the processor does not own: the caller keeps the tensor.
  Twins twins;
  return twins.there(tensor);
}

namespace {

at::Tensor empty_strided(c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides,
                         std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>,
                         std::optional<bool>) {
  const Device device;
  return at::detail::empty_strided_generic(
      C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides),
      c10::GetAllocator(c10::DeviceType::CUDA), c10::DispatchKeySet(c10::DispatchKey::CUDA),
      type.value_or(at::kFloat));
}

at::Tensor empty(c10::SymIntArrayRef sizes, std::optional<at::ScalarType> type,
                 std::optional<at::Layout> layout, std::optional<at::Device> device,
                 std::optional<bool> pinned, std::optional<at::MemoryFormat>) {
  const auto plain = C10_AS_INTARRAYREF_SLOW(sizes);
  const auto strides = c10::contiguous_strides(plain);
  return empty_strided(sizes, c10::fromIntArrayRefSlow(strides), type, layout,
                       device, pinned);
}

at::Tensor& copy(at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  const bool up = from.is_cpu(), down = to.is_cpu();
  const Device device;
  if (up) { counts.uploads++; counts.upload_bytes += from.nbytes(); }
  if (down) counts.downloads++;
  // What comes down must have arrived; what goes up is staged when it need not wait.
  if ((up && !non_blocking) || down) counts.waits++;
  TORCH_CHECK(!(down && non_blocking), "nobody waits for what comes down");
  if (!up && !down) { counts.launches++; launches_by_name["aten::copy_"]++; }
  on_processor(to).copy_(on_processor(from));
  return to;
}

} // namespace

TORCH_LIBRARY_IMPL(_, CUDA, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty_strided", &empty_strided);
  m.impl("empty.memory_format", &empty);
  m.impl("copy_", &copy);
  // Those that have a kernel of their own and a composition, which would be taken.
  for (const auto* name : NOT_COMPOSED) {
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&fallback>());
  }
}

} // namespace pretended
