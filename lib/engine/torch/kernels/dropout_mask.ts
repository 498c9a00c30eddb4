/**
 * Dropout masks drawn on the device: the same bits as `dropoutMask` of the
 * operation `dropout`, in 64-bit whole numbers kept below 2^32.
 *
 * @module
 */
import { hash32, mix32 } from "../../../num/hash.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";

/** What a mask depends on. */
export interface MaskSource {
  /** Probability of a zero. */
  readonly rate: number;
  /** One key a row. */
  readonly rowKeys: Uint32Array;
  /** Which dropout of the network. */
  readonly site: number;
  /** Features a row. */
  readonly n: number;
}

/** The first round of `hash32`, of the keys; few, so done here. */
function mixedKeys({ rowKeys, site }: MaskSource): Float64Array {
  return Float64Array.from(
    rowKeys,
    (key) => mix32(hash32(key, site) ^ 0x9e3779b9) >>> 0,
  );
}

/** Its second round, of the counters and the keys: on the device. */
function mixed(torch: Tensors, keys: Float64Array, pairs: number): Handle {
  const { call, whole } = torch;
  const counters = Float64Array.from(
    { length: pairs },
    (_, pair) => (pair ^ 0x85ebca6b) >>> 0,
  );
  const put = (values: Float64Array, shape: readonly number[]) =>
    torch.fromHost(new Uint8Array(values.buffer), shape, ELEMENT.float64);
  const low32 = (x: Handle) =>
    call("aten::bitwise_and.Tensor", x, whole(0xffffffff));
  const folded = (x: Handle, bits: number) =>
    call("aten::bitwise_xor.Tensor", x, shifted(torch, x, bits));
  const times = (x: Handle, factor: number) =>
    low32(call("aten::mul.Tensor", x, whole(factor)));
  // Sums below 2^33, which 64-bit floats hold exactly, cut to 32 bits.
  const sum = torch.add(put(keys, [keys.length, 1]), put(counters, [1, pairs]));
  const word = low32(torch.as(sum, ELEMENT.int64));
  const half = times(folded(word, 16), 0x7feb352d);
  return folded(times(folded(half, 15), 0x846ca68b), 16);
}

/** Whole numbers without their last bits. */
function shifted({ call, whole }: Tensors, x: Handle, bits: number): Handle {
  return call("aten::bitwise_right_shift.Tensor", x, whole(bits));
}

/**
 * Draws a mask.
 *
 * @param torch libtorch; what is made belongs to the scope.
 * @param source Rate, keys, site and width.
 * @returns `[rows, n]` of flags: true where a feature is kept.
 */
export function drawnMask(torch: Tensors, source: MaskSource): Handle {
  const { call, whole } = torch;
  const { rate, rowKeys, n } = source;
  const pairs = Math.ceil(n / 2);
  const bits = mixed(torch, mixedKeys(source), pairs);
  const halves = [
    call("aten::bitwise_and.Tensor", bits, whole(0xffff)),
    shifted(torch, bits, 16),
  ];
  const drawn = call("aten::stack", { tensors: halves }, { int: -1 });
  const least = whole(Math.round(rate * 65536));
  const flat = call("aten::reshape", call("aten::ge.Tensor", drawn, least), [
    rowKeys.length,
    2 * pairs,
  ]);
  return torch.cut(flat, 1, 0, n);
}

/** Masks of the last keys by site and width. */
const last = new WeakMap<
  Tensors,
  { readonly rowKeys: Uint32Array; readonly masks: Map<string, Handle> }
>();

/**
 * The same, drawn once for a result and its gradient: the masks of the last keys stay on
 * the device, a byte a feature, until others are asked for.
 *
 * @param torch libtorch.
 * @param source Rate, keys, site and width; the keys are told by identity, and nobody
 * changes them.
 * @returns The mask; it is not the caller's.
 */
export function keptMask(torch: Tensors, source: MaskSource): Handle {
  const { rate, rowKeys, site, n } = source;
  let known = last.get(torch);
  if (known?.rowKeys !== rowKeys) {
    known?.masks.forEach(torch.free);
    last.set(torch, known = { rowKeys, masks: new Map() });
  }
  const name = `${rate} ${site} ${n}`;
  const mask = known.masks.get(name) ??
    torch.take(torch.packed(drawnMask(torch, source)));
  known.masks.set(name, mask);
  return mask;
}
