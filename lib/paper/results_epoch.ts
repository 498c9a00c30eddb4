/**
 * The epoch of results. It is raised by one whenever a change of the lab moves
 * results; rows of a ledger from another epoch are stale and are run again.
 */
export const RESULTS_EPOCH = 1;
