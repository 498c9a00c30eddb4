/**
 * Attention inside each text, and its gradient: `LabAttention` gives
 * `[y, y, sums]` and, from packed texts, a fourth thing that CUDA's gradient
 * wants back; `sums` are the logarithms of the softmax's divisors.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import {
  type Group,
  groupGradients,
  groupResult,
  groupsOf,
} from "./attention_groups.ts";
import {
  canPack,
  type Packed,
  packedGradients,
  packedResult,
  packingOf,
} from "./attention_packed.ts";

/** Settings of a call, as the operation gives them. */
export interface AttentionSettings {
  /** Where each text begins, `[texts + 1]`. */
  readonly offsets: Int32Array;
  /** 1 where a token may be a key, `[tokens]`. */
  readonly attend: Uint8Array;
  readonly heads: number;
  /** Factor on the logits. */
  readonly scale: number;
}

/** `[tokens, hidden]` of a call's `[tokens, 3 hidden]`. */
function shapeOf({ inputs }: KernelCall): [number, number] {
  const [tokens, width] = inputs.qkv!.shape as [number, number];
  return [tokens, width / 3];
}

/** Queries, keys and values as factors of products, row-major. */
function qkvOf({ inputs, backend, torch }: KernelCall): Handle {
  return torch.packed(backend.operand(inputs.qkv!));
}

/** `LabAttention`. */
export const attention: Kernel = (call) => {
  const { attrs, backend, torch } = call;
  const settings = attrs as AttentionSettings;
  const shape = shapeOf(call);
  const qkv = qkvOf(call);
  if (canPack(call, shape[1] / settings.heads)) {
    const { y, sums, state } = packedResult(
      torch,
      qkv,
      packingOf(torch, settings),
    );
    const made = backend.adopt(y, shape);
    return [
      made,
      backend.reshaped(made, shape),
      backend.adopt(sums, [settings.heads, shape[0]]),
      backend.adopt(state, [2]),
    ];
  }
  const parts = groupsOf(torch, settings).map((group) =>
    groupResult(torch, rowsOf(call, qkv, group), group)
  );
  const joined = (tensors: Handle[]) =>
    tensors.length === 1
      ? tensors[0]!
      : torch.call("aten::cat", { tensors }, { int: 0 });
  const y = joined(parts.map((part) => part.y));
  const made = backend.adopt(backend.asStored(y), shape);
  const sums = joined(parts.map((part) => part.sums));
  return [
    made,
    backend.reshaped(made, shape),
    backend.adopt(sums, [shape[0], settings.heads]),
  ];
};

/** The rows of a group. */
function rowsOf(
  { torch }: KernelCall,
  tensor: Handle,
  { start, count, length }: Group,
): Handle {
  return torch.cut(tensor, 0, start, count * length);
}

/** `LabAttentionGrad`: `dqkv`; its input `probabilities` is the result. */
export const attentionGradient: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const settings = attrs as AttentionSettings;
  const { qkv: info, sums, probabilities, dy: given, state } = inputs as Record<
    "qkv" | "sums" | "probabilities" | "dy" | "state",
    Info
  >;
  const [qkv, y] = [qkvOf(call), backend.operand(probabilities)];
  const dy = torch.packed(backend.operand(given));
  const dqkv = torch.empty(info.shape, backend.activation);
  if (canPack(call, shapeOf(call)[1] / settings.heads)) {
    const saved: Packed = {
      y,
      sums: backend.handle(sums),
      state: backend.handle(state),
    };
    const packing = packingOf(torch, settings);
    packedGradients(torch, { dy, qkv, dqkv, saved }, packing);
    return backend.adopt(dqkv, info.shape);
  }
  for (const group of groupsOf(torch, settings)) {
    const rows = (tensor: Handle) => rowsOf(call, tensor, group);
    groupGradients(torch, {
      dy: rows(dy),
      qkv: rows(qkv),
      dqkv: rows(dqkv),
      y: rows(y),
      sums: rows(backend.handle(sums)),
    }, group);
  }
  return backend.adopt(dqkv, info.shape);
};
