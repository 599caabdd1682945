import type { Alert } from './alert.ts';

/** What an alert may be by what people said of it; `new` while nobody has. */
export const VERDICTS = ['new', 'confirmed', 'benign'] as const;

/** What a person can say: a real incident, or nothing to worry about. */
export type VerdictValue = Exclude<(typeof VERDICTS)[number], 'new'>;

/** What a person said of an alert. */
export interface Verdict {
  readonly value: VerdictValue;
  readonly by: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
  readonly because: string;
}

/** The words for it: `true` is what earlier versions say for `confirmed`. */
export const VERDICT_WORDS = ['benign', 'confirmed', 'true'] as const;
export type VerdictWord = (typeof VERDICT_WORDS)[number];

export const verdictOfWord = (word: VerdictWord): VerdictValue => (word === 'true' ? 'confirmed' : word);

/** The word that the version before this one reads, too. */
export const wordOfVerdict = (value: VerdictValue): 'benign' | 'true' => (value === 'confirmed' ? 'true' : value);

/** The alert with this verdict: it is over, since what comes after is another incident. The same one where it has the verdict already. */
export const judged = (alert: Alert, verdict: Verdict): Alert =>
  alert.state === 'over' && isSame(alert.verdict, verdict)
    ? alert
    : { ...alert, state: 'over', verdict, revision: alert.revision + 1 };

const isSame = (known: Verdict | undefined, { value, by, at, because }: Verdict): boolean =>
  known?.value === value && known.by === by && known.at === at && known.because === because;
