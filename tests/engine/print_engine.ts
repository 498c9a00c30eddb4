import { type EngineName, useEngine } from "#lib/engine/use_engine.ts";

// Prints what useEngine says to each name given, a line each, for a process of its own.
for (const name of Deno.args) {
  try {
    console.log(JSON.stringify(await useEngine(name as EngineName)));
  } catch (error) {
    console.log(JSON.stringify({ error: (error as Error).message }));
  }
}
