/** Lets timers, signals and a notebook's Stop button in. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
