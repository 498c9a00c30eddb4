import { maxSim, type MaxSimOptions } from "#lib/engine/ops/max_sim.ts";
import { type Case, exactly, given } from "./case.ts";

/** Texts given by the keep flags of their tokens. */
interface Side {
  readonly offsets: Int32Array;
  readonly keep: Uint8Array;
}

/** Texts as strings of 0 and 1, a token a digit. */
function side(...texts: string[]): Side {
  let end = 0;
  return {
    offsets: Int32Array.from([0, ...texts.map((text) => end += text.length)]),
    keep: Uint8Array.from(texts.join(""), Number),
  };
}

/** Options of two sides. */
function meeting(query: Side, document: Side, ways?: number): MaxSimOptions {
  return {
    queryOffsets: query.offsets,
    queryKeep: query.keep,
    documentOffsets: document.offsets,
    documentKeep: document.keep,
    ways,
  };
}

/** Queries, documents, ways. */
const MET: Readonly<Record<string, readonly [Side, Side, number?]>> = {
  "one token each": [side("1"), side("1")],
  "one query, one document": [side("111"), side("1111")],
  "all to all, mixed lengths": [
    side("11", "111", "1"),
    side("1111", "1", "11", "11111"),
  ],
  "dropped query tokens": [side("101", "01"), side("11", "111")],
  "dropped document tokens": [side("11", "1"), side("1011", "01", "100")],
  "dropped on both sides": [side("10", "011"), side("0110", "1", "10")],
  "grouped, one way": [side("11", "111"), side("111", "11"), 1],
  "grouped, three ways": [
    side("11", "101"),
    side("11", "1", "011", "1111", "10", "11"),
    3,
  ],
};

/** MaxSim on every meeting. */
const meetings: Case[] = Object.entries(MET).map(([name, [q, d, ways]]) => ({
  name: `maxSim, ${name}`,
  inputs: [given(300, [q.keep.length, 4]), given(301, [d.keep.length, 4])],
  run: (queries, documents) =>
    maxSim(queries!, documents!, meeting(q, d, ways)),
}));

/** MaxSim where masks, ties and sizes are hard. */
export const maxSimCases: readonly Case[] = [
  ...meetings,
  {
    name: "maxSim of ties: the first token wins and gets the gradient",
    inputs: [
      exactly([1, 2, 3, 4], [2, 2]),
      exactly([5, 6, 5, 6, 0, 0], [3, 2]),
    ],
    gradient: "compared",
    run: (q, d) => maxSim(q!, d!, meeting(side("11"), side("111"))),
  },
  {
    name: "maxSim of a dropped tie: the next token wins",
    inputs: [
      exactly([1, 2, 3, 4], [2, 2]),
      exactly([5, 6, 5, 6, 0, 0], [3, 2]),
    ],
    gradient: "compared",
    run: (q, d) => maxSim(q!, d!, meeting(side("11"), side("011"))),
  },
  {
    name: "maxSim of negative similarities below -1e30",
    inputs: [exactly([1e18, 1e18], [2, 1]), exactly([-3e18, -2e18, 4], [3, 1])],
    run: (q, d) => maxSim(q!, d!, meeting(side("11"), side("110"))),
    gradient: "compared",
  },
];
