import { tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

/** One differentiable call of a kernel that only some engines supply. */
export interface FusedOperation {
  /** The kernel's name, for example `LabLinear`. */
  readonly kernel: string;
  /** Its inputs by name; each gets a gradient, in this order. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Its settings by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Picks what the gradient will read, from inputs and outputs. */
  readonly save: (outputs: readonly Tensor[]) => Tensor[];
  /** One gradient an input, in their order; no two the same tensor object. */
  readonly gradient: (dy: Tensor, saved: readonly Tensor[]) => Tensor[];
}

/**
 * Says whether the engine in use supplies a kernel.
 *
 * @param name The kernel's name.
 * @returns True where it is registered for the engine in use.
 */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

/**
 * Says whether a gradient may be asked for what is computed now: a kernel that keeps
 * something for its gradient alone may leave it out where not.
 *
 * @returns True inside a computation that is differentiated.
 */
export function isDifferentiated(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/**
 * Runs a kernel by name, outside the tape.
 *
 * @param kernel The kernel's name.
 * @param inputs Tensors by name.
 * @param attributes Settings by name.
 * @returns Its outputs, always as a list.
 */
export function runKernel(
  kernel: string,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: Readonly<Record<string, unknown>> = {},
): Tensor[] {
  const outputs = tf.engine().runKernel(
    kernel,
    { ...inputs },
    attributes as Parameters<ReturnType<typeof tf.engine>["runKernel"]>[2],
  );
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * Runs a kernel that does the same to many sets of tensors at once, for engines where
 * every call costs time however small its tensors are.
 *
 * @param kernel The kernel's name; the inputs of set `i` are called `name/i`.
 * @param sets Tensors by name, the same names in every set.
 * @param attributes Settings by name.
 * @returns The kernel's outputs, set after set.
 */
export function runOnSets(
  kernel: string,
  sets: readonly Readonly<Record<string, Tensor>>[],
  attributes: Readonly<Record<string, unknown>>,
): Tensor[] {
  const inputs = Object.fromEntries(
    sets.flatMap((set, i) =>
      Object.entries(set).map(([name, tensor]) => [`${name}/${i}`, tensor])
    ),
  );
  return runKernel(kernel, inputs, attributes);
}

/**
 * Runs an engine's own kernel with its own gradient.
 *
 * The first output is the result. What the gradient reads is freed as soon as
 * the gradient has been taken, and not only when the whole tape has been walked
 * back, which nearly halves the memory a step needs. The gradient can therefore
 * be taken only once, and not differentiated again.
 *
 * @param operation Kernel, inputs, settings and gradient.
 * @returns The kernel's first output.
 */
export function runFused(operation: FusedOperation): Tensor {
  const { kernel, inputs, attributes, save, gradient } = operation;
  const differentiable = tf.customGrad((...given) => {
    const keep = given.pop() as unknown as tf.GradSaveFunc;
    const outputs = runKernel(kernel, inputs, attributes);
    keep(save(outputs));
    return {
      value: outputs[0]!,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const gradients = gradient(dy, saved);
        release(dy, saved, gradients);
        return gradients;
      },
    };
  });
  return differentiable(...Object.values(inputs));
}

/** Frees what a finished gradient read: the saved tensors, and `dy` if the tape made it. */
function release(
  dy: Tensor,
  saved: readonly Tensor[],
  gradients: readonly Tensor[],
): void {
  for (const tensor of saved) tensor.dispose();
  const scope = tf.engine().state.activeScope;
  const madeByTape = scope != null && dy.scopeId === scope.id;
  if (madeByTape && !dy.kept && !gradients.includes(dy)) dy.dispose();
}
