/**
 * Attention inside each text, and its gradient: one graph call a text, on
 * exactly its tokens.
 *
 * Nothing is padded, so mixed lengths cost what uniform ones do. Probabilities
 * are not kept but computed again for the gradient: that costs a sixth more
 * there, and memory stays proportional to tokens instead of squared lengths, but for
 * the mask of a text that is longer than the window of local attention.
 *
 * @module
 */
import { attentionWindow } from "../../ops/attention_window.ts";
import type { Argument } from "../calls.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";
import {
  type AttentionForm,
  backwardForm,
  forwardForm,
} from "./attention_graph.ts";

/** What one call is about. */
interface Layout {
  readonly heads: number;
  readonly hidden: number;
  readonly tokens: number;
  readonly offsets: Int32Array;
  readonly attend: Uint8Array;
  readonly scale: number;
  /** Places on either side that a token sees. */
  readonly window: number;
}

/** The tokens of one text. */
interface Text {
  readonly start: number;
  readonly length: number;
  /** Minus infinity for keys nobody may see; absent where all may be seen. */
  readonly hidden: Argument | undefined;
}

/** Probabilities that are worked on at a time: 512 KB, for three such arrays. */
const PIECE = 1 << 17;

/** Reads the layout off a call. */
function layoutOf({ inputs, attrs }: KernelCall): Layout {
  const [tokens, width] = inputs.qkv!.shape as [number, number];
  const { heads, offsets, attend, scale, window = Infinity } = attrs;
  const hidden = width / 3;
  return { tokens, hidden, heads, offsets, attend, scale, window };
}

/** `LabAttention` and `LabLocalAttention`: `[y, y]`: what the gradient needs is the result itself. */
export const attention: Kernel = (call) => {
  const { backend } = call;
  const layout = layoutOf(call);
  const y = backend.allocate([layout.tokens, layout.hidden]);
  eachText(backend, layout, (text) => {
    const graph = backend.graph(
      ...named("attention", formOf(layout, text), forwardForm),
    );
    const { wide, narrow } = viewsOf(backend, layout, text);
    graph([wide(call.inputs.qkv!), ...hiddenOf(text)], [narrow(y)]);
  });
  return [y, backend.reshaped(y, [layout.tokens * layout.hidden])];
};

/** `LabAttentionGrad` and `LabLocalAttentionGrad`: `dqkv`; its input `probabilities` is the result. */
export const attentionGradient: Kernel = (call) => {
  const { inputs, backend } = call;
  const { dy, qkv, probabilities } = inputs as Record<
    "dy" | "qkv" | "probabilities",
    Info
  >;
  const layout = layoutOf(call);
  const dqkv = backend.allocate(qkv.shape);
  eachText(backend, layout, (text) => {
    const graph = backend.graph(
      ...named("attention gradient", formOf(layout, text), backwardForm),
    );
    const { wide, narrow } = viewsOf(backend, layout, text);
    graph(
      [wide(qkv), ...hiddenOf(text), narrow(dy), narrow(probabilities)],
      [wide(dqkv)],
    );
  });
  return dqkv;
};

/** A graph's name and how to write it. */
function named<Form>(
  what: string,
  form: AttentionForm,
  write: (form: AttentionForm) => Form,
): [string, () => Form] {
  const { scale, heads, parts, isMasked } = form;
  return [
    `${what} ${scale} ${heads} ${parts} ${isMasked}`,
    () => write(form),
  ];
}

/** Visits the texts that have tokens, the longest first, on all threads. */
function eachText(
  backend: OnnxBackend,
  layout: Layout,
  visit: (text: Text) => void,
): void {
  const { offsets } = layout;
  const texts = Array.from(
    offsets.subarray(0, -1),
    (start, text) => ({ start, length: offsets[text + 1]! - start }),
  ).filter(({ length }) => length > 0);
  texts.sort((a, b) => b.length - a.length);
  const masked = texts.map((text) => ({ ...text, mask: maskOf(layout, text) }));
  const size = masked.reduce((sum, { mask }) => sum + (mask?.length ?? 0), 0);
  const bias = size === 0 ? undefined : backend.allocate([size]);
  let end = 0;
  const ready = masked.map(({ start, length, mask }): Text => {
    if (mask === undefined) return { start, length, hidden: undefined };
    const from = end;
    const values = backend.floats(bias!);
    for (const flag of mask) values[end++] = flag ? 0 : -Infinity;
    const shape = mask.length === length ? [length] : [1, length, length];
    const hidden = backend.argument(bias!, { shape, from });
    return { start, length, hidden };
  });
  backend.together(ready, visit);
  if (bias !== undefined) backend.free(bias);
}

/** Keys that a text's tokens see: `[length]` for all alike, `[length, length]` each. */
function maskOf(
  { attend, window }: Layout,
  { start, length }: { readonly start: number; readonly length: number },
): Uint8Array | undefined {
  const own = attend.subarray(start, start + length);
  if (length - 1 > window) return attentionWindow({ attend: own, window });
  return own.includes(0) ? own : undefined;
}

/** The mask of a text as a list of inputs. */
function hiddenOf({ hidden }: Text): Argument[] {
  return hidden === undefined ? [] : [hidden];
}

/** Which graph a text needs: its heads in as few parts as the cache allows. */
function formOf(
  { heads, scale }: Layout,
  { length, hidden }: Text,
): AttentionForm {
  let parts = 1;
  while (
    parts < heads && (heads % parts !== 0 ||
      heads / parts * length * length > PIECE)
  ) parts++;
  return { heads, scale, parts, isMasked: hidden !== undefined };
}

/** A text's rows of `[tokens, 3 hidden]` and `[tokens, hidden]`, by heads. */
function viewsOf(
  backend: OnnxBackend,
  { heads, hidden }: Layout,
  { start, length }: Text,
) {
  const width = hidden / heads;
  const rows = (times: number) => (info: Info) =>
    backend.argument(info, {
      shape: [length, times * heads, width],
      from: start * times * hidden,
    });
  return { wide: rows(3), narrow: rows(1) };
}
