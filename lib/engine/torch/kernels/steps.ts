/**
 * Steps of optimisers, in place where nobody else reads the memory.
 *
 * @module
 */
import type { AdamOptions } from "../../ops/adam_step.ts";
import type { ScheduleFreeOptions } from "../../ops/schedule_free_step.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info } from "../torch_backend.ts";

/** Numbers of a piece: its few intermediate results stay in the cache. */
const PIECE = 1 << 18;

/** The number of steps that corrections belong to; absent where they fit none. */
export function stepOf(
  { beta1, beta2, correction1, correction2 }: Pick<
    AdamOptions,
    "beta1" | "beta2" | "correction1" | "correction2"
  >,
): number | undefined {
  // 32-bit floats, in which libtorch counts steps, hold whole numbers up to here.
  const most = 2 ** 24 - 1;
  const step = Math.min(
    most,
    Math.round(Math.log1p(-correction2) / Math.log(beta2)),
  );
  const fits = (beta: number, correction: number) =>
    Math.abs(1 - beta ** step - correction) <= 1e-12;
  return step >= 1 && fits(beta1, correction1) &&
      fits(beta2, correction2)
    ? step
    : undefined;
}

/** `LabAdamW`: `[parameter, first, second]`, by libtorch's one pass where it can. */
export const adamW: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const options = attrs as AdamOptions;
  const names = ["parameter", "first", "second"] as const;
  const [p, m, v] = names.map((name) => backend.target(inputs[name]!)) as [
    Handle,
    Handle,
    Handle,
  ];
  const g = torch.packed(backend.floats(inputs.gradient!));
  const step = stepOf(options);
  if (step === undefined) plainAdam(call, [p, g, m, v]);
  else fusedAdam(call, [p, g, m, v], step);
  return [p, m, v].map((handle, i) =>
    backend.adopt(handle, inputs[names[i]!]!.shape)
  );
};

/** libtorch's own step. */
function fusedAdam(
  { attrs, torch }: KernelCall,
  [p, g, m, v]: readonly [Handle, Handle, Handle, Handle],
  step: number,
): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay } =
    attrs as AdamOptions;
  torch.change(
    "aten::_fused_adamw_",
    ...[p, g, m, v].map((tensor) => ({ tensors: [tensor] })),
    { tensors: [] },
    { tensors: [torch.full([], step)] },
    { float: learningRate },
    { float: beta1 },
    { float: beta2 },
    { float: weightDecay },
    { float: epsilon },
    false,
    false,
    null,
    null,
  );
}

/** Visits flat tensors in pieces, each in a scope of its own. */
function inPieces(
  { torch }: KernelCall,
  tensors: readonly Handle[],
  { size, most = PIECE }: { readonly size: number; readonly most?: number },
  visit: (pieces: Handle[]) => void,
): void {
  const flat = tensors.map((tensor) => torch.call("aten::view", tensor, [-1]));
  for (let start = 0; start < size; start += most) {
    const count = Math.min(most, size - start);
    torch.scoped(() =>
      visit(flat.map((tensor) => torch.cut(tensor, 0, start, count)))
    );
  }
}

/** Arithmetic with numbers, for pieces. */
function arithmetic({ torch }: KernelCall) {
  const { call, change, scalar } = torch;
  return {
    times: (x: Handle, factor: number) =>
      call("aten::mul.Tensor", x, scalar(factor)),
    set: (target: Handle, value: Handle) =>
      change("aten::copy_", target, value, false),
    /** `old` moves towards `fresh`, which gets the rest of the share. */
    blend(old: Handle, fresh: Handle, share: number): void {
      change("aten::mul_.Tensor", old, scalar(share));
      change("aten::copy_", old, torch.add(old, fresh, 1 - share), false);
    },
    /** `sqrt(square / correction) + epsilon`. */
    divisor: (square: Handle, correction: number, epsilon: number) =>
      torch.add(
        call(
          "aten::sqrt",
          call("aten::mul.Tensor", square, scalar(1 / correction)),
        ),
        scalar(epsilon),
      ),
  };
}

/** The step written out, for corrections that belong to no number of steps. */
function plainAdam(
  call: KernelCall,
  tensors: readonly [Handle, Handle, Handle, Handle],
): void {
  const { inputs, attrs, torch } = call;
  const { times, set, blend, divisor } = arithmetic(call);
  const options = attrs as AdamOptions;
  const { learningRate, beta1, beta2, weightDecay } = options;
  const size = sizeOf(inputs.parameter!.shape);
  inPieces(call, tensors, { size }, (pieces) => {
    const [p, g, m, v] = pieces as [Handle, Handle, Handle, Handle];
    blend(m, g, beta1);
    blend(v, torch.call("aten::mul.Tensor", g, g), beta2);
    const below = divisor(v, options.correction2, options.epsilon);
    const direction = torch.call("aten::div.Tensor", m, below);
    const kept = times(p, 1 - learningRate * weightDecay);
    set(p, torch.add(kept, direction, -learningRate / options.correction1));
  });
}

/** `LabScheduleFreeAdamW`: `[y, z, second]`. */
export const scheduleFreeAdamW: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const { times, set, blend, divisor } = arithmetic(call);
  const options = attrs as ScheduleFreeOptions;
  const { learningRate, beta1, beta2, weightDecay, mix } = options;
  const names = ["y", "z", "second"] as const;
  const targets = names.map((name) => backend.target(inputs[name]!));
  const gradient = torch.packed(backend.floats(inputs.gradient!));
  const size = sizeOf(inputs.y!.shape);
  const share = learningRate * (beta1 * (1 - mix) - 1);
  inPieces(call, [...targets, gradient], { size }, (pieces) => {
    const [y, z, v, g] = pieces as [Handle, Handle, Handle, Handle];
    blend(v, torch.call("aten::mul.Tensor", g, g), beta2);
    const below = divisor(v, options.correction2, options.epsilon);
    const direction = torch.call("aten::div.Tensor", g, below);
    const u = torch.add(direction, y, weightDecay);
    const mixed = torch.add(times(y, 1 - mix), z, mix);
    set(y, torch.add(mixed, u, share));
    set(z, torch.add(z, u, -learningRate));
  });
  return targets.map((handle, i) =>
    backend.adopt(handle, inputs[names[i]!]!.shape)
  );
};

/** `LabScale`: `[factor x]`. */
export const scale: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x: Info = inputs.x!;
  const target = backend.target(x);
  torch.change("aten::mul_.Tensor", target, torch.scalar(attrs.factor));
  return [backend.adopt(target, x.shape)];
};

/**
 * `LabSumOfSquares`: a scalar; each piece is a dot product in 32 bits, off by no more
 * than 5e-7 of itself for normal numbers, and pieces are added up in 64 bits.
 */
export const sumOfSquares: Kernel = (call) => {
  const { inputs, backend, torch } = call;
  const x = inputs.x!;
  const total = torch.full([], 0, ELEMENT.float64);
  const flat = torch.packed(backend.floats(x));
  const size = sizeOf(x.shape);
  const most = torch.isCuda ? size : PIECE / 4;
  inPieces(call, [flat], { size, most }, ([piece]) => {
    const sum = torch.call("aten::dot", piece!, piece!);
    torch.change("aten::copy_", total, torch.add(total, sum), false);
  });
  return [backend.adopt(torch.as(total, ELEMENT.float32), [])];
};
