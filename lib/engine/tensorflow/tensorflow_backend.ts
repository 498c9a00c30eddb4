/**
 * The TensorFlow.js backend `tensorflow`: every tensor is one of TensorFlow's own.
 *
 * @module
 */
import { sizeOf } from "../reference/shape_walk.ts";
import { tf } from "../tensor.ts";
import { ELEMENT, type Handle } from "./operators.ts";
import {
  ELEMENT_OF,
  type Kind,
  type Numbers,
  type Tensors,
} from "./tensors.ts";

/** A tensor's name in TensorFlow.js: data, shape and kind. */
export type Info = tf.TensorInfo;

/** What the backend keeps of one tensor's data. */
interface Entry {
  readonly handle: Handle;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Texts, for the dtype `string` alone. */
  readonly texts?: readonly Uint8Array[];
  references: number;
}

/** Tensors of TensorFlow, by the names that TensorFlow.js gives them. */
export class TensorFlowBackend extends tf.KernelBackend {
  readonly #entries = new tf.DataStorage<Entry>(this, tf.engine());

  /**
   * @param flow Makes and reads tensors.
   */
  constructor(readonly flow: Tensors) {
    super();
  }

  /** Gives a handle out as a tensor; it is the tensor's from then on. */
  adopt(
    handle: Handle,
    shape: readonly number[],
    dtype: tf.DataType = "float32",
  ): Info {
    const dataId = {};
    const owned = this.flow.take(handle);
    this.#entries.set(dataId, { handle: owned, shape, dtype, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /** The handle of a tensor; it stays the tensor's. */
  handle(info: Info): Handle {
    const { handle, shape } = this.#entries.get(info.dataId);
    if (isSame(shape, info.shape)) return handle;
    return this.flow.reshaped(handle, info.shape);
  }

  /** The same numbers under another shape, in the same memory. */
  reshaped(info: Info, shape: readonly number[]): Info {
    const handle = this.handle(info);
    const made = isSame(info.shape, shape)
      ? this.flow.again(handle)
      : this.flow.reshaped(handle, shape);
    return this.adopt(made, shape, info.dtype);
  }

  /** Handles that tensors own, and handles there are of any kind. */
  usage(): { readonly tensors: number; readonly handles: number } {
    const { handles, kept } = this.flow;
    return { tensors: this.numDataIds(), handles: handles() - kept() };
  }

  override write(
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
  ): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const { flow } = this;
    flow.scoped(() => {
      const rest = { shape, dtype, references };
      if (dtype === "string") {
        const handle = flow.take(flow.give(flow.allocate([0], ELEMENT.uint8)));
        const texts = values as Uint8Array[];
        this.#entries.set(dataId, { handle, texts, ...rest });
        return;
      }
      const kind = dtype as Kind;
      const element = ELEMENT_OF[kind];
      const made = values === null
        ? flow.fromMemory(flow.allocate(shape, element), element)
        : flow.fromHost(numbersOf(values, kind), shape, element);
      this.#entries.set(dataId, { handle: flow.take(made), ...rest });
    });
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { handle, shape, dtype, texts } = this.#entries.get(dataId);
    if (texts !== undefined) return [...texts];
    return this.flow.toHost(
      handle,
      dtype as Kind,
      sizeOf(shape),
    ) as Float32Array;
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override refCount(dataId: object): number {
    return this.#entries.has(dataId) ? this.#entries.get(dataId).references : 0;
  }

  override incRef(dataId: object): void {
    this.#entries.get(dataId).references++;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#entries.has(dataId)) return true;
    const entry = this.#entries.get(dataId);
    entry.references--;
    if (entry.references > 0 && !force) return false;
    this.flow.free(entry.handle);
    this.#entries.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#entries.numDataIds();
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

/** Whether two shapes are the same. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Numbers as the kind they are stored in. */
function numbersOf(
  values: tf.backend_util.BackendValues,
  kind: Kind,
): Numbers {
  const given = values as Numbers;
  if (kind === "float32") {
    return given instanceof Float32Array ? given : Float32Array.from(given);
  }
  if (kind === "int32") {
    return given instanceof Int32Array ? given : Int32Array.from(given);
  }
  return given instanceof Uint8Array ? given : Uint8Array.from(given);
}
