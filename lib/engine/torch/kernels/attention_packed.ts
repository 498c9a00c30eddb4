/**
 * Attention on texts laid end to end, by CUDA's flash kernel for variable
 * lengths. It knows no mask, only lengths: keys that may be seen are gathered,
 * and queries and keys have lengths of their own.
 *
 * @module
 */
import type { KernelCall } from "../kernel.ts";
import { type Argument, ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import type { AttentionSettings } from "./attention.ts";

/** Widest head of the kernel, and what its width is a multiple of. */
const WIDTH = { most: 256, step: 8 } as const;

/**
 * Whether the kernel can be used: on CUDA, with products in 16 bits and heads that fit.
 *
 * @param call The call.
 * @param width Numbers of a head.
 */
export function canPack(
  { backend, torch }: KernelCall,
  width: number,
): boolean {
  return torch.isCuda && backend.factor === ELEMENT.bfloat16 &&
    width <= WIDTH.most && width % WIDTH.step === 0;
}

/** Which tokens are queries and keys of which text, on the device. */
interface Places {
  /** Where queries of each text begin, `[texts + 1]`. */
  readonly queryStarts: Handle;
  readonly longestQuery: number;
  /** Where keys of each text begin. */
  readonly keyStarts: Handle;
  readonly longestKey: number;
  /** The tokens that are keys; absent where all are. */
  readonly keys: Handle | undefined;
}

/** A call with its places. */
export type Packing = AttentionSettings & Places;

/** The keys of packed texts. */
export interface PackedKeys {
  /** Where keys of each text begin, `[texts + 1]`. */
  readonly starts: Int32Array;
  /** The tokens that are keys, in order. */
  readonly tokens: Int32Array;
}

/**
 * Gathers the tokens that may be seen.
 *
 * @param settings Texts and flags.
 * @returns Their numbers, and where those of each text begin.
 */
export function packedKeys(
  { offsets, attend }: Pick<AttentionSettings, "offsets" | "attend">,
): PackedKeys {
  const tokens: number[] = [];
  const starts = new Int32Array(offsets.length);
  for (let text = 0; text + 1 < offsets.length; text++) {
    for (let at = offsets[text]!; at < offsets[text + 1]!; at++) {
      if (attend[at] !== 0) tokens.push(at);
    }
    starts[text + 1] = tokens.length;
  }
  return { starts, tokens: Int32Array.from(tokens) };
}

/** The longest of texts that begin at these places. */
function longest(starts: Int32Array): number {
  return starts.reduce(
    (most, start, i) => i === 0 ? 0 : Math.max(most, start - starts[i - 1]!),
    0,
  );
}

/** The places that were asked for last, and of which texts. */
const last = new WeakMap<
  Tensors,
  Pick<AttentionSettings, "offsets" | "attend"> & { readonly places: Places }
>();

/**
 * Puts what the kernel needs of a call on the device. The places of the last texts
 * stay there: all layers of an encoder and their gradients ask for the same, and a
 * copy from the processor waits until the device has done everything before it.
 *
 * @param torch libtorch.
 * @param settings Texts, flags, heads and scale; the arrays are told by identity, and
 * nobody changes them.
 * @returns The packing.
 */
export function packingOf(
  torch: Tensors,
  settings: AttentionSettings,
): Packing {
  const { offsets, attend } = settings;
  const known = last.get(torch);
  if (known?.offsets === offsets && known.attend === attend) {
    return { ...settings, ...known.places };
  }
  if (known !== undefined) {
    const { queryStarts, keyStarts, keys } = known.places;
    [queryStarts, keyStarts, ...(keys === undefined ? [] : [keys])]
      .forEach(torch.free);
  }
  const places = placesOf(torch, settings);
  last.set(torch, { offsets, attend, places });
  return { ...settings, ...places };
}

/** Copies places to the device; they belong to the caller. */
function placesOf(
  torch: Tensors,
  { offsets, attend }: AttentionSettings,
): Places {
  const { starts, tokens } = packedKeys({ offsets, attend });
  const put = (numbers: Int32Array) =>
    torch.fromHost(numbers, [numbers.length], ELEMENT.int32);
  return {
    queryStarts: torch.take(put(offsets)),
    longestQuery: longest(offsets),
    keyStarts: torch.take(put(starts)),
    longestKey: longest(starts),
    keys: attend.includes(0)
      ? torch.take(torch.as(put(tokens), ELEMENT.int64))
      : undefined,
  };
}

/** `[tokens, heads, width]` of queries, and of those keys and values that count. */
function parts(
  { call, cut }: Tensors,
  qkv: Handle,
  { heads, keys }: Packing,
): [Handle, Handle, Handle] {
  const cells = call("aten::unflatten.int", qkv, { int: 1 }, [3, heads, -1]);
  const part = (of: Handle, number: number) =>
    call("aten::select.int", of, { int: 1 }, { int: number });
  if (keys === undefined) {
    return [part(cells, 0), part(cells, 1), part(cells, 2)];
  }
  // Both at once: a call costs more than the rows.
  const seen = call(
    "aten::index_select",
    cut(cells, 1, 1, 2),
    { int: 0 },
    keys,
  );
  return [part(cells, 0), part(seen, 0), part(seen, 1)];
}

/** What the gradient needs of the result. */
export interface Packed {
  /** `[tokens, hidden]`. */
  readonly y: Handle;
  /** `[heads, tokens]`. */
  readonly sums: Handle;
  /** The state of the dropout that is not used. */
  readonly state: Handle;
}

/**
 * The result.
 *
 * @param torch libtorch.
 * @param qkv `[tokens, 3 hidden]`, in bf16.
 * @param packing Who sees whom.
 * @returns The result and what the gradient needs.
 */
export function packedResult(
  torch: Tensors,
  qkv: Handle,
  packing: Packing,
): Packed {
  const [q, k, v] = parts(torch, qkv, packing);
  const [y, sums, state] = torch.callMany("aten::_flash_attention_forward", [
    q,
    k,
    v,
    { some: packing.queryStarts },
    { some: packing.keyStarts },
    { int: packing.longestQuery },
    { int: packing.longestKey },
    { float: 0 },
    false,
    false,
    { some: { float: packing.scale } },
    ...NOTHING,
  ], 5) as [Handle, Handle, Handle];
  return {
    y: torch.call("aten::flatten.using_ints", y, { int: 1 }, { int: 2 }),
    sums,
    state,
  };
}

/** Windows, used lengths and slopes: none. */
const NOTHING: readonly Argument[] = [null, null, null, null];

/**
 * Writes the gradient.
 *
 * @param torch libtorch.
 * @param rows What it reads, and `dqkv`, where it writes.
 * @param packing Who sees whom.
 */
export function packedGradients(
  torch: Tensors,
  { dy, qkv, dqkv, saved }: {
    readonly dy: Handle;
    readonly qkv: Handle;
    readonly dqkv: Handle;
    readonly saved: Packed;
  },
  packing: Packing,
): void {
  const { call, change } = torch;
  const { heads, keys } = packing;
  const [q, k, v] = parts(torch, qkv, packing);
  const byHeads = (rows: Handle) =>
    call("aten::unflatten.int", rows, { int: 1 }, [heads, -1]);
  const given = [
    byHeads(dy),
    q,
    k,
    v,
    byHeads(saved.y),
    saved.sums,
    packing.queryStarts,
    packing.keyStarts,
    { int: packing.longestQuery },
    { int: packing.longestKey },
    { float: 0 },
    false,
    saved.state,
    saved.state,
    { some: { float: packing.scale } },
    null,
    null,
  ];
  // Else the queries' gradients are added in any order, and a resumed run drifts away.
  const made = torch.inOrder(() =>
    torch.callMany("aten::_flash_attention_backward", given, 3)
  );
  const whole = parts(torch, dqkv, { ...packing, keys: undefined });
  if (keys !== undefined) change("aten::zero_", dqkv);
  whole.forEach((target, part) =>
    part === 0 || keys === undefined
      ? change("aten::copy_", target, made[part]!, false)
      : change("aten::index_copy_", target, { int: 0 }, keys, made[part]!)
  );
}
