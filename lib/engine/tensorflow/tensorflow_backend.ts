/**
 * The TensorFlow.js backend `tensorflow`: every tensor is one of TensorFlow's own.
 *
 * @module
 */
import { CountedBackend, type CountedEntry } from "../counted_backend.ts";
import { numbersOf } from "../stored_numbers.ts";
import type { HostType } from "../reference/host_kernel.ts";
import { isSameShape, sizeOf } from "../reference/shape_walk.ts";
import type { tf } from "../tensor.ts";
import { ELEMENT, type Handle } from "./operators.ts";
import { ELEMENT_OF, type Tensors } from "./tensors.ts";

/** A tensor's name in TensorFlow.js: data, shape and kind. */
export type Info = tf.TensorInfo;

/** What the backend keeps of one tensor's data. */
interface Entry extends CountedEntry {
  handle: Handle;
  shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Texts, for the dtype `string` alone. */
  readonly texts?: readonly Uint8Array[];
}

/** Tensors of TensorFlow, by the names that TensorFlow.js gives them. */
export class TensorFlowBackend extends CountedBackend<Entry> {
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
    this.enter(dataId, { handle: owned, shape, dtype, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /** The handle of a tensor; it stays the tensor's. */
  handle(info: Info): Handle {
    const { handle, shape } = this.entries.get(info.dataId);
    if (isSameShape(shape, info.shape)) return handle;
    return this.flow.reshaped(handle, info.shape);
  }

  /**
   * The handle of a tensor whose numbers are wanted no more, for the scope to free:
   * where no other tensor has them, the tensor keeps a single number in their place.
   */
  spent(info: Info): Handle {
    const entry = this.entries.get(info.dataId);
    if (entry.references > 1) return this.flow.again(this.handle(info));
    const { handle, shape } = entry;
    const rest = this.flow.take(this.flow.scalar(0));
    [entry.handle, entry.shape] = [rest, []];
    this.flow.join(handle);
    return isSameShape(shape, info.shape)
      ? handle
      : this.flow.reshaped(handle, info.shape);
  }

  /** The same numbers under another shape, in the same memory. */
  reshaped(info: Info, shape: readonly number[]): Info {
    const handle = this.handle(info);
    const made = isSameShape(info.shape, shape)
      ? this.flow.again(handle)
      : this.flow.reshaped(handle, shape);
    return this.adopt(made, shape, info.dtype);
  }

  /** Handles that tensors own, and handles there are of any kind. */
  usage(): { readonly tensors: number; readonly handles: number } {
    const { handles, kept } = this.flow;
    return { tensors: this.numDataIds(), handles: handles() - kept() };
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
        this.entries.set(dataId, { handle, texts, ...rest });
        return;
      }
      const kind = dtype as HostType;
      const element = ELEMENT_OF[kind];
      const made = values === null
        ? flow.fromMemory(flow.allocate(shape, element), element)
        : flow.fromHost(numbersOf(values, kind), shape, element);
      this.entries.set(dataId, { handle: flow.take(made), ...rest });
    });
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { handle, shape, dtype, texts } = this.entries.get(dataId);
    if (texts !== undefined) return [...texts];
    return this.flow.toHost(
      handle,
      dtype as HostType,
      sizeOf(shape),
    ) as Float32Array;
  }

  protected override release({ handle }: Entry): void {
    this.flow.free(handle);
  }
}
