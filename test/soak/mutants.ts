import fc from 'fast-check';
import { ALL_FORMATS, examiner, mutants as generated } from '../formats/mutants.ts';
import type { LongForm } from './form.ts';

const BATCHES = 100;
const BATCH = 10_000;

/** Every format gets every mutant of the batch, in the same order. */
function failuresOf(seed: number): string[] {
  const failures: string[] = [];
  for (const format of ALL_FORMATS) {
    const examine = examiner(format);
    const { counterexample, errorInstance } = fc.check(
      fc.property(generated, (text) => {
        const wrong = examine(text);
        if (wrong !== undefined) throw new Error(wrong);
      }),
      // What parsers remember between records is part of a batch: a mutant alone may prove nothing, and is not made smaller.
      { numRuns: BATCH, seed, endOnFailure: true },
    );
    if (counterexample !== null) failures.push(`${format.id}: ${errorInstance}: ${JSON.stringify(counterexample[0])}`);
  }
  return failures;
}

export const mutants: LongForm = {
  about: `${(BATCHES * BATCH).toLocaleString('en')} damaged records, each parsed by every format: an answer for each, the same again`,
  pieces: Array.from({ length: BATCHES }, (_, at) => ({
    name: `batch ${at + 1}`,
    seconds: 5,
    run: async () => failuresOf(at + 1),
  })),
};
