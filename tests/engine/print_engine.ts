import { type EngineName, useEngine } from "#lib/engine/use_engine.ts";

// Prints what useEngine says to the name given, for a process with fewer permissions.
try {
  console.log(JSON.stringify(await useEngine(Deno.args[0] as EngineName)));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
