import { formats } from '../../src/formats/registry.ts';
import { readMutants } from '../mutants/read-mutants.ts';
import type { LongForm } from './form.ts';

const MUTANTS = 10_000;

/** A format's own records, damaged in every way, all the way to alerts. */
export const compliance: LongForm = {
  about: `${MUTANTS.toLocaleString('en')} damaged records of each format: nothing vanishes, no secret comes out, the same answer again`,
  pieces: formats.map((format) => ({
    name: format.id,
    seconds: 40,
    async run() {
      const first = await readMutants(format.id, MUTANTS, [format]);
      const again = await readMutants(format.id, MUTANTS / 10, [format]);
      const repeated = await readMutants(format.id, MUTANTS / 10, [format]);
      const counts = ({ read, events, ignored, deadLetters, alerts }: typeof first): string =>
        [read, events, ignored, deadLetters, alerts].join(' ');
      const isSame = counts(again) === counts(repeated);
      return isSame ? first.problems : [...first.problems, `${counts(again)} is ${counts(repeated)} the second time`];
    },
  })),
};
