import type { Given, Outcome } from "./case.ts";

/** How one outcome differs from another, one line a difference; none where they agree. */
export function differences(
  got: Outcome,
  wanted: Outcome,
  tolerance: number,
): string[] {
  const lines = got.leaked === 0 ? [] : [`leaks ${got.leaked} tensors`];
  got.outputs.forEach((output, i) =>
    lines.push(...differs(`output ${i}`, output, wanted.outputs[i]!, tolerance))
  );
  got.gradients.forEach((gradient, i) =>
    lines.push(
      ...differs(`gradient ${i}`, gradient, wanted.gradients[i]!, tolerance),
    )
  );
  return lines;
}

/** At most one line on two arrays that should agree. */
export function differs(
  what: string,
  got: Given,
  wanted: Given,
  tolerance: number,
): string[] {
  if (`${got.shape}` !== `${wanted.shape}`) {
    return [`${what}: shape [${got.shape}] instead of [${wanted.shape}]`];
  }
  const scale = wanted.values.reduce(
    (most, x) => Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most,
    0,
  );
  const bound = tolerance * Math.max(scale, 1e-30);
  const at = wanted.values.findIndex((x, i) => {
    const y = got.values[i]!;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return !Object.is(x, y);
    return Math.abs(x - y) > bound;
  });
  return at < 0
    ? []
    : [`${what}[${at}]: ${got.values[at]} instead of ${wanted.values[at]}`];
}
