/** Every setting of a training run, complete: what `settings.json` holds. */
export interface TrainSettings {
  /** `use-lite`, a model folder, or a hub id. */
  readonly model: string;
  /** `wordnet`, or a BEIR folder. */
  readonly data: string;
  /** Folders that are trained on in place of `data`, by commas; empty for none. */
  readonly sources: string;
  /** The split whose judgements are trained on. */
  readonly split: string;
  /** What the scores are held against: one of `LOSS_NAMES`. */
  readonly loss: string;
  /** Divisor of the scores before the softmax. */
  readonly temperature: number;
  /** The rule from gradients to parameters. */
  readonly optimizer: string;
  /** How the learning rate moves after the warm-up. */
  readonly schedule: string;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** Steps of warm-up; below 1, the share of all steps. */
  readonly warmup: number;
  /** Decoupled weight decay, not on biases and norms. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 means no clipping. */
  readonly clip: number;
  /** Optimisation steps in all. */
  readonly steps: number;
  /** Passes over the training queries; `steps` follows from it unless given. */
  readonly epochs: number;
  /** Queries a step. */
  readonly batch: number;
  /** Parts of a step that are differentiated one after the other; 1 for none. */
  readonly accumulate: number;
  /** Texts encoded at a time, by GradCache; 0 for all at once. */
  readonly chunk: number;
  /** Documents a query: its positive and its hard negatives. */
  readonly ways: number;
  /** Longest query, in tokens. */
  readonly queryLength: number;
  /** How a query is filled with [MASK]. */
  readonly queryForm: string;
  /** Longest document, in tokens. */
  readonly documentLength: number;
  /** Length of a token vector. */
  readonly dim: number;
  /** Share of hidden features dropped. */
  readonly dropout: number;
  /** Seed of every random stream. */
  readonly seed: number;
  /** The engine that computes. */
  readonly engine: string;
  /** Storage of activations. */
  readonly precision: string;
  /** Folder of a model that scores every batch; empty for none. */
  readonly teacher: string;
  /** Where hard negatives come from. */
  readonly negatives: string;
  /** Steps between evaluations on dev queries; 0 means never. */
  readonly evalEvery: number;
  /** Steps between checkpoints; 0 means never. */
  readonly saveEvery: number;
}
