/**
 * The TensorFlow.js backend `torch`: every tensor is one of libtorch's, many of
 * them views of the same memory.
 *
 * @module
 */
import { CountedBackend, type CountedEntry } from "../counted_backend.ts";
import type { Address } from "../foreign.ts";
import { numbersOf } from "../stored_numbers.ts";
import { type Block, createMemory } from "../memory.ts";
import type { Precision } from "../precision.ts";
import type { tf } from "../tensor.ts";
import { ELEMENT, type Handle } from "./operators.ts";
import type { HostType } from "../reference/host_kernel.ts";
import { isSameShape, sizeOf } from "../reference/shape_walk.ts";
import { BYTES, ELEMENT_OF } from "./elements.ts";
import type { Tensors } from "./tensors.ts";

/** A tensor's name in TensorFlow.js: data, shape and kind. */
export type Info = tf.TensorInfo;

/**
 * Bytes from which on a processor's tensors lie in slabs of ours. The C library finds no
 * room for a tensor where one of the same size was, and grows by a third.
 */
const LONG = 2 ** 20;

/** Memory that one or more tensors look at. */
interface Storage {
  /** Where it is from, if from us. */
  readonly block: Block | undefined;
  readonly start: Address;
  readonly bytes: number;
  /** How many tensors of the backend look at it. */
  tensors: number;
  /** The whole of it in bf16, made when first needed after each change. */
  cast?: { readonly handle: Handle; readonly shape: string };
}

/** What the backend keeps of one tensor's data. */
interface Entry extends CountedEntry {
  readonly handle: Handle;
  readonly shape: readonly number[];
  readonly storage: Storage;
  /** Texts, for the dtype `string` alone. */
  readonly texts?: readonly Uint8Array[];
}

/** Tensors of libtorch, by the names that TensorFlow.js gives them. */
export class TorchBackend extends CountedBackend<Entry> {
  readonly #storages = new Map<Address, Storage>();
  readonly #pool = createMemory();
  /** What the kernel under way has for its results, as long as no tensor is made of it. */
  readonly #loose = new Map<Address, Block>();
  /** How activations are stored from now on. */
  precision: Precision = "fp32";

  /**
   * Whether products of bf16 are made in bf16; else their factors are made 32-bit
   * floats first, and the results bf16 again.
   */
  isShort = true;

  /**
   * @param torch Makes and reads tensors.
   */
  constructor(readonly torch: Tensors) {
    super();
  }

  /** The element of stored activations. */
  get activation(): number {
    return this.precision === "bf16" ? ELEMENT.bfloat16 : ELEMENT.float32;
  }

  /** The element of factors of products. */
  get factor(): number {
    return this.isShort ? this.activation : ELEMENT.float32;
  }

  /** Gives a handle out as a tensor; it is the tensor's from then on. */
  adopt(
    handle: Handle,
    shape: readonly number[],
    dtype: tf.DataType = "float32",
  ): Info {
    const dataId = {};
    this.#enter(dataId, handle, { shape, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /**
   * A new matrix as activations are stored, with arbitrary contents, for a kernel to
   * write and then to adopt; what it does not adopt is gone with it.
   */
  room(shape: readonly number[]): Handle {
    const bytes = sizeOf(shape) * BYTES[this.activation]!;
    if (this.torch.isCuda || bytes < LONG) {
      return this.torch.empty(shape, this.activation);
    }
    const block = this.#pool.take(bytes);
    this.#loose.set(block.address, block);
    return this.torch.fromBytes(block.address, shape, this.activation);
  }

  override attempt<Result>(kernel: () => Result): Result {
    try {
      return super.attempt(kernel);
    } finally {
      this.#loose.forEach(this.#pool.give);
      this.#loose.clear();
    }
  }

  /** Notes a tensor and the memory that it looks at. */
  #enter(
    dataId: object,
    handle: Handle,
    rest: Pick<Entry, "shape" | "references" | "texts">,
  ): void {
    const { start, bytes } = this.torch.storageOf(handle);
    let storage = start === 0n ? undefined : this.#storages.get(start);
    if (storage === undefined) {
      const block = this.#loose.get(start);
      this.#loose.delete(start);
      storage = { start, bytes, block, tensors: 0 };
      if (start !== 0n) this.#storages.set(start, storage);
    }
    storage.tensors++;
    const owned = this.torch.take(handle);
    this.enter(dataId, { handle: owned, storage, ...rest });
  }

