/**
 * A laboratory for late-interaction retrieval, listed floor by floor in reading
 * order: a floor uses only the floors above it.
 *
 * @module
 */

// num: plain numbers
export {
  type CrossedBootstrap,
  crossedBootstrap,
  type CrossedBootstrapOptions,
} from "./num/crossed_bootstrap.ts";
export { type Equivalence, equivalence } from "./num/equivalence.ts";
export { flatClusters } from "./num/flat_clusters.ts";
export { hash32 } from "./num/hash.ts";
export { holm } from "./num/holm.ts";
export { mean } from "./num/mean.ts";
export {
  checkLevel,
  type Interval,
  meanInterval,
} from "./num/mean_interval.ts";
export { nearestName } from "./num/nearest_name.ts";
export {
  checkChance,
  normalCdf,
  normalQuantile,
} from "./num/normal_distribution.ts";
export { pairedDifferences } from "./num/paired_differences.ts";
export { type PairedT, pairedT } from "./num/paired_t.ts";
export { type PlannedTest, power, smallestEffect } from "./num/power.ts";
export { type Progress, type ProgressReport } from "./num/progress.ts";
export { quantile, quantiles } from "./num/quantile.ts";
export {
  checkDraws,
  type Randomisation,
  randomisation,
} from "./num/randomisation.ts";
export { ShapeError } from "./num/shape_error.ts";
export { standardDeviation } from "./num/standard_deviation.ts";
export {
  type Stream,
  stream,
  streamFrom,
  type StreamState,
} from "./num/stream.ts";
export { studentCdf, studentQuantile } from "./num/student_distribution.ts";
export { type Merge, wardLinkage } from "./num/ward_linkage.ts";

// engine: arrays that can be differentiated, on any engine
export {
  type AdamOptions,
  adamStep,
  adamSteps,
  type AdamTensors,
} from "./engine/ops/adam_step.ts";
export { attention, type AttentionOptions } from "./engine/ops/attention.ts";
export {
  type AttentionWindow,
  attentionWindow,
  tokensWithKeys,
} from "./engine/ops/attention_window.ts";
export {
  dropout,
  dropoutMask,
  type DropoutOptions,
} from "./engine/ops/dropout.ts";
export {
  type DropoutPlace,
  dropoutRowKeys,
} from "./engine/ops/dropout_row_keys.ts";
export { embedding } from "./engine/ops/embedding.ts";
export {
  type Dense,
  feedForward,
  type FeedForwardOptions,
} from "./engine/ops/feed_forward.ts";
export { layerNorm, type LayerNormOptions } from "./engine/ops/layer_norm.ts";
export { type LengthGroup, lengthGroups } from "./engine/ops/length_groups.ts";
export {
  type Activation,
  linear,
  type LinearOptions,
} from "./engine/ops/linear.ts";
export { logSoftmax } from "./engine/ops/log_softmax.ts";
export { matrixProduct } from "./engine/ops/matrix_product.ts";
export { maxSim, type MaxSimOptions } from "./engine/ops/max_sim.ts";
export { rotary, type RotaryOptions } from "./engine/ops/rotary.ts";
export { scaleAllInPlace, scaleInPlace } from "./engine/ops/scale_in_place.ts";
export {
  type ScheduleFreeOptions,
  scheduleFreeStep,
  scheduleFreeSteps,
  type ScheduleFreeTensors,
} from "./engine/ops/schedule_free_step.ts";
export { sumOfSquares } from "./engine/ops/sum_of_squares.ts";
export { unitNorm, type UnitNormOptions } from "./engine/ops/unit_norm.ts";
export { type Precision } from "./engine/precision.ts";
export {
  type Numbers,
  type NumberType,
  type Parameters,
  read,
  scalarOf,
  type Tensor,
  tensorOf,
  type ValueAndGradients,
  valueAndGradients,
} from "./engine/tensor.ts";
export {
  type EngineInUse,
  type EngineModule,
  type EngineName,
  engineNames,
  useEngine,
  type UseEngineOptions,
} from "./engine/use_engine.ts";

