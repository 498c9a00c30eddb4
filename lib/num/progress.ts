/** One report of long work, for a terminal, a notebook or a log to draw. */
export interface ProgressReport {
  /** What is being done, a few words: `train`, `encode documents`. */
  readonly label: string;
  /** Units finished so far. */
  readonly done: number;
  /** Units in all; absent where the end is not known. */
  readonly total?: number;
  /** Figures worth showing beside the bar, such as the loss. */
  readonly figures?: Readonly<Record<string, number>>;
  /** A line about the work that is to stay: what it met, and how it goes on. */
  readonly note?: string;
}

/** Receives reports of long work. The work never waits for it. */
export type Progress = (report: ProgressReport) => void;
