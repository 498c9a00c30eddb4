/**
 * The TensorFlow.js backend `onnx`: tensors on pooled memory that the ONNX
 * Runtime computes on directly.
 *
 * @module
 */
import { tf } from "../tensor.ts";
import type { Argument } from "./calls.ts";
import { buildGraph, type Graph, type GraphForm } from "./graph.ts";
import { type Block, createMemory, type Memory } from "./memory.ts";
import type { Runtime } from "./runtime.ts";

/** Numbers of a tensor: a view of pooled memory. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** What the backend keeps of one tensor's data. */
interface Storage {
  readonly values: Values;
  readonly block: Block;
  /** Texts, for the dtype `string` alone. */
  readonly texts?: readonly Uint8Array[];
  references: number;
}

/** A part of a tensor: a shape, from an element on. */
export interface Part {
  /** Lengths by axis; default the tensor's own. */
  readonly shape?: readonly number[];
  /** Which element comes first; default 0. */
  readonly from?: number;
}

/** A tensor's name in TensorFlow.js: data, shape and kind. */
export type Info = tf.TensorInfo;

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  string: 1,
};

/** The product of the lengths. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** The view of a block that a kind of numbers needs. */
function viewOf(
  { buffer, offset }: Block,
  dtype: string,
  size: number,
): Values {
  if (dtype === "float32") return new Float32Array(buffer, offset, size);
  if (dtype === "int32") return new Int32Array(buffer, offset, size);
  return new Uint8Array(buffer, offset, size);
}

/** Tensors on pooled memory, and the graphs that compute on them. */
export class OnnxBackend extends tf.KernelBackend {
  readonly #data = new tf.DataStorage<Storage>(this, tf.engine());
  readonly #graphs = new Map<string, Graph>();
  readonly #memory: Memory = createMemory();

  /**
   * @param runtime The started runtime.
   */
  constructor(readonly runtime: Runtime) {
    super();
  }

  /** A new tensor with arbitrary contents. */
  allocate(shape: readonly number[], dtype: tf.DataType = "float32"): Info {
    const size = sizeOf(shape);
    const block = this.#memory.take(size * BYTES[dtype]!);
    const values = viewOf(block, dtype, size);
    const dataId = {};
    this.#data.set(dataId, { values, block, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /** The numbers of a tensor, to read or to fill; valid until it is freed. */
  values(info: Info): Values {
    return this.#data.get(info.dataId).values;
  }

  /** The numbers of a float tensor, to read or to fill. */
  floats(info: Info): Float32Array {
    return this.values(info) as Float32Array;
  }

  /** A tensor, or a part of it, as a graph's input or output. */
  argument(info: Info, { shape = info.shape, from = 0 }: Part = {}): Argument {
    const { address } = this.#data.get(info.dataId).block;
    const bytes = from * BYTES[info.dtype]!;
    return { address: bytes === 0 ? address : address + BigInt(bytes), shape };
  }

  /** The same numbers under another shape. */
  reshaped(info: Info, shape: readonly number[]): Info {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
  }

  /** Whether nobody else reads this tensor's numbers, under any shape. */
  isOwnedAlone(info: Info): boolean {
    return this.#data.get(info.dataId).references === 1;
  }

  /** Frees a tensor that only kernels have seen. */
  free(info: Info): void {
    this.disposeData(info.dataId);
  }

  /** The graph of a name, built at its first use. */
  graph(name: string, form: () => GraphForm): Graph {
    let graph = this.#graphs.get(name);
    if (graph === undefined) {
      graph = buildGraph(this.runtime, form());
      this.#graphs.set(name, graph);
    }
    return graph;
  }

  /**
   * Performs the graph calls of each item side by side on all threads; those of
   * one item one after the other. No item may read what another one writes, and
   * nothing may be freed before all are done.
   */
  together<Item>(items: readonly Item[], note: (item: Item) => void): void {
    this.runtime.calls.together(items.length, (chain) => note(items[chain]!));
  }

  /** Bytes taken and waiting in the pool. */
  memoryUsage(): { readonly taken: number; readonly waiting: number } {
    return this.#memory.usage();
  }

  override write(
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
  ): object {
    const info = this.allocate(shape, dtype);
    this.#fill(info, values);
    return info.dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const info = this.allocate(shape, dtype);
    this.#fill(info, values);
    const storage = this.#data.get(info.dataId);
    this.#data.delete(info.dataId);
    this.#data.set(dataId, { ...storage, references });
  }

  /** Copies numbers, or keeps texts. */
  #fill(info: Info, values: tf.backend_util.BackendValues | null): void {
    if (values === null) return;
    if (info.dtype === "string") {
      const storage = this.#data.get(info.dataId);
      const texts = values as Uint8Array[];
      this.#data.set(info.dataId, { ...storage, texts });
    } else this.values(info).set(values as Float32Array);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { values, texts } = this.#data.get(dataId);
    return texts === undefined ? values.slice() : [...texts];
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override refCount(dataId: object): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }

  override incRef(dataId: object): void {
    this.#data.get(dataId).references++;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const storage = this.#data.get(dataId);
    storage.references--;
    if (storage.references > 0 && !force) return false;
    this.#memory.give(storage.block);
    this.#data.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }
}
