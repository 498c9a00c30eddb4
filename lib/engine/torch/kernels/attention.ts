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
import { isConverted, rowsOfPiece } from "./row_pieces.ts";

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

/** `LabAttention`. */
export const attention: Kernel = (call) => {
  const { attrs, backend, torch } = call;
  const settings = attrs as AttentionSettings;
  const shape = shapeOf(call);
  if (canPack(call, shape[1] / settings.heads)) {
    const { y, sums, state } = packedResult(
      torch,
      torch.packed(backend.operand(call.inputs.qkv!)),
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
  const qkv = backend.handle(call.inputs.qkv!);
  const rows = isConverted(call) ? rowsOfPiece(torch) : Infinity;
  const groups = groupsOf(torch, settings, { rows });
  const { y, sums } = groups.length === 1
    ? groupResult(torch, factorOf(call, qkv, groups[0]!), groups[0]!)
    : groupResults(call, qkv, groups);
  const made = backend.adopt(backend.asStored(y), shape);
  return [
    made,
    backend.reshaped(made, shape),
    backend.adopt(sums, [shape[0], settings.heads]),
  ];
};

/** The results of groups, put together. */
function groupResults(
  call: KernelCall,
  qkv: Handle,
  groups: readonly Group[],
): { readonly y: Handle; readonly sums: Handle } {
  const { attrs, backend, torch } = call;
  const [tokens, hidden] = shapeOf(call);
  const y = backend.room([tokens, hidden]);
  const sums = torch.empty([tokens, attrs.heads]);
  for (const group of groups) {
    torch.scoped(() => {
      const part = groupResult(torch, factorOf(call, qkv, group), group);
      const put = (whole: Handle, rows: Handle) =>
        torch.change("aten::copy_", rowsOf(call, whole, group), rows, false);
      put(y, part.y);
      put(sums, part.sums);
    });
  }
  return { y, sums };
}

/** The rows of a group. */
function rowsOf(
  { torch }: KernelCall,
  tensor: Handle,
  { start, count, length }: Group,
): Handle {
  return torch.cut(tensor, 0, start, count * length);
}

/** The rows of a group as factors of products, row-major. */
function factorOf(call: KernelCall, tensor: Handle, group: Group): Handle {
  const { backend, torch } = call;
  return torch.packed(torch.as(rowsOf(call, tensor, group), backend.factor));
}

/** `LabAttentionGrad`: `dqkv`; its input `probabilities` is the result. */
export const attentionGradient: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const settings = attrs as AttentionSettings;
  const { qkv: info, sums, probabilities, dy: given, state } = inputs as Record<
    "qkv" | "sums" | "probabilities" | "dy" | "state",
    Info
  >;
  const dqkv = backend.room(info.shape);
  if (canPack(call, shapeOf(call)[1] / settings.heads)) {
    const saved: Packed = {
      y: backend.operand(probabilities),
      sums: backend.handle(sums),
      state: backend.handle(state),
    };
    const [dy, qkv] = [given, info].map((one) =>
      torch.packed(backend.operand(one))
    ) as [Handle, Handle];
    const rows = { dy, qkv, dqkv, saved };
    packedGradients(torch, rows, packingOf(torch, settings));
    return backend.adopt(dqkv, info.shape);
  }
  const rows = isConverted(call) ? rowsOfPiece(torch) : Infinity;
  for (const group of groupsOf(torch, settings, { rows })) {
    const factor = (info: Info) => factorOf(call, backend.handle(info), group);
    torch.scoped(() =>
      groupGradients(torch, {
        dy: factor(given),
        qkv: factor(info),
        dqkv: rowsOf(call, dqkv, group),
        y: factor(probabilities),
        sums: rowsOf(call, backend.handle(sums), group),
      }, group)
    );
  }
  return backend.adopt(dqkv, info.shape);
};
