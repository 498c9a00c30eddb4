/** Who owns which handle of something foreign. */
export interface Scopes<Handle> {
  /** Gives a new handle to the innermost scope. */
  readonly note: (handle: Handle) => Handle;
  /** Takes a handle out of the innermost scope; false where it is not in it. */
  readonly leave: (handle: Handle) => boolean;
  /** Puts a handle that left its scope into the innermost one. */
  readonly join: (handle: Handle) => void;
  /** Frees a handle, in the innermost scope or taken out of one. */
  readonly free: (handle: Handle) => void;
  /** Frees everything that was noted inside and did not leave. */
  readonly scoped: <Result>(compute: () => Result) => Result;
  /** The same, but for the handle that is returned: it passes to the scope around. */
  readonly passed: (compute: () => Handle) => Handle;
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
export function scopesOf<Handle>(
  release: (handle: Handle) => void,
): Scopes<Handle> {
  let current = new Set<Handle>();
  let count = 0;
  const end = (handle: Handle) => {
    count--;
    release(handle);
  };
  const scoped = <Result>(compute: () => Result): Result => {
    const outer = current;
    current = new Set();
    try {
      return compute();
    } finally {
      current.forEach(end);
      current = outer;
    }
  };
  return {
    scoped,
    count: () => count,
    note(handle) {
      count++;
      current.add(handle);
      return handle;
    },
    leave: (handle) => current.delete(handle),
    join: (handle) => void current.add(handle),
    free(handle) {
      current.delete(handle);
      end(handle);
    },
    passed(compute) {
      const outer = current;
      return scoped(() => {
        const made = compute();
        if (current.delete(made)) outer.add(made);
        return made;
      });
    },
  };
}
