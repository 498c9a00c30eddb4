import { fileURLToPath } from "node:url";

/** Folder of the ledgers that come with the lab, wherever a program is started. */
export const RESULTS_FOLDER: string = fileURLToPath(
  new URL("../../data/results", import.meta.url),
);

/** Folder of the published numbers. */
export const PUBLISHED_FOLDER: string = fileURLToPath(
  new URL("../../data/published", import.meta.url),
);
