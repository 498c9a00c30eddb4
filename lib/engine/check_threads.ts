/**
 * Refuses a number of threads that cannot be.
 *
 * @param engine Whose threads they are.
 * @param threads How many; absent for the engine's own choice.
 * @throws {RangeError} If it is not a whole number from 1 on.
 */
export function checkThreads(
  engine: string,
  threads: number | undefined,
): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) {
    return;
  }
  throw new RangeError(
    `Cannot start the ${engine} engine: expected threads of 1 or more, got ${threads}`,
  );
}
