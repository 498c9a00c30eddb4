/**
 * Steps of all parameters in a few calls, for GPUs: there a call costs more than the
 * work on most parameters, and a number that is read waits for all work before it.
 * On processors each parameter moves by itself, in pieces that stay in the cache.
 *
 * The operators are those of libtorch's fused optimisers, which take plain numbers:
 * the ones on lists (`_foreach_`) want scalars that its C interface cannot pass.
 *
 * @module
 */
import type { AdamOptions } from "../../ops/adam_step.ts";
import type { ScheduleFreeOptions } from "../../ops/schedule_free_step.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import { adamW, scheduleFreeAdamW, stepOf } from "./steps.ts";

/** Most numbers that are laid end to end to be summed. */
const JOINED = 1 << 24;

/** The tensors of one set, by name. */
type Members = Readonly<Record<string, Info>>;

/** The sets that `runOnSets()` gave. */
function setsOf({ inputs }: KernelCall): Members[] {
  const sets: Record<string, Info>[] = [];
  for (const [key, info] of Object.entries(inputs)) {
    const [name, place] = key.split("/") as [string, string];
    (sets[Number(place)] ??= {})[name] = info!;
  }
  return sets;
}

/** Set by set, by the kernel of one. */
function oneByOne(call: KernelCall, kernel: Kernel): Info[] {
  return setsOf(call).flatMap((inputs) => kernel({ ...call, inputs }));
}

/**
 * Whether a tensor is handed over with one axis alone: fused operators want equal
 * strides, and those of axes of length 1 may be anything.
 */
function isFlat(shape: readonly number[]): boolean {
  return shape.includes(1);
}

/** A tensor to write on, as fused operators take it. */
function target({ backend, torch }: KernelCall, info: Info): Handle {
  const handle = backend.target(info);
  return isFlat(info.shape) ? torch.call("aten::view", handle, [-1]) : handle;
}

/** Gives out what was written on, one list a set. */
function adopted(
  { backend, torch }: KernelCall,
  sets: readonly Members[],
  slots: readonly { readonly name: string; readonly handles: Handle[] }[],
): Info[] {
  return sets.flatMap((set, i) =>
    slots.map(({ name, handles }) => {
      const { shape } = set[name]!;
      const whole = isFlat(shape)
        ? torch.call("aten::view", handles[i]!, shape)
        : handles[i]!;
      return backend.adopt(whole, shape);
    })
  );
}

/** Numbers of libtorch's fused Adam. */
type AdamNumbers =
  & Pick<
    AdamOptions,
    "learningRate" | "beta1" | "beta2" | "weightDecay" | "epsilon"
  >
  & { readonly step: number };

/** libtorch's own step of many parameters. */
function fusedAdam(
  { torch }: KernelCall,
  lists: readonly [p: Handle[], g: Handle[], m: Handle[], v: Handle[]],
  numbers: AdamNumbers,
): void {
  const step = torch.full([], numbers.step);
  torch.change(
    "aten::_fused_adamw_",
    ...lists.map((tensors) => ({ tensors })),
    { tensors: [] },
    { tensors: lists[0].map(() => step) },
    { float: numbers.learningRate },
    { float: numbers.beta1 },
    { float: numbers.beta2 },
    { float: numbers.weightDecay },
    { float: numbers.epsilon },
    false,
    false,
    null,
    null,
  );
}

/** `x = (1 - factor decay) x - factor y`, for every x of a list. */
function subtract(
  { torch }: KernelCall,
  [x, y]: readonly [Handle[], Handle[]],
  { factor, decay = 0 }: { readonly factor: number; readonly decay?: number },
): void {
  torch.change(
    "aten::_fused_sgd_",
    { tensors: x },
    { tensors: y },
    { tensors: [] },
    { float: decay },
    { float: 0 },
    { float: factor },
    { float: 0 },
    false,
    false,
    false,
    null,
    null,
  );
}