// text: strings to token ids
export { withBertSettings } from "./text/bert_settings.ts";
export { bertText } from "./text/bert_text.ts";
export { bertTokenizer } from "./text/bert_tokenizer.ts";
export {
  type DocumentForm,
  packDocuments,
  PUNCTUATION,
} from "./text/document_form.ts";
export { documentParts, type PartsForm } from "./text/document_parts.ts";
export {
  type Frame,
  framedTokens,
  type TextIds,
} from "./text/framed_tokens.ts";
export {
  type JapaneseForm,
  japaneseForm,
  japaneseTokenizer,
} from "./text/japanese_tokenizer.ts";
export { jsonTokenizer } from "./text/json_tokenizer.ts";
export { mecabWords } from "./text/mecab.ts";
export {
  type MecabCategory,
  type MecabDictionary,
  mecabDictionary,
  type MecabFiles,
  type MecabLexicon,
  type MecabMatch,
} from "./text/mecab_dictionary.ts";
export {
  lengths,
  packRows,
  packTexts,
  reorder,
  type TokenRow,
} from "./text/pack_texts.ts";
export { type PackedTokens } from "./text/packed_tokens.ts";
export { packPairs, type PairForm } from "./text/pair_form.ts";
export { type PairTemplate, pairTemplate } from "./text/pair_template.ts";
export { precompiledCharsmap } from "./text/precompiled_charsmap.ts";
export {
  expandedLength,
  packQueries,
  type QueryExpansion,
  type QueryForm,
} from "./text/query_form.ts";
export { specialTokens } from "./text/special_tokens.ts";
export { tokenChunks } from "./text/token_chunks.ts";
export { type Tokenizer } from "./text/tokenizer.ts";
export { packTriples, type TripleForm } from "./text/triple_form.ts";
export { unigramModel, type UnigramVocabulary } from "./text/unigram_model.ts";
export { unigramTokenizer } from "./text/unigram_tokenizer.ts";
export {
  type WordPieceJson,
  wordPieceJson,
  type WordPieceOptions,
} from "./text/word_piece_json.ts";

// encoder: token ids to token vectors
export {
  readBertCheckpoint,
  writeBertCheckpoint,
} from "./encoder/bert_checkpoint.ts";
export {
  type BertConfig,
  bertConfig,
  type BertType,
} from "./encoder/bert_config.ts";
export { bertEncoder } from "./encoder/bert_encoder.ts";
export { bertNames } from "./encoder/bert_names.ts";
export {
  type CheckpointReader,
  checkpointReader,
  type CheckpointTensor,
  type CheckpointTensors,
  type ReadCheckpoint,
  transposed,
} from "./encoder/checkpoint_tensor.ts";
export {
  type CrossEncoder,
  crossEncoder,
  type CrossEncoderOptions,
  readCrossEncoderCheckpoint,
  type ScoreActivation,
} from "./encoder/cross_encoder.ts";
export {
  type Dropout,
  type EncodeOptions,
  type Encoder,
  type TokenVectors,
} from "./encoder/encoder.ts";
export {
  type Backbone,
  type Drop,
  encoderOf,
  type HeadOptions,
} from "./encoder/encoder_of.ts";
export {
  type HeadActivation,
  type HeadLayer,
  headName,
  headShapes,
  runHead,
} from "./encoder/head_layers.ts";
export {
  readModernBertCheckpoint,
  writeModernBertCheckpoint,
} from "./encoder/modern_bert_checkpoint.ts";
export {
  type ModernBertConfig,
  modernBertConfig,
  type ModernBertLayer,
} from "./encoder/modern_bert_config.ts";
export { modernBertEncoder } from "./encoder/modern_bert_encoder.ts";
export { pcaHead, type PcaHeadOptions } from "./encoder/pca_head.ts";
export { positions, robertaPositions } from "./encoder/positions.ts";
export { configNumber, type FieldBounds } from "./encoder/read_config.ts";
export {
  type CrossEncoderConfig,
  type ScoreHead,
  scoreHead,
} from "./encoder/score_head.ts";
export { sinusoids } from "./encoder/sinusoids.ts";
export {
  type SymmetricEigen,
  symmetricEigen,
} from "./encoder/symmetric_eigen.ts";
export {
  readUseLiteCheckpoint,
  writeUseLiteCheckpoint,
} from "./encoder/use_lite_checkpoint.ts";
export {
  type UseLiteConfig,
  useLiteConfig,
} from "./encoder/use_lite_config.ts";
export { useLiteEncoder } from "./encoder/use_lite_encoder.ts";
export { withoutHead } from "./encoder/without_head.ts";

