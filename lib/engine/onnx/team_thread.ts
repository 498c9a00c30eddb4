/**
 * The program of a team's thread: sleeps until there is a round, then takes
 * chains, for ever. On a thread that was handed no team it does nothing.
 *
 * @module
 */
import { threadData } from "../foreign.ts";
import { createPerformer } from "./calls.ts";
import { PLACE, type Shared, takeChains } from "./team.ts";

const handed = threadData() as Shared | null | undefined;
if (handed?.control instanceof Int32Array) serve(handed);

/** Takes part in every round. */
function serve(shared: Shared): never {
  const performer = createPerformer(shared.addresses, shared.words);
  let seen = Atomics.load(shared.control, PLACE.wake);
  for (;;) {
    takeChains(shared, performer);
    Atomics.wait(shared.control, PLACE.wake, seen);
    seen = Atomics.load(shared.control, PLACE.wake);
  }
}
