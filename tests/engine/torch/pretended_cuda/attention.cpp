// Variable-length attention as CUDA's flash kernels take and give it, text by text in
// 32 bits; and the functions that a libtorch with CUDA exports.
#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_torch/utils.h>
#include <torch/library.h>

#include <cstdlib>

#include "device.h"
#include "rules.h"

namespace pretended {
namespace {

int capability() {
  const char* text = std::getenv("PRETENDED_CUDA_CAPABILITY");
  return text ? std::atoi(text) : 90;
}

// One argument of a boxed call, by name.
struct Arguments {
  const c10::OperatorHandle& op;
  std::vector<c10::IValue> values;
  Arguments(const c10::OperatorHandle& op, torch::jit::Stack* stack)
      : op(op), values(torch::jit::pop(*stack, op.schema().arguments().size())) {}
  const c10::IValue& operator[](const char* name) const {
    return values.at(op.schema().argumentIndexWithName(name).value());
  }
};

void check_flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const at::Tensor& queries, const at::Tensor& keys) {
  TORCH_CHECK(capability() >= 80, "FlashAttention only supports Ampere GPUs or newer.");
  TORCH_CHECK(q.scalar_type() == at::kHalf || q.scalar_type() == at::kBFloat16,
              "FlashAttention only support fp16 and bf16 data type");
  for (const auto& one : {q, k, v}) {
    TORCH_CHECK(one.is_cuda() && one.dim() == 3 && one.stride(-1) == 1,
                "Input tensor must have contiguous last dimension");
    TORCH_CHECK(one.scalar_type() == q.scalar_type(), "one kind of elements");
    TORCH_CHECK(one.size(1) == q.size(1) && one.size(2) == q.size(2), "one shape");
  }
  TORCH_CHECK(q.size(2) <= 256 && q.size(2) % 8 == 0, "head dimension");
  TORCH_CHECK(k.size(0) == v.size(0), "a value for each key");
  for (const auto& one : {queries, keys}) {
    TORCH_CHECK(one.is_cuda() && one.scalar_type() == at::kInt && one.dim() == 1 &&
                    one.is_contiguous() && one.size(0) == queries.size(0) &&
                    one.size(0) > 1,
                "cu_seqlens must have dtype int32, on the device");
  }
}

// Rows of each text by its number; the numbers are the device's, read for free here.
struct Cuts {
  std::vector<int64_t> q, k;
  Cuts(const at::Tensor& queries, const at::Tensor& keys, int64_t most_q,
       int64_t most_k, int64_t total_q, int64_t total_k)
      : q(read(queries)), k(read(keys)) {
    TORCH_CHECK(q.back() == total_q && k.back() == total_k, "lengths end at the end");
    for (size_t i = 1; i < q.size(); i++) {
      TORCH_CHECK(q[i] - q[i - 1] <= most_q && k[i] - k[i - 1] <= most_k, "longest");
    }
  }
  static std::vector<int64_t> read(const at::Tensor& tensor) {
    const auto here = on_processor(tensor).to(at::kLong);
    return {here.data_ptr<int64_t>(), here.data_ptr<int64_t>() + here.numel()};
  }
  size_t texts() const { return q.size() - 1; }
  at::Tensor queries(const at::Tensor& x, size_t i) const {
    return x.slice(0, q[i], q[i + 1]).to(at::kFloat).transpose(0, 1);
  }
  at::Tensor keys(const at::Tensor& x, size_t i) const {
    return x.slice(0, k[i], k[i + 1]).to(at::kFloat).transpose(0, 1);
  }
};

double scale_of(const Arguments& given, const at::Tensor& q) {
  const auto& scale = given["scale"];
  return scale.isNone() ? 1 / std::sqrt(double(q.size(2))) : scale.toDouble();
}

void flash(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const Device device;
  Arguments given(op, stack);
  const auto q = given["query"].toTensor(), k = given["key"].toTensor(),
             v = given["value"].toTensor(), starts = given["cum_seq_q"].toTensor(),
             ends = given["cum_seq_k"].toTensor();
  check_flash(q, k, v, starts, ends);
  TORCH_CHECK(given["dropout_p"].toDouble() == 0 && !given["is_causal"].toBool());
  counts.launches++;
  launches_by_name["aten::_flash_attention_forward"]++;
  const Cuts cuts(starts, ends, given["max_q"].toInt(), given["max_k"].toInt(),
                  q.size(0), k.size(0));
  const auto a = on_processor(q), b = on_processor(k), c = on_processor(v);
  auto y = at::empty_like(a), sums = at::empty({a.size(1), a.size(0)}, at::kFloat);
  for (size_t i = 0; i < cuts.texts(); i++) {
    const auto logits =
        at::bmm(cuts.queries(a, i), cuts.keys(b, i).transpose(1, 2)) * scale_of(given, q);
    sums.slice(1, cuts.q[i], cuts.q[i + 1]).copy_(logits.logsumexp(-1));
    const auto rows = at::bmm(logits.softmax(-1), cuts.keys(c, i));
    y.slice(0, cuts.q[i], cuts.q[i + 1]).copy_(rows.transpose(0, 1));
  }
  torch::jit::push(*stack, on_device(y), on_device(sums),
                   on_device(at::empty({2}, at::kUInt64)),
                   on_device(at::empty({}, at::kUInt64)), at::Tensor());
}

void flash_backward(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const Device device;
  Arguments given(op, stack);
  const auto q = given["query"].toTensor(), k = given["key"].toTensor(),
             v = given["value"].toTensor(), starts = given["cum_seq_q"].toTensor(),
             ends = given["cum_seq_k"].toTensor(), dy = given["grad_out"].toTensor(),
             y = given["out"].toTensor(), sums = given["logsumexp"].toTensor();
  check_flash(q, k, v, starts, ends);
  check_flash(dy, k, v, starts, ends);
  check_flash(y, k, v, starts, ends);
  TORCH_CHECK(sums.is_cuda() && sums.scalar_type() == at::kFloat && sums.is_contiguous() &&
              sums.sizes() == at::IntArrayRef({q.size(1), q.size(0)}), "logsumexp");
  TORCH_CHECK(given["dropout_p"].toDouble() == 0 && !given["is_causal"].toBool());
  counts.launches++;
  launches_by_name["aten::_flash_attention_backward"]++;
  if (!at::globalContext().deterministicAlgorithms()) {
    launches_by_name["(gradient of attention added in any order)"]++;
  }
  const Cuts cuts(starts, ends, given["max_q"].toInt(), given["max_k"].toInt(),
                  q.size(0), k.size(0));
  const auto a = on_processor(q), b = on_processor(k), c = on_processor(v),
             d = on_processor(dy), o = on_processor(y), s = on_processor(sums);
  const double scale = scale_of(given, q);
  auto dq = at::empty_like(a), dk = at::empty_like(b), dv = at::empty_like(c);
  for (size_t i = 0; i < cuts.texts(); i++) {
    const auto qi = cuts.queries(a, i), ki = cuts.keys(b, i), vi = cuts.keys(c, i),
               di = cuts.queries(d, i), oi = cuts.queries(o, i);
    const auto column = s.slice(1, cuts.q[i], cuts.q[i + 1]).unsqueeze(-1);
    const auto p = (at::bmm(qi, ki.transpose(1, 2)) * scale - column).exp();
    const auto dp = at::bmm(di, vi.transpose(1, 2));
    const auto dl = p * (dp - (di * oi).sum(-1, true)) * scale;
    const auto put = [&](at::Tensor& whole, const std::vector<int64_t>& at,
                         const at::Tensor& part) {
      whole.slice(0, at[i], at[i + 1]).copy_(part.transpose(0, 1));
    };
    put(dq, cuts.q, at::bmm(dl, ki));
    put(dk, cuts.k, at::bmm(dl.transpose(1, 2), qi));
    put(dv, cuts.k, at::bmm(p.transpose(1, 2), di));
  }
  torch::jit::push(*stack, on_device(dq), on_device(dk), on_device(dv));
}

// Products of 16-bit floats with a result of 32 bits, which the processor has not.
at::Tensor wide_product(const at::Tensor& a, const at::Tensor& b, at::ScalarType type) {
  const Device device;
  TORCH_CHECK(a.is_cuda() && b.is_cuda() && a.scalar_type() == b.scalar_type(),
              "factors of one kind on the device");
  TORCH_CHECK(type == a.scalar_type() || (type == at::kFloat && at::isReducedFloatingType(a.scalar_type())),
              "out_dtype must be the same as input dtype or fp32 for fp16/bf16 inputs");
  counts.launches++;
  launches_by_name["aten::(b)mm.dtype"]++;
  return on_device(at::matmul(on_processor(a).to(type), on_processor(b).to(type)));
}

} // namespace

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("mm.dtype", &wide_product);
  m.impl("bmm.dtype", &wide_product);
  m.impl("_flash_attention_forward", torch::CppFunction::makeFromBoxedFunction<&flash>());
  m.impl("_flash_attention_backward",
         torch::CppFunction::makeFromBoxedFunction<&flash_backward>());
}

} // namespace pretended

using namespace torch::aot_inductor;

extern "C" AOTITorchError aoti_torch_cuda_add_Tensor(AtenTensorHandle a,
                                                     AtenTensorHandle b, double factor,
                                                     AtenTensorHandle* sum) {
  AOTI_TORCH_CONVERT_EXCEPTION_TO_ERROR_CODE({
    *sum = new_tensor_handle(at::add(*tensor_handle_to_tensor_pointer(a),
                                     *tensor_handle_to_tensor_pointer(b), factor));
  });
}
