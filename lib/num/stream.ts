import { hash32 } from "./hash.ts";

/** Where a stream stands: enough to go on from there, and JSON keeps it exactly. */
export interface StreamState {
  /** Name the stream was made with. */
  readonly name: string;
  /** The generator's four 32-bit words, unsigned. */
  readonly words: readonly [number, number, number, number];
}

/** A named source of random numbers. Drawing from one never moves another. */
export interface Stream {
  /** Name the stream was made with. */
  readonly name: string;
  /** A number in `[0, 1)` with 53 random bits; two draws. */
  next(): number;
  /** A whole number in `[0, below)`, each equally likely; `below` is 1 to 2^32. One draw, seldom more. */
  integer(below: number): number;
  /** A number of the standard normal distribution; four draws. */
  normal(): number;
  /** A new array with the items in random order. */
  shuffle<T>(items: readonly T[]): T[];
  /** A new array of `count` different places of `items`, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
  /** Where the stream stands now. */
  state(): StreamState;
}

/**
 * Makes the random stream of a seed and a name.
 *
 * Streams of one seed with different names are independent, so that a draw added
 * in one place shifts nothing elsewhere. The same seed and name give the same
 * numbers on every machine.
 *
 * Random: the generator is sfc32 (four 32-bit words, period about 2^128 on
 * average and never under 2^32), seeded by hashing the seed and the name.
 * Source: Doty-Humphrey's Small Fast Chaotic generator, from PractRand.
 *
 * @param seed A whole number that 64-bit floats hold exactly.
 * @param name What the numbers are for: `batches`, `dropout`.
 * @returns A stream at its beginning.
 * @throws {RangeError} If the seed is not such a whole number.
 *
 * @example Usage
 * ```ts
 * import { stream } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const order = stream(7, "batches").shuffle([1, 2, 3, 4]);
 * assertEquals(stream(7, "batches").shuffle([1, 2, 3, 4]), order);
 * assertEquals(order.toSorted(), [1, 2, 3, 4]);
 * ```
 */
export function stream(seed: number, name: string): Stream {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot make random stream ${
        JSON.stringify(name)
      }: expected a whole seed, got ${seed}`,
    );
  }
  const key = keyOf(seed, name);
  const words = [
    hash32(key[0], 1),
    hash32(key[1], 2),
    hash32(key[0], key[1]),
    1,
  ] as const;
  const made = streamFrom({ name, words });
  for (let round = 0; round < 10; round++) made.next();
  return made;
}

/**
 * Goes on where a stream stood when its state was taken.
 *
 * @param state What `state()` gave, also after a trip through JSON.
 * @returns A stream that draws the same numbers from here on.
 * @throws {SyntaxError} If the state is not four unsigned 32-bit words and a name.
 *
 * @example Usage
 * ```ts
 * import { stream, streamFrom } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const first = stream(7, "batches");
 * first.next();
 * const kept = JSON.parse(JSON.stringify(first.state()));
 * assertEquals(streamFrom(kept).next(), first.next());
 * ```
 */
export function streamFrom(state: StreamState): Stream {
  checkState(state);
  const { name } = state;
  const words = Uint32Array.from(state.words);
  const bits = () => advance(words);
  const next = () =>
    ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000;
  const integer = (below: number) => integerBelow(bits, below);
  return {
    name,
    next,
    integer,
    normal: () =>
      Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => draw(items, items.length, integer),
    sample: (items, count) => draw(items, checkedCount(items, count), integer),
    state: () => ({
      name,
      words: [words[0]!, words[1]!, words[2]!, words[3]!],
    }),
  };
}

/** Two 32-bit keys of a seed and a name; the seed's high bits count too. */
function keyOf(seed: number, name: string): [number, number] {
  const high = Math.floor(seed / 0x100000000) | 0;
  const start = hash32(seed % 0x100000000 | 0, high);
  let [left, right] = [hash32(start, 0x6c616221), hash32(start, 0x73656564)];
  for (let place = 0; place < name.length; place++) {
    left = hash32(left, name.charCodeAt(place));
    right = hash32(right, left);
  }
  return [left, right];
}

/** One step of sfc32: 32 random bits, unsigned. */
function advance(words: Uint32Array): number {
  const [a, b, c, counter] = [words[0]!, words[1]!, words[2]!, words[3]!];
  const out = (a + b + counter) >>> 0;
  words[0] = b ^ (b >>> 9);
  words[1] = c + (c << 3);
  words[2] = ((c << 21) | (c >>> 11)) + out;
  words[3] = counter + 1;
  return out;
}

/** A whole number below a bound, drawn again where the last, incomplete block of 2^32 was hit. */
function integerBelow(bits: () => number, below: number): number {
  if (!Number.isInteger(below) || below < 1 || below > 0x100000000) {
    throw new RangeError(
      `Cannot draw a whole number: expected a bound of 1 to 2^32, got ${below}`,
    );
  }
  const limit = 0x100000000 - 0x100000000 % below;
  let drawn = bits();
  while (drawn >= limit) drawn = bits();
  return drawn % below;
}

/** The first `count` places of a random order, by Fisher and Yates. */
function draw<T>(
  items: readonly T[],
  count: number,
  integer: (below: number) => number,
): T[] {
  const pool = items.slice();
  for (let place = 0; place < Math.min(count, pool.length - 1); place++) {
    const other = place + integer(pool.length - place);
    [pool[place], pool[other]] = [pool[other] as T, pool[place] as T];
  }
  return pool.slice(0, count);
}

/** The count of a sample, refused where there are not so many items. */
function checkedCount(items: readonly unknown[], count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= items.length) {
    return count;
  }
  throw new RangeError(
    `Cannot sample without replacement: expected a count of 0 to ${items.length}, got ${count}`,
  );
}

/** Refuses a state that no stream gave, such as one read from a damaged file. */
function checkState(state: StreamState): void {
  const words: unknown = state?.words;
  const isWord = (word: unknown) =>
    Number.isInteger(word) && (word as number) >= 0 &&
    (word as number) < 0x100000000;
  const good = typeof state?.name === "string" && Array.isArray(words) &&
    words.length === 4 &&
    words.every(isWord);
  if (good) return;
  throw new SyntaxError(
    `Cannot go on with a random stream: expected a name and four unsigned 32-bit words, got ${
      JSON.stringify(state)
    }`,
  );
}
