/**
 * A thread of the team: sleeps until there is a round, then takes chains.
 *
 * @module
 */
import { threadData } from "../foreign.ts";
import { createPerformer } from "./calls.ts";
import { PLACE, type Shared, takeChains } from "./team.ts";

const shared = threadData() as Shared;
const performer = createPerformer(shared.addresses, shared.words);
let seen = Atomics.load(shared.control, PLACE.wake);
for (;;) {
  takeChains(shared, performer);
  Atomics.wait(shared.control, PLACE.wake, seen);
  seen = Atomics.load(shared.control, PLACE.wake);
}
