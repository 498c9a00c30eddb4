/**
 * Attention in stacks of texts of one length: by libtorch's flash kernel on the
 * processor, by plain products where there is none (CUDA in 32 bits).
 *
 * @module
 */
import { type LengthGroup, lengthGroups } from "../../ops/length_groups.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import type { AttentionSettings } from "./attention.ts";

/** Texts of one length, and how they are attended. */
export interface Group extends LengthGroup {
  readonly heads: number;
  readonly scale: number;
  /** `[texts, 1, 1, length]`, minus infinity for keys nobody may see; absent where all may be seen. */
  readonly hidden: Handle | undefined;
  /** Whether the flash kernel is used. */
  readonly isFlash: boolean;
}

/** How the texts of a call are grouped. */
export interface Grouping {
  /** Whether to use the flash kernel. Default: on the processor. */
  readonly isFlash?: boolean;
  /** Rows that a group may have; one text is always allowed. Default: any number. */
  readonly rows?: number;
}

/**
 * The groups of a call that have tokens.
 *
 * @param torch Makes the masks; they belong to the scope.
 * @param settings Texts, masks, heads, scale.
 * @param grouping How they are grouped.
 * @returns The groups in order.
 */
export function groupsOf(
  torch: Tensors,
  { offsets, attend, heads, scale }: AttentionSettings,
  { isFlash = !torch.isCuda, rows = Infinity }: Grouping = {},
): Group[] {
  return lengthGroups(offsets).filter(({ length }) => length > 0)
    .flatMap((group) => cutInto(group, rows))
    .map((group) => {
      const { start, count, length } = group;
      const kept = attend.subarray(start, start + count * length);
      const hidden = kept.includes(0)
        ? torch.fromHost(
          Float32Array.from(kept, (flag) => flag === 0 ? -Infinity : 0),
          [count, 1, 1, length],
          ELEMENT.float32,
        )
        : undefined;
      return { ...group, heads, scale, hidden, isFlash };
    });
}

/** Groups of no more than so many rows. */
function cutInto(
  { text, start, count, length }: LengthGroup,
  rows: number,
): LengthGroup[] {
  const most = Math.min(count, Math.max(1, Math.floor(rows / length)));
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => ({
    text: text + i * most,
    start: start + i * most * length,
    count: Math.min(most, count - i * most),
    length,
  }));
}

/** Queries, keys and values of `[rows, 3 hidden]`, each `[texts, heads, length, width]`, not copied. */
function apart(
  { call }: Tensors,
  rows: Handle,
  { count, length, heads }: Group,
): [Handle, Handle, Handle] {
  const cells = call("aten::view", rows, [count, length, 3, heads, -1]);
  const turned = call("aten::permute", cells, [2, 0, 3, 1, 4]);
  return [0, 1, 2].map((part) =>
    call("aten::select.int", turned, { int: 0 }, { int: part })
  ) as [Handle, Handle, Handle];
}

/** `[rows, hidden]` or `[rows, heads]` as `[texts, heads, length, ...]`, not copied. */
function byHeads(
  { call }: Tensors,
  rows: Handle,
  shape: readonly number[],
): Handle {
  const cells = call("aten::view", rows, shape);
  return call("aten::transpose.int", cells, { int: 1 }, { int: 2 });
}

/** `[texts, heads, length, ...]` as `[rows, ...]`, copied where it has to be. */
function byRows({ call }: Tensors, cells: Handle, rows: number): Handle {
  const turned = call("aten::transpose.int", cells, { int: 1 }, { int: 2 });
  return call("aten::reshape", turned, [rows, -1]);
}

/** An optional mask as an argument. */
function mask({ hidden }: Group) {
  return hidden === undefined ? null : { some: hidden };
}

/**
 * The result of a group.
 *
 * @param torch libtorch.
 * @param qkv Its rows, `[rows, 3 hidden]`.
 * @param group The group.
 * @returns `y [rows, hidden]` and `sums [rows, heads]`.
 */