/** `LabAdamWList`: `parameter/i`, `first/i`, `second/i` of one set after the other. */
const adamWList: Kernel = (call) => {
  const options = call.attrs as AdamOptions;
  const step = stepOf(options);
  if (step === undefined) return oneByOne(call, adamW);
  const sets = setsOf(call);
  const [p, g, m, v] = ["parameter", "gradient", "first", "second"].map((
    name,
  ) => sets.map((set) => target(call, set[name]!))) as [
    Handle[],
    Handle[],
    Handle[],
    Handle[],
  ];
  fusedAdam(call, [p, g, m, v], { ...options, step });
  return adopted(call, sets, [
    { name: "parameter", handles: p },
    { name: "first", handles: m },
    { name: "second", handles: v },
  ]);
};

/**
 * `LabScheduleFreeAdamWList`: `y/i`, `z/i`, `second/i` of one set after the other.
 *
 * Adam without a first mean, from 0 and with a learning rate of 1, leaves `-u`; what
 * is left of the step are sums of two lists.
 */
const scheduleFreeList: Kernel = (call) => {
  const options = call.attrs as ScheduleFreeOptions;
  const { learningRate, beta1, beta2, epsilon, weightDecay, mix } = options;
  const adam = { learningRate: 1, beta1: 0, beta2, weightDecay: 0, epsilon };
  const step = stepOf({ ...options, beta1: 0, correction1: 1 });
  if (step === undefined) return oneByOne(call, scheduleFreeAdamW);
  const { torch } = call;
  const sets = setsOf(call);
  const [y, z, g, v] = ["y", "z", "gradient", "second"].map((name) =>
    sets.map((set) => target(call, set[name]!))
  ) as [Handle[], Handle[], Handle[], Handle[]];
  const minusU = g.map((one) => torch.call("aten::empty_like", one, ...LIKE));
  torch.change("aten::_foreach_zero_", { tensors: minusU });
  // the first mean without memory is the gradient: it is written on itself
  fusedAdam(call, [minusU, g, g, v], { ...adam, step });
  if (weightDecay !== 0) subtract(call, [minusU, y], { factor: weightDecay });
  subtract(call, [y, z], { factor: -mix, decay: -1 });
  subtract(call, [y, minusU], {
    factor: learningRate * (beta1 * (1 - mix) - 1),
  });
  subtract(call, [z, minusU], { factor: -learningRate });
  return adopted(call, sets, [
    { name: "y", handles: y },
    { name: "z", handles: z },
    { name: "second", handles: v },
  ]);
};

/** Kind, layout, device, pinning and order of a tensor made like another: as that one. */
const LIKE = [null, null, null, null, null] as const;

/** `LabScaleList`: `x/i`, multiplied. */
const scaleList: Kernel = (call) => {
  const { attrs, torch } = call;
  const sets = setsOf(call);
  const x = sets.map((set) => target(call, set.x!));
  const factor = torch.full([], attrs.factor as number);
  torch.change("aten::_foreach_mul_.Tensor", { tensors: x }, factor);
  return adopted(call, sets, [{ name: "x", handles: x }]);
};

/** `LabSumOfSquaresList`: one scalar. Small tensors are laid end to end first. */
const sumOfSquaresList: Kernel = (call) => {
  const { backend, torch } = call;
  const groups: { flat: Handle[]; size: number }[] = [];
  for (const { x } of setsOf(call)) {
    const size = sizeOf(x!.shape);
    const dense = torch.packed(backend.floats(x!));
    const flat = torch.call("aten::view", dense, [-1]);
    const last = groups.at(-1);
    if (last && last.size + size <= JOINED) {
      last.flat.push(flat);
      last.size += size;
    } else groups.push({ flat: [flat], size });
  }
  const sums = groups.map(({ flat }) => {
    const joined = flat.length === 1
      ? flat[0]!
      : torch.call("aten::cat", { tensors: flat }, { int: 0 });
    return torch.call("aten::dot", joined, joined);
  });
  return [backend.adopt(sums.reduce((a, b) => torch.add(a, b)), [])];
};

/** The kernels on lists, by name. */
export const listSteps: Readonly<Record<string, Kernel>> = {
  LabAdamWList: adamWList,
  LabScheduleFreeAdamWList: scheduleFreeList,
  LabScaleList: scaleList,
  LabSumOfSquaresList: sumOfSquaresList,
};