// score: vectors to scores
export { clsPool } from "./score/cls_pool.ts";
export { dotScores } from "./score/dot_scores.ts";
export { fuse, type FuseOptions } from "./score/fuse.ts";
export {
  type BestMatch,
  maxSimOf,
  type MaxSimOfOptions,
  type MaxSimWorkings,
} from "./score/max_sim_of.ts";
export {
  maxSimScores,
  type MaxSimScoresOptions,
} from "./score/max_sim_scores.ts";
export { meanPool } from "./score/mean_pool.ts";
export {
  type DocumentPairs,
  documentPairs,
  type Preferences,
  type PreferenceScore,
  preferenceScores,
  type SampledPairs,
} from "./score/preferences.ts";
export { type Similarity, withSimilarity } from "./score/similarity.ts";
export {
  type SmoothMaxOptions,
  smoothMaxScores,
} from "./score/smooth_max_scores.ts";
export { tctPool, type TctPoolOptions } from "./score/tct_pool.ts";
export { wardPool, type WardPoolOptions } from "./score/ward_pool.ts";
export { type XtrOptions, xtrScores } from "./score/xtr_scores.ts";

// loss: scores to a loss
export { constant } from "./loss/constant.ts";
export {
  contrastive,
  type ContrastiveOptions,
  type ContrastiveTargets,
} from "./loss/contrastive.ts";
export {
  crossEntropy,
  type CrossEntropyTargets,
  type TemperatureOptions,
} from "./loss/cross_entropy.ts";
export {
  falseNegatives,
  type FalseNegativesOptions,
} from "./loss/false_negatives.ts";
export {
  klDivergence,
  type KlDivergenceOptions,
  type Normalisation,
} from "./loss/kl_divergence.ts";
export { lambdaRank } from "./loss/lambda_rank.ts";
export { listNet } from "./loss/list_net.ts";
export { type Loss } from "./loss/loss.ts";
export { marginMse, type MarginMseOptions } from "./loss/margin_mse.ts";
export { minMax } from "./loss/min_max.ts";
export {
  pairwiseCrossEntropy,
  type PairwiseTargets,
} from "./loss/pairwise_cross_entropy.ts";
export { pointwiseMse } from "./loss/pointwise_mse.ts";
export { rankNet, weightedRankNet } from "./loss/rank_net.ts";
export { sumOfLosses, type WeightedLoss } from "./loss/sum_of_losses.ts";
export {
  tctDistillation,
  type TctDistillationOptions,
} from "./loss/tct_distillation.ts";
export { type Temperature, tempered } from "./loss/tempered.ts";