  /** The handle of a tensor; it stays the tensor's. */
  handle(info: Info): Handle {
    const { handle, shape } = this.entries.get(info.dataId);
    if (isSameShape(shape, info.shape)) return handle;
    return this.torch.call("aten::reshape", handle, info.shape);
  }

  /** The handle of a tensor, or of a copy of it, as 32-bit floats. */
  floats(info: Info): Handle {
    return this.torch.as(this.handle(info), ELEMENT.float32);
  }

  /** The handle of a tensor, or of a copy of it, as activations are stored. */
  stored(info: Info): Handle {
    return this.torch.as(this.handle(info), this.activation);
  }

  /** The handle of a tensor, or of a copy of it, as a factor of a product. */
  operand(info: Info): Handle {
    return this.torch.as(this.handle(info), this.factor);
  }

  /** A product, or a copy of it, as activations are stored. */
  asStored(handle: Handle): Handle {
    return this.torch.as(handle, this.activation);
  }

  /** As `operand`, but a copy is kept until the tensor changes: for weights. */
  weight(info: Info): Handle {
    if (this.factor === ELEMENT.float32) return this.floats(info);
    const { handle, storage, shape } = this.entries.get(info.dataId);
    const isWhole = storage.bytes === 4 * sizeOf(shape);
    if (!isWhole || !isSameShape(shape, info.shape)) return this.operand(info);
    if (storage.cast?.shape !== `${shape}`) {
      this.#forgetCast(storage);
      const cast = this.torch.take(this.torch.as(handle, this.factor));
      storage.cast = { handle: cast, shape: `${shape}` };
    }
    return storage.cast.handle;
  }

  /** Frees the copy of a weight in another precision. */
  #forgetCast(storage: Storage): void {
    if (storage.cast === undefined) return;
    this.torch.free(storage.cast.handle);
    delete storage.cast;
  }

  /**
   * A tensor to write on: the same memory where nobody else looks at it, else a
   * copy. The handle is row-major and belongs to the scope.
   */
  target(info: Info): Handle {
    const { storage } = this.entries.get(info.dataId);
    const dense = this.torch.packed(this.floats(info));
    const isOwn = this.torch.storageOf(dense).start === storage.start;
    if (isOwn && storage.tensors > 1) {
      return this.torch.call("aten::clone", dense, null);
    }
    if (isOwn) this.#forgetCast(storage);
    return dense;
  }

  /** The same numbers under another shape: a view where that is possible. */
  reshaped(info: Info, shape: readonly number[]): Info {
    const { call } = this.torch;
    const view = call("aten::reshape", this.handle(info), shape);
    return this.adopt(view, shape, info.dtype);
  }

  /**
   * Tensors' memory and kept copies: bytes, how many memories there are, and how
   * many handles of libtorch are owned in all.
   */
  memoryUsage(): Readonly<Record<"bytes" | "storages" | "handles", number>> {
    let bytes = 0;
    for (const storage of this.#storages.values()) {
      bytes += storage.bytes * (storage.cast ? 1.5 : 1);
    }
    const handles = this.torch.owned();
    return { bytes, storages: this.#storages.size, handles };
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    this.torch.scoped(() => {
      if (dtype === "string") {
        const texts = values as Uint8Array[];
        this.#enter(dataId, this.torch.empty([0]), {
          shape,
          references,
          texts,
        });
        return;
      }
      const kind = dtype as HostType;
      const handle = values === null
        ? this.torch.empty(shape, ELEMENT_OF[kind])
        : this.torch.fromHost(numbersOf(values, kind), shape, ELEMENT_OF[kind]);
      this.#enter(dataId, handle, { shape, references });
    });
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { handle, shape, texts } = this.entries.get(dataId);
    if (texts !== undefined) return [...texts];
    return this.torch.scoped(() => {
      const kind = this.kindOf(handle);
      return this.torch.toHost(handle, kind, sizeOf(shape)) as Float32Array;
    });
  }

  /** What TensorFlow.js calls a tensor's elements. */
  kindOf(handle: Handle): HostType {
    const element = this.torch.elementOf(handle);
    if (element === ELEMENT.bool) return "bool";
    return element === ELEMENT.int32 ? "int32" : "float32";
  }

  protected override release({ storage, handle }: Entry): void {
    if (--storage.tensors === 0) {
      this.#forgetCast(storage);
      this.#storages.delete(storage.start);
    }
    this.torch.free(handle);
    if (storage.tensors === 0 && storage.block) this.#pool.give(storage.block);
  }
}
