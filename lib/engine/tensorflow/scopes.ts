import type { Handle } from "./operators.ts";

/** Who owns which handle. */
export interface Scopes {
  /** Gives a new handle to the innermost scope. */
  readonly note: (tensor: Handle) => Handle;
  /** Takes a handle out of its scope; false where it is in none. */
  readonly leave: (tensor: Handle) => boolean;
  /** Puts a handle that left its scope into the innermost one. */
  readonly join: (tensor: Handle) => void;
  /** Frees a handle, in a scope or taken out of it. */
  readonly free: (tensor: Handle) => void;
  /** Frees everything that was noted inside and did not leave. */
  readonly scoped: <Result>(compute: () => Result) => Result;
  /** How many handles were noted and not freed. */
  readonly count: () => number;
}

/**
 * Keeps account of handles: each belongs to the innermost scope it was made in, or
 * to whoever took it out.
 *
 * @param release Frees one.
 * @returns The account.
 */
export function scopesOf(release: (tensor: Handle) => void): Scopes {
  let current = new Set<Handle>();
  let alive = 0;
  const end = (tensor: Handle) => {
    alive--;
    release(tensor);
  };
  return {
    note(tensor) {
      alive++;
      current.add(tensor);
      return tensor;
    },
    leave: (tensor) => current.delete(tensor),
    join(tensor) {
      current.add(tensor);
    },
    count: () => alive,
    free(tensor) {
      current.delete(tensor);
      end(tensor);
    },
    scoped(compute) {
      const outer = current;
      current = new Set();
      try {
        return compute();
      } finally {
        current.forEach(end);
        current = outer;
      }
    },
  };
}