export function groupResult(
  torch: Tensors,
  qkv: Handle,
  group: Group,
): { readonly y: Handle; readonly sums: Handle } {
  const [q, k, v] = apart(torch, qkv, group);
  const rows = group.count * group.length;
  if (!group.isFlash) {
    const logits = logitsOf(torch, q, k, group);
    const sums = torch.call("aten::logsumexp", logits, [-1], false);
    const p = torch.call("aten::_softmax", logits, { int: -1 }, false);
    const y = torch.call("aten::matmul", p, torch.as(v, ELEMENT.float32));
    return { y: byRows(torch, y, rows), sums: byRows(torch, sums, rows) };
  }
  const [y, sums] = torch.callMany(
    "aten::_scaled_dot_product_flash_attention_for_cpu",
    [
      q,
      k,
      v,
      { float: 0 },
      false,
      mask(group),
      { some: { float: group.scale } },
    ],
    2,
  ) as [Handle, Handle];
  return { y: byRows(torch, y, rows), sums: byRows(torch, sums, rows) };
}

/** `scale q k^T`, minus infinity at hidden keys. */
function logitsOf(
  torch: Tensors,
  q: Handle,
  k: Handle,
  { scale, hidden }: Group,
): Handle {
  const { call } = torch;
  const turned = call("aten::transpose.int", k, { int: -2 }, { int: -1 });
  const product = torch.as(call("aten::matmul", q, turned), ELEMENT.float32);
  const scaled = call("aten::mul.Tensor", product, torch.scalar(scale));
  return hidden === undefined ? scaled : torch.add(scaled, hidden);
}

/** What the gradient of a group reads, and where it writes; all by rows. */
export interface GroupGradient {
  readonly dy: Handle;
  readonly qkv: Handle;
  readonly y: Handle;
  readonly sums: Handle;
  /** Written. */
  readonly dqkv: Handle;
}

/**
 * Writes the gradient of a group.
 *
 * @param torch libtorch.
 * @param rows What it reads and where it writes.
 * @param group The group.
 */
export function groupGradients(
  torch: Tensors,
  rows: GroupGradient,
  group: Group,
): void {
  const { count, length, heads } = group;
  const [q, k, v] = apart(torch, rows.qkv, group);
  const cells = [count, length, heads, -1];
  const given = {
    q,
    k,
    v,
    dy: byHeads(torch, rows.dy, cells),
    y: byHeads(torch, rows.y, cells),
    sums: byHeads(torch, rows.sums, [count, length, heads]),
  };
  const made = group.isFlash
    ? flashGradients(torch, given, group)
    : plainGradients(torch, given, group);
  apart(torch, rows.dqkv, group).forEach((target, part) =>
    torch.change("aten::copy_", target, made[part]!, false)
  );
  made.forEach(torch.free);
}

/** The same by heads. */
type ByHeads = Readonly<Record<"q" | "k" | "v" | "dy" | "y" | "sums", Handle>>;

/** `dq`, `dk` and `dv` by the flash kernel. */
function flashGradients(
  torch: Tensors,
  { q, k, v, dy, y, sums }: ByHeads,
  group: Group,
): Handle[] {
  return torch.callMany(
    "aten::_scaled_dot_product_flash_attention_for_cpu_backward",
    [
      dy,
      q,
      k,
      v,
      y,
      sums,
      { float: 0 },
      false,
      mask(group),
      { some: { float: group.scale } },
    ],
    3,
  );
}

/** The same by plain products: `dl = p (dp - sum of dy y) scale`. */
function plainGradients(
  torch: Tensors,
  { q, k, v, dy, y, sums }: ByHeads,
  group: Group,
): Handle[] {
  const { call } = torch;
  const turn = (x: Handle) =>
    call("aten::transpose.int", x, { int: -2 }, { int: -1 });
  const column = call("aten::unsqueeze", sums, { int: -1 });
  const p = call(
    "aten::exp",
    torch.add(logitsOf(torch, q, k, group), column, -1),
  );
  const [wide, out] = [dy, y].map((x) => torch.as(x, ELEMENT.float32)) as [
    Handle,
    Handle,
  ];
  const delta = call(
    "aten::sum.dim_IntList",
    call("aten::mul.Tensor", wide, out),
    { some: [-1] },
    true,
    null,
  );
  const [a, b, c] = [q, k, v].map((x) => torch.as(x, ELEMENT.float32)) as [
    Handle,
    Handle,
    Handle,
  ];
  const dp = call("aten::matmul", wide, turn(c));
  const dl = call(
    "aten::mul.Tensor",
    call("aten::mul.Tensor", p, torch.add(dp, delta, -1)),
    torch.scalar(group.scale),
  );
  return [
    call("aten::matmul", dl, b),
    call("aten::matmul", turn(dl), a),
    call("aten::matmul", turn(p), wide),
  ];
}
