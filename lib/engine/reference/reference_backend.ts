import { tf } from "../tensor.ts";
import type { Allocate, HostArray, HostType } from "./host_kernel.ts";

/** Stored numbers and how many tensors share them. */
interface Entry extends HostArray {
  readonly shape: number[];
  references: number;
}

/** Numbers in the type that the reference engine stores them in. */
function stored(values: ArrayLike<number>, dtype: HostType) {
  if (values instanceof Float64Array && dtype === "float32") return values;
  const Kind = dtype === "float32"
    ? Float64Array
    : dtype === "int32"
    ? Int32Array
    : Uint8Array;
  return Kind.from(values);
}

/**
 * A TensorFlow.js backend on plain 64-bit arrays. A class, because TensorFlow.js
 * takes no other form.
 */
export class ReferenceBackend extends tf.KernelBackend {
  readonly #entries = new tf.DataStorage<Entry>(this, tf.engine());

  /** Stores numbers, converting floats to 64 bits. */
  override write(
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  /** Stores numbers under an id that exists. */
  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const kept = stored(values as Float32Array, dtype as HostType);
    this.#entries.set(dataId, {
      values: kept,
      shape,
      dtype: dtype as HostType,
      references,
    });
  }

  /** The stored numbers themselves; `Float64Array` for floats. */
  override readSync(dataId: tf.DataId): tf.BackendValues {
    return this.#entries.get(dataId).values as unknown as Float32Array;
  }

  /** As {@linkcode readSync}. */
  override read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  /** A tensor's numbers under the shape the tensor gives them. */
  view({ dataId, shape }: tf.TensorInfo): HostArray {
    const { values, dtype } = this.#entries.get(dataId);
    return { values, shape, dtype };
  }

  /** Registers an array as a tensor. */
  adopt({ values, shape, dtype }: HostArray): tf.TensorInfo {
    const dataId = this.write(values as Float32Array, [...shape], dtype);
    return { dataId, shape: [...shape], dtype };
  }

  /** Shares a tensor's storage under another shape. */
  share({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** How many tensors share a storage. */
  override refCount(dataId: tf.DataId): number {
    return this.#entries.has(dataId) ? this.#entries.get(dataId).references : 0;
  }

  /** Notes one more tensor on a storage. */
  override incRef(dataId: tf.DataId): void {
    this.#entries.get(dataId).references++;
  }

  /** Notes one tensor fewer; the storage goes with the last. */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.#entries.has(dataId)) return true;
    const entry = this.#entries.get(dataId);
    if (--entry.references > 0 && !force) return false;
    this.#entries.delete(dataId);
    return true;
  }

  /** Storages alive. */
  override numDataIds(): number {
    return this.#entries.numDataIds();
  }

  /** TensorFlow.js knows no wider floats than these. */
  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** Smallest number TensorFlow.js's own functions may divide by. */
  override epsilon(): number {
    return 1e-7;
  }

  /** Memory is counted by the number of tensors. */
  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  /** No clock of its own. */
  override timerAvailable(): boolean {
    return false;
  }

  /** Nothing is held outside the storages. */
  override dispose(): void {}
}

/** Makes 64-bit arrays. */
export const allocate: Allocate = (shape, dtype) => {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = dtype === "float32"
    ? new Float64Array(size)
    : dtype === "int32"
    ? new Int32Array(size)
    : new Uint8Array(size);
  return { values, shape, dtype };
};
