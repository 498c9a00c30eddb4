import { fileURLToPath } from "node:url";

/** Starts the fake peer in place of a Python program. */
export const FAKE_PEER: readonly string[] = [
  ...[Deno.execPath(), "run", "--quiet", "--no-prompt"],
  ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
  fileURLToPath(new URL("fake_peer.ts", import.meta.url)),
];
