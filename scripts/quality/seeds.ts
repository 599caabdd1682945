/** Rivals and detectors may be fitted on worlds of these seeds. */
export const TRAINING_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, at) => 1 + at);

/** Only measured on: what is written into docs/quality.md comes from these, and nothing is ever fitted on them. */
export const EVALUATION_SEEDS: readonly number[] = Array.from({ length: 40 }, (_, at) => 1_001 + at);
