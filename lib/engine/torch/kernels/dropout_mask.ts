/**
 * Dropout masks drawn on the device: the same bits as `dropoutMask` of the
 * operation `dropout`, in 64-bit whole numbers kept below 2^32.
 *
 * @module
 */
import { hash32 } from "../../../num/hash.ts";
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

/** Whole numbers of 64 bits on the device. */
function words(
  torch: Tensors,
  values: readonly (number | bigint)[],
  shape: readonly number[],
): Handle {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return torch.fromHost(bytes, shape, ELEMENT.int64);
}

/** Draws masks with the constants of `hash32`. */
function hashOn(torch: Tensors) {
  const { call } = torch;
  const one = (value: number) => words(torch, [value], []);
  const low32 = one(0xffffffff);
  const xor = (a: Handle, b: Handle) => call("aten::bitwise_xor.Tensor", a, b);
  const right = (x: Handle, bits: number) =>
    call("aten::bitwise_right_shift.Tensor", x, one(bits));
  const times = (x: Handle, factor: number) =>
    call(
      "aten::bitwise_and.Tensor",
      call("aten::mul.Tensor", x, one(factor)),
      low32,
    );
  /** One finaliser of `hash32`. */
  const mix = (word: Handle): Handle => {
    let x = times(xor(word, right(word, 16)), 0x7feb352d);
    x = times(xor(x, right(x, 15)), 0x846ca68b);
    return xor(x, right(x, 16));
  };
  /** Sums below 2^33, which 64-bit floats hold exactly, cut to 32 bits. */
  const plus = (a: Handle, b: Handle): Handle => {
    const [left, rest] = [a, b].map((x) => torch.as(x, ELEMENT.float64)) as [
      Handle,
      Handle,
    ];
    const sum = torch.as(torch.add(left, rest), ELEMENT.int64);
    return call("aten::bitwise_and.Tensor", sum, low32);
  };
  return { one, xor, right, mix, plus };
}

/**
 * Draws a mask.
 *
 * @param torch libtorch; what is made belongs to the scope.
 * @param source Rate, keys, site and width.
 * @returns `[rows, n]` of flags: true where a feature is kept.
 */
export function drawnMask(
  torch: Tensors,
  { rate, rowKeys, site, n }: MaskSource,
): Handle {
  const { one, xor, right, mix, plus } = hashOn(torch);
  const rows = rowKeys.length;
  const pairs = Math.ceil(n / 2);
  const keys = words(
    torch,
    Array.from(rowKeys, (key) => hash32(key, site)),
    [rows, 1],
  );
  const counters = words(torch, [...Array(pairs).keys()], [1, pairs]);
  const bits = mix(
    plus(mix(xor(keys, one(0x9e3779b9))), xor(counters, one(0x85ebca6b))),
  );
  const halves = [
    torch.call("aten::bitwise_and.Tensor", bits, one(0xffff)),
    right(bits, 16),
  ];
  const drawn = torch.call("aten::stack", { tensors: halves }, { int: -1 });
  const kept = torch.call(
    "aten::ge.Tensor",
    drawn,
    one(Math.round(rate * 65536)),
  );
  const flat = torch.call("aten::reshape", kept, [rows, 2 * pairs]);
  return torch.cut(flat, 1, 0, n);
}
