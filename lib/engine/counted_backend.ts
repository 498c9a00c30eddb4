/**
 * What every backend with numbers at hand shares: an account of how many tensors
 * use which data, and the answers that TensorFlow.js wants of any backend.
 *
 * @module
 */
import { tf } from "./tensor.ts";

/** What a backend keeps of one tensor's data. */
export interface CountedEntry {
  /** How many tensors use it. */
  references: number;
}

/**
 * A TensorFlow.js backend that can read its numbers at once. A class, because
 * TensorFlow.js takes no other form.
 */
export abstract class CountedBackend<Entry extends CountedEntry>
  extends tf.KernelBackend {
  /** Whether `write` copies 32-bit floats, so that those given to it may change. */
  readonly copiesNumbers: boolean = true;
  /** The data of every tensor. */
  protected readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  /** What the kernel under way has made, once for every reference. */
  #made: object[] | undefined;

  /** Keeps a new entry. */
  protected enter(dataId: object, entry: Entry): void {
    this.entries.set(dataId, entry);
    this.#made?.push(dataId);
  }

  /**
   * Runs a kernel; when it fails, everything that it made is freed: TensorFlow.js
   * knows only of what a kernel returns.
   */
  attempt<Result>(kernel: () => Result): Result {
    const made: object[] = this.#made = [];
    try {
      return kernel();
    } catch (error) {
      for (const dataId of [...made]) this.disposeData(dataId);
      throw error;
    } finally {
      this.#made = undefined;
    }
  }

  /** Lets go of what an entry holds outside the collected heap. */
  protected release(_entry: Entry): void {}

  /** Stores numbers, under an id of their own. */
  override write(
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
  ): object {
    const dataId = {};
    this.move(dataId, values!, shape, dtype, 1);
    return dataId;
  }

  /** As `readSync`: nothing has to be waited for. */
  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  /** How many tensors use some data. */
  override refCount(dataId: object): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).references : 0;
  }

  /** Notes one more tensor. */
  override incRef(dataId: object): void {
    this.entries.get(dataId).references++;
    this.#made?.push(dataId);
  }

  /** Notes one tensor fewer; the data goes with the last. */
  override disposeData(dataId: object, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const at = this.#made?.lastIndexOf(dataId) ?? -1;
    if (at >= 0) this.#made!.splice(at, 1);
    const entry = this.entries.get(dataId);
    entry.references--;
    if (entry.references > 0 && !force) return false;
    this.release(entry);
    this.entries.delete(dataId);
    return true;
  }

  /** How many data there are. */
  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  /** Memory is counted by the number of tensors. */
  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  /** No clock of its own. */
  override timerAvailable(): boolean {
    return false;
  }

  /** TensorFlow.js knows no wider floats than these. */
  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** Smallest number TensorFlow.js's own functions may divide by. */
  override epsilon(): number {
    return 1e-7;
  }
}
