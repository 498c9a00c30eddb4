import { CountedBackend, type CountedEntry } from "../counted_backend.ts";
import type { tf } from "../tensor.ts";
import type { Allocate, HostArray, HostType } from "./host_kernel.ts";

/** Stored numbers and how many tensors share them. */
interface Entry extends HostArray, CountedEntry {
  readonly shape: number[];
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
 * A TensorFlow.js backend on plain 64-bit arrays.
 */
export class ReferenceBackend extends CountedBackend<Entry> {
  /** Stores numbers under an id that exists, floats as 64 bits. */
  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const kept = stored(values as Float32Array, dtype as HostType);
    this.entries.set(dataId, {
      values: kept,
      shape,
      dtype: dtype as HostType,
      references,
    });
  }

  /** The stored numbers themselves; `Float64Array` for floats. */
  override readSync(dataId: tf.DataId): tf.BackendValues {
    return this.entries.get(dataId).values as unknown as Float32Array;
  }

  /** A tensor's numbers under the shape the tensor gives them. */
  view({ dataId, shape }: tf.TensorInfo): HostArray {
    const { values, dtype } = this.entries.get(dataId);
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
