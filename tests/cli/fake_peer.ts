/**
 * A peer that answers as `pylate_step.py` does, without Python: every step takes
 * half a second of its own telling. `queryLength` 13 makes it fail at its second step.
 *
 * @module
 */
const settings = JSON.parse(Deno.readTextFileSync(Deno.args[0]!));
const say = (value: unknown) => console.log(JSON.stringify(value));
say({ ready: true });
let steps = 0;
for await (
  const _line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  steps++;
  if (settings.queryLength === 13 && steps === 2) {
    console.error("Traceback\nMemoryError: no memory left");
    Deno.exit(1);
  }
  say({ seconds: 0.5, loss: settings.queries.length });
}
say({
  medianSeconds: 0.5,
  tokensPerSecond: 8,
  peakMemoryBytes: 1,
  losses: [steps],
  rate: settings.learningRate,
});