// optim: gradients to new parameters
export { adamw, type AdamWSettings } from "./optim/adamw.ts";
export {
  type AveragingSettings,
  type AveragingWeight,
} from "./optim/averaging_weight.ts";
export {
  clipByGlobalNorm,
  type ClipSettings,
} from "./optim/clip_by_global_norm.ts";
export { constantSchedule } from "./optim/constant_schedule.ts";
export {
  cosineSchedule,
  type CosineSettings,
} from "./optim/cosine_schedule.ts";
export { decaysWeight } from "./optim/decays_weight.ts";
export {
  type ParameterInputs,
  type ParameterOutputs,
  type StepInputs,
  type SteppedTensors,
} from "./optim/each_parameter.ts";
export { freshCopy } from "./optim/fresh_copy.ts";
export { linearSchedule } from "./optim/linear_schedule.ts";
export {
  type Optimizer,
  type OptimizerState,
  type OptimizerStep,
} from "./optim/optimizer.ts";
export {
  type NamedOptimizerSettings,
  optimizerNamed,
} from "./optim/optimizer_named.ts";
export { type Schedule, type ScheduleSettings } from "./optim/schedule.ts";
export {
  scheduleFreeAdamW,
  type ScheduleFreeAdamWSettings,
} from "./optim/schedule_free_adamw.ts";
export {
  scheduleFreeSequences,
  type ScheduleFreeSequencesSettings,
} from "./optim/schedule_free_sequences.ts";
export { type ScheduleFreeSettings } from "./optim/schedule_free_settings.ts";
export {
  scheduleFreeSgd,
  type ScheduleFreeSgdSettings,
} from "./optim/schedule_free_sgd.ts";
export { type ScheduleName, scheduleNamed } from "./optim/schedule_named.ts";
export { sgd, type SgdSettings } from "./optim/sgd.ts";
export { warmupSteps } from "./optim/warmup.ts";
export {
  warmupStableDecay,
  type WarmupStableDecaySettings,
} from "./optim/warmup_stable_decay.ts";

// average: several parameter sets to one
export {
  type Ema,
  ema,
  type EmaSettings,
  type EmaState,
} from "./average/ema.ts";
export {
  greedySoup,
  type Soup,
  type SoupCandidate,
} from "./average/greedy_soup.ts";
export { lerp } from "./average/lerp.ts";
export { type Polyak, polyak } from "./average/polyak.ts";
export { slerp, type SlerpOptions } from "./average/slerp.ts";
export {
  taskArithmetic,
  type TaskArithmeticOptions,
} from "./average/task_arithmetic.ts";
export { uniformMean } from "./average/uniform_mean.ts";
export { weightedSum } from "./average/weighted_sum.ts";

// eval: ranked lists to numbers
export {
  type CompareOptions,
  compareRuns,
  type Comparison,
  type RunDifference,
} from "./eval/compare_runs.ts";
export {
  evaluate,
  type EvaluateOptions,
  type Evaluation,
  judgedRankings,
  namedMeasures,
  type RankedQuery,
} from "./eval/evaluate.ts";
export { formatRun } from "./eval/format_run.ts";
export { type JudgedRanking, judgedRanking } from "./eval/judged_ranking.ts";
export {
  type Measure,
  type MeasureFamily,
  measureNamed,
} from "./eval/measure.ts";
export { dcg, measureValue } from "./eval/measure_value.ts";
export {
  msMarcoMrr,
  parseRankedRun,
  type RankedRun,
  scoredByRank,
} from "./eval/ms_marco_mrr.ts";
export { badLine, type ParsedLine, parseLines } from "./eval/parse_lines.ts";
export { parseQrels } from "./eval/parse_qrels.ts";
export { parseRun, setOnce } from "./eval/parse_run.ts";
export {
  compareIds,
  rankDocuments,
  type Ranking,
} from "./eval/rank_documents.ts";
export { type PerQuery, type Qrels, type Run } from "./eval/run.ts";
export { type TieBounds, tieBounds } from "./eval/tie_bounds.ts";
export { type TieRange, tieRange } from "./eval/tie_range.ts";

