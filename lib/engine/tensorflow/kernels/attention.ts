/**
 * Attention inside each text, and its gradient: `LabAttention` gives
 * `[y, probabilities]`, where `probabilities` are those of all texts, head by
 * head, end to end.
 *
 * @module
 */
import { type LengthGroup, lengthGroups } from "../../ops/length_groups.ts";
import type { Kernel } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";

/** Settings of a call, as the operation gives them. */
interface Settings {
  /** Where each text begins, `[texts + 1]`. */
  readonly offsets: Int32Array;
  /** 1 where a token may be a key, `[tokens]`. */
  readonly attend: Uint8Array;
  readonly heads: number;
  /** Factor on the logits. */
  readonly scale: number;
}

/** One rectangle of texts of one length. */
interface Rectangle extends LengthGroup, Settings {
  /** Numbers of a head. */
  readonly width: number;
  /** Where its probabilities begin. */
  readonly place: number;
  /** How many they are. */
  readonly size: number;
}

/** The rectangles of a call; texts without tokens make none. */
function rectanglesOf(settings: Settings, hidden: number): Rectangle[] {
  const width = hidden / settings.heads;
  let place = 0;
  return lengthGroups(settings.offsets).filter(({ length }) => length > 0)
    .map((group) => {
      const size = group.count * settings.heads * group.length ** 2;
      place += size;
      return { ...group, ...settings, width, size, place: place - size };
    });
}

/** The rows of a rectangle. */
function rowsOf(
  { call, whole }: Tensors,
  x: Handle,
  { start, count, length }: Rectangle,
): Handle {
  return call("Slice", [x, whole([start, 0]), whole([count * length, -1])]);
}

/** Queries times the scale, keys and values, each `[count, heads, length, width]`. */
function partsOf(
  flow: Tensors,
  qkv: Handle,
  rectangle: Rectangle,
): [Handle, Handle, Handle] {
  const { call, whole } = flow;
  const { count, length, heads, width } = rectangle;
  const apart = flow.reshaped(
    rowsOf(flow, qkv, rectangle),
    [count, length, 3, heads, width],
  );
  const turned = call("Transpose", [apart, whole([2, 0, 3, 1, 4])]);
  const attributes = { num: { int: 3 }, axis: { int: 0 } };
  const [q, k, v] = flow.callMany("Unpack", [turned], attributes, 3);
  return [call("Mul", [q!, flow.scalar(rectangle.scale)]), k!, v!];
}

/** Sets the logits of unattended keys to minus infinity. */
function hidden(
  flow: Tensors,
  logits: Handle,
  { attend, start, count, length }: Rectangle,
): Handle {
  const kept = attend.subarray(start, start + count * length);
  if (kept.every((flag) => flag !== 0)) return logits;
  const flags = flow.as(
    flow.fromHost(kept, [count, 1, 1, length], ELEMENT.uint8),
    ELEMENT.bool,
  );
  return flow.call("SelectV2", [flags, logits, flow.scalar(-Infinity)]);
}

/** Heads side by side again: `[count, heads, length, width]` to rows. */
function joined(
  flow: Tensors,
  x: Handle,
  { count, length, heads, width }: Rectangle,
): Handle {
  const turned = flow.call("Transpose", [x, flow.whole([0, 2, 1, 3])]);
  return flow.reshaped(turned, [count * length, heads * width]);
}

/** Tensors end to end; one alone is not copied. */
function endToEnd({ call, whole }: Tensors, parts: Handle[]): Handle {
  return parts.length === 1 ? parts[0]! : call("ConcatV2", [parts, whole(0)]);
}

/** `LabAttention`. */
export const attention: Kernel = ({ inputs, attrs, backend, flow }) => {
  const { call } = flow;
  const { shape } = inputs.qkv!;
  const [tokens, width] = [shape[0]!, shape[1]! / 3];
  const qkv = backend.handle(inputs.qkv!);
  const rectangles = rectanglesOf(attrs as Settings, width);
  const parts = rectangles.map((rectangle) => {
    const [q, k, v] = partsOf(flow, qkv, rectangle);
    const logits = call("BatchMatMulV2", [q, k], { adj_y: true });
    const p = call("Softmax", [hidden(flow, logits, rectangle)]);
    const y = joined(flow, call("BatchMatMulV2", [p, v]), rectangle);
    return { y, p: flow.reshaped(p, [rectangle.size]) };
  });
  const size = rectangles.reduce((sum, one) => sum + one.size, 0);
  return [
    backend.adopt(endToEnd(flow, parts.map(({ y }) => y)), [tokens, width]),
    backend.adopt(endToEnd(flow, parts.map(({ p }) => p)), [size]),
  ];
};

/** `LabAttentionGrad`: `dqkv`. */
export const attentionGradient: Kernel = ({ inputs, attrs, backend, flow }) => {
  const { shape } = inputs.qkv!;
  const [qkv, dy, probabilities] = ["qkv", "dy", "probabilities"].map((name) =>
    backend.handle(inputs[name]!)
  ) as [Handle, Handle, Handle];
  const rectangles = rectanglesOf(attrs as Settings, shape[1]! / 3);
  const parts = rectangles.map((rectangle) => {
    const { count, heads, length, place, size } = rectangle;
    const own = rectangles.length === 1 ? probabilities : flow.call("Slice", [
      probabilities,
      flow.whole([place]),
      flow.whole([size]),
    ]);
    const p = flow.reshaped(own, [count, heads, length, length]);
    return rectangleGradient(flow, { qkv, dy, p }, rectangle);
  });
  return backend.adopt(endToEnd(flow, parts), shape);
};

/** The gradient of one rectangle's rows. */
function rectangleGradient(
  flow: Tensors,
  { qkv, dy, p }: Readonly<Record<"qkv" | "dy" | "p", Handle>>,
  rectangle: Rectangle,
): Handle {
  const { call, whole } = flow;
  const { count, length, heads, width, scale } = rectangle;
  const [q, k, v] = partsOf(flow, qkv, rectangle);
  const rows = rowsOf(flow, dy, rectangle);
  const given = call("Transpose", [
    flow.reshaped(rows, [count, length, heads, width]),
    whole([0, 2, 1, 3]),
  ]);
  const dv = call("BatchMatMulV2", [p, given], { adj_x: true });
  const dp = call("BatchMatMulV2", [given, v], { adj_y: true });
  const mean = call(
    "Sum",
    [call("Mul", [dp, p]), whole([-1])],
    { keep_dims: true },
  );
  const dlogits = call("Mul", [p, call("Sub", [dp, mean])]);
  const dq = call("BatchMatMulV2", [dlogits, k]);
  const dk = call("BatchMatMulV2", [dlogits, q], { adj_x: true });
  const scaled = call("Mul", [dq, flow.scalar(scale)]);
  const stacked = call("Pack", [[scaled, dk, dv]], { axis: { int: 0 } });
  const turned = call("Transpose", [stacked, whole([1, 3, 0, 2, 4])]);
  return flow.reshaped(turned, [count * length, 3 * heads * width]);
}