// store: bytes on disk and on the network
export { arrayBytes } from "./store/array_bytes.ts";
export {
  type FileContent,
  writeFileAtomically,
  type WriteOptions,
} from "./store/atomic_file.ts";
export {
  type FolderFile,
  writeFolderAtomically,
  type WriteFolderOptions,
  type WrittenFile,
} from "./store/atomic_folder.ts";
export {
  type Checkpoint,
  type CheckpointOptions,
  readCheckpoint,
  writeCheckpoint,
} from "./store/run/checkpoint.ts";
export {
  type CheckpointFolder,
  checkpointName,
  latestCheckpoint,
  listCheckpoints,
} from "./store/run/checkpoint_folders.ts";
export { verifyManifest } from "./store/run/checkpoint_manifest.ts";
export { cleanTemporaries } from "./store/clean_temporaries.ts";
export { checkedOutCommit } from "./store/commit.ts";
export { cutTornLine } from "./store/cut_torn_line.ts";
export { DiskFullError } from "./store/disk_full_error.ts";
export { type ElementDecoder } from "./store/weights/element_decoder.ts";
export { type FileSystem, type FileWriter } from "./store/file_system.ts";
export {
  type FetchedModel,
  fetchFromHub,
  type HubOptions,
} from "./store/hub/hub.ts";
export { type HubDownload } from "./store/hub/hub_download.ts";
export { type HubId, isPlainPath, parseHubId } from "./store/hub/hub_id.ts";
export { type HubFile, type HubListing } from "./store/hub/hub_listing.ts";
export { type HubRequest } from "./store/hub/hub_request.ts";
export {
  formatItemValues,
  type ItemValues,
  parseItemValues,
} from "./store/results/item_values.ts";
export {
  appendToLedger,
  type LedgerEntry,
  readLedger,
} from "./store/results/ledger.ts";
export {
  type LedgerRow,
  type LedgerSetting,
  parseLedgerRow,
} from "./store/results/ledger_row.ts";
export {
  type Keeping,
  type KeepOptions,
  kept,
  KEPT_FOLDER,
} from "./store/kept.ts";
export { type LockedFolder, lockFolder } from "./store/run/lock_folder.ts";
export { type MetricsLog, openMetrics } from "./store/run/metrics_log.ts";
export {
  labelCount,
  scoreActivation,
} from "./store/model/cross_encoder_config.ts";
export {
  type CrossEncoderFolder,
  isCrossEncoder,
} from "./store/model/cross_encoder_folder.ts";
export { type DenseModules, denseModules } from "./store/model/dense_files.ts";
export { readDenseHead, type StoredHead } from "./store/model/dense_head.ts";
export { type EncoderFamily, familyOf } from "./store/model/encoder_family.ts";
export { findUnidic, loadUnidic } from "./store/model/find_unidic.ts";
export {
  type Fields,
  readPyLateForms,
  readStanfordForms,
  type TextForms,
  writePyLateForms,
} from "./store/model/forms.ts";
export {
  loadCrossEncoder,
  type LoadedCrossEncoder,
} from "./store/model/load_cross_encoder.ts";
export { loadModelFolder } from "./store/model/load_folder.ts";
export { loadModel } from "./store/model/load_model.ts";
export {
  type LoadedPairwiseEncoder,
  loadPairwiseEncoder,
} from "./store/model/load_pairwise_encoder.ts";
export {
  type LoadedTokenizer,
  loadTokenizer,
  loadUnigramTokenizer,
} from "./store/model/load_tokenizer.ts";
export {
  type LoadModelOptions,
  type Model,
  type ModelFamily,
} from "./store/model/model.ts";
export { type SavableModel, saveModel } from "./store/model/save_model.ts";
export { loadUseLite } from "./store/model/use_lite_model.ts";
export {
  findWordNetPackage,
  readUseLitePackage,
  type UseLitePackage,
  type WordNetPackage,
} from "./store/npm_source.ts";
export {
  type Published,
  publishedNumber,
  type PublishedTable,
  readPublished,
} from "./store/results/published.ts";
export { readError } from "./store/read_error.ts";
export { readExactly } from "./store/read_exactly.ts";
export { readJson, readJsonObject } from "./store/read_json.ts";
export { type FileLine, readLines } from "./store/read_lines.ts";
export {
  readArrays,
  readSafetensors,
  readSafetensorsHeader,
  type ReadSafetensorsOptions,
} from "./store/weights/read_safetensors.ts";
export { repeatedKey } from "./store/repeated_key.ts";
export {
  createRun,
  readRunSettings,
  type ResumedRun,
  resumeRun,
  type RunSettings,
} from "./store/run/run_folder.ts";
export {
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./store/weights/safetensors_header.ts";
export { sha256Of, sha256OfFile } from "./store/sha256.ts";
export { sourceHash } from "./store/source_hash.ts";
export { type TemporaryKind, temporaryName } from "./store/temporary_name.ts";
export { readTfjsWeights } from "./store/weights/tfjs_weights.ts";
export {
  type ArrayMap,
  type StoredArray,
  type Weight,
  type WeightMap,
} from "./store/weights/weight_map.ts";
export {
  safetensorsChunks,
  type SafetensorsOptions,
  writeSafetensors,
} from "./store/weights/write_safetensors.ts";

// dataset: files to queries, documents, judgements, tuples
export { type BeirOptions, readBeir } from "./dataset/beir.ts";
export { carveDev, type CarveOptions } from "./dataset/carve_dev.ts";
export {
  type Dataset,
  type Licence,
  poolOf,
  splitOf,
  type Tuple,
} from "./dataset/dataset.ts";
export { keptWordNet } from "./dataset/kept_wordnet.ts";
export { type DatasetLimit, limitDataset } from "./dataset/limit_dataset.ts";
export {
  loadDataset,
  type LoadDatasetOptions,
} from "./dataset/load_dataset.ts";
export { type Judged, readQrels } from "./dataset/qrels.ts";
export { readTuples, type TupleOptions } from "./dataset/tuples.ts";
export { WORDNET_FILES, wordNetDataset } from "./dataset/wordnet.ts";
export { exampleLemma, isInflected } from "./dataset/wordnet_lemma.ts";
export {
  parseSynset,
  splitGloss,
  type Synset,
} from "./dataset/wordnet_synset.ts";
export { writeLicences } from "./dataset/write_licences.ts";

// search: a query to ranked documents
export { type Analyzer, whitespaceTokens } from "./search/analyzer.ts";
export { analyzerFor } from "./search/analyzer_for.ts";
export {
  bestPlaces,
  type BestPlacesOptions,
  placesOfIds,
} from "./search/best_places.ts";
export { type Bm25, bm25, type Bm25Options } from "./search/bm25.ts";
export {
  type Bm25Formula,
  type Bm25Index,
  bm25Index,
  type Bm25Scores,
} from "./search/bm25_index.ts";
export { breathe } from "./search/breathe.ts";
export {
  compareDocuments,
  type CompareDocumentsOptions,
} from "./search/compare_documents.ts";
export {
  englishAnalyzer,
  type EnglishAnalyzerOptions,
} from "./search/english_analyzer.ts";
export { type EncodedDocuments } from "./search/exact_max_sim.ts";
export {
  type PartedDocuments,
  partedDocuments,
} from "./search/parted_documents.ts";
export {
  pooledDocuments,
  type PooledDocumentsOptions,
  type VectorCount,
} from "./search/pooled_documents.ts";
export {
  parametersOf,
  type Retriever,
  retrieverOf,
} from "./search/retriever.ts";
export {
  searchCollection,
  type SearchCollectionOptions,
  type SearchTask,
} from "./search/search_collection.ts";
export { bigramAnalyzer, segmentAnalyzer } from "./search/segment_analyzer.ts";

// teach: what a student learns from
export { hardNegatives, type Ranker } from "./teach/hard_negatives.ts";
export {
  type LiveTeacher,
  loadTeacher,
  type LoadTeacherOptions,
  type TeachableTexts,
} from "./teach/live_teacher.ts";
export { type PackedPairs, type PairScorer } from "./teach/pair_scorer.ts";

// train: the loop
export {
  batchGradients,
  type BatchGradientsOptions,
  type LossAndGradients,
} from "./train/batch_gradients.ts";
export { batchLoss } from "./train/batch_loss.ts";
export { type BatchPart } from "./train/batch_part.ts";
export {
  completeSettings,
  type SettingContext,
} from "./train/complete_settings.ts";
export { type Estimate } from "./train/estimate.ts";
export {
  type HeadDraw,
  type KeptHeadDraw,
  keptStartingWeights,
  startingWeights,
} from "./train/head.ts";
export { type StepLine } from "./train/loop.ts";
export { type Outcome, type OutcomeRuns } from "./train/outcome.ts";
export {
  type PhasedSettings,
  phasedSettings,
  settingsOfPhase,
} from "./train/phases.ts";
export { type Plan } from "./train/plan.ts";
export { type Prepared, prepareTraining } from "./train/prepare.ts";
export { type Setting, type SettingValue } from "./train/setting.ts";
export { type GivenSettings } from "./train/setting_table.ts";
export { type TrainSettings } from "./train/settings.ts";
export {
  smallerTest,
  type SmallerTestOptions,
} from "./train/smaller_test_bed.ts";
export { sourceOrder, type SourceStep } from "./train/source_order.ts";
export { type Start, startRun } from "./train/start_run.ts";
export {
  type BatchLoss,
  type TrainingBatch,
  type TrainingState,
  type TrainStepOptions,
} from "./train/step.ts";
export {
  type StepsTaken,
  takeSteps,
  type TakeStepsOptions,
  type TeachableBatch,
} from "./train/take_steps.ts";
export { type TestBed } from "./train/test_bed.ts";
export { tokeniseBatch } from "./train/tokenise_batch.ts";
export { train, type Trained, type TrainOptions } from "./train/train.ts";
export {
  type PlannedPhase,
  type PreparedPhases,
  preparePhases,
  type TrainedPhase,
  trainPhases,
  type TrainPhasesOptions,
} from "./train/train_phases.ts";
export { type OpenOptions, type TrainingData } from "./train/training_data.ts";
export {
  type DrawnExample,
  type TrainingExample,
  type TrainingSet,
} from "./train/training_set.ts";

// paper: experiments as data
export { PUBLISHED_FOLDER, RESULTS_FOLDER } from "./paper/data_folders.ts";
export {
  type AlwaysClaim,
  type Arm,
  type ArmSettings,
  type Claim,
  type Experiment,
  type Measured,
  type Measuring,
  type MoreClaim,
  type SameClaim,
  type Scale,
  SCALES,
} from "./paper/experiment.ts";
export { experimentNamed, EXPERIMENTS } from "./paper/experiments.ts";
export {
  type DifferenceTable,
  differenceTable,
  loadResults,
  type Results,
} from "./paper/load_results.ts";
export { experimentSeeds, twinSeed } from "./paper/noise_seeds.ts";
export {
  descendQuadratics,
  type Descent,
  type Quadratics,
  randomQuadratics,
} from "./paper/quadratics.ts";
export { QUERY_MASKS } from "./paper/query_masks.ts";
export {
  type MaskRule,
  type QueryRows,
  queryRows,
} from "./paper/query_rows.ts";
export { RESULTS_EPOCH } from "./paper/results_epoch.ts";
export {
  planExperiment,
  runExperiment,
  type RunExperimentOptions,
  type SeedPlan,
} from "./paper/run_experiment.ts";
export {
  BETAS,
  GAMMAS,
  HORIZONS,
  SCHEDULE_FREE_QUADRATICS,
  theoremOne,
} from "./paper/schedule_free.ts";
export { settingsHash } from "./paper/settings_hash.ts";
export {
  type TrainedForExperiment,
  trainQuietly,
} from "./paper/train_quietly.ts";
export {
  type Noise,
  noiseOf,
  type Verdict,
  verdictsOf,
} from "./paper/verdict.ts";

// report: results to people
export {
  type Bar,
  type BarsOptions,
  barsWithIntervals,
} from "./report/bars_with_intervals.ts";
export { drawPng, drawSvg, writeFigure } from "./report/draw_figure.ts";
export { duration } from "./report/duration.ts";
export { escapeHtml } from "./report/escape_html.ts";
export {
  type ArmMean,
  armMeans,
  armTable,
  verdictTable,
} from "./report/experiment_tables.ts";
export {
  type ExplainedMatch,
  explainMatch,
  matchMap,
} from "./report/explain_match.ts";
export {
  type Figure,
  figure,
  type FigureOptions,
  isFigure,
  type PlotlyObject,
  rounded,
} from "./report/figure.ts";
export {
  figureBundle,
  type FigureBundleOptions,
} from "./report/figure_bundle.ts";
export { figureText } from "./report/figure_text.ts";
export { heatMap, type HeatMapOptions } from "./report/heat_map.ts";
export { type Line, lines, type LinesOptions } from "./report/lines.ts";
export {
  bundleOf,
  displayable,
  type MimeBundle,
  type Showable,
} from "./report/mime_bundle.ts";
export {
  notebookProgress,
  type NotebookProgressOptions,
} from "./report/notebook_progress.ts";
export { type Pace, paceOf, progressText } from "./report/pace.ts";
export { plotlyLoader } from "./report/plotly_loader.ts";
export {
  logProgress,
  progressBar,
  type ProgressOptions,
  terminalProgress,
} from "./report/progress_bar.ts";
export { show } from "./report/show.ts";
export {
  currentSink,
  type SendOptions,
  type Sink,
  useSink,
} from "./report/sink.ts";
export {
  type Cell,
  type CellInterval,
  table,
  type TableOptions,
  type TableRow,
} from "./report/table.ts";
export {
  type MetricsRow,
  trainingCurve,
  type TrainingCurveOptions,
} from "./report/training_curve.ts";

// notebook: the kernel, the runner, the checker
export { isInKernel, stopSignal } from "./notebook/adapter.ts";
export {
  type OutputCollector,
  outputCollector,
} from "./notebook/cell_outputs.ts";
export {
  checkExercise,
  type ExerciseCase,
  type KnownMistake,
} from "./notebook/check_exercise.ts";
export { checkNotebook } from "./notebook/check_notebook.ts";
export { type CellStatus } from "./notebook/client.ts";
export {
  type Collection,
  collectOutputs,
  type ShownByCell,
} from "./notebook/collect_outputs.ts";
export {
  type ExtractedModule,
  extractModule,
  type ExtractOptions,
  type NotebookPlace,
} from "./notebook/extract_module.ts";
export { formatCells } from "./notebook/format_cells.ts";
export {
  type ModuleRun,
  type ModuleRunOptions,
  type NotebookProblem,
} from "./notebook/module_run.ts";
export {
  type CellOutput,
  type Notebook,
  type NotebookCell,
  notebookText,
  parseNotebook,
  sourceOf,
} from "./notebook/notebook_file.ts";
export { notebookProblems } from "./notebook/notebook_rules.ts";
export { type Rendering, renderNotebook } from "./notebook/render_notebook.ts";
export {
  type CellFailure,
  type NotebookRun,
  runNotebook,
  type RunNotebookOptions,
} from "./notebook/run_notebook.ts";
export { syntaxProblem } from "./notebook/syntax_problem.ts";
export { type JupyterMessage, type Wire } from "./notebook/wire.ts";
