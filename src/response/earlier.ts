import { createHash } from 'node:crypto';

/**
 * What earlier versions, up to the sixth schema of the store, said in words only: read from their rows of the outbox and their entries of the
 * audit trail, and decided by nowhere else. Their words stand here as they were; nothing of this follows a change of today's.
 */

/** What an outbox step does: revocations that rotate leave the holder a new value; a page goes before all other notices. */
export type StepKind = 'revoke' | 'rotate' | 'notice' | 'page';

const ORIGINS = ['alert', 'order', 'drill', 'rotation'] as const;
/** Whose doing a step is: an alert's, a person's, a drill's, or a rotation's. */
export type Origin = (typeof ORIGINS)[number];

/** In SQL, of a row of the outbox. */
export const KIND = `coalesce(kind, CASE WHEN action = 'notify' THEN iif(position = 100, 'page', 'notice')
  WHEN detail GLOB 'rotate: *' THEN 'rotate' ELSE 'revoke' END)`;
export const ORIGIN = `coalesce(origin, CASE WHEN cause GLOB 'drill-*' THEN 'drill' WHEN cause GLOB 'rotation-*' THEN 'rotation'
  WHEN cause GLOB 'order-*' OR cause GLOB 'restore-*' THEN 'order' ELSE 'alert' END)`;
export const WAITS = "coalesce(waits, note GLOB 'waits: *', 0)";

const UNDO = 'undo: ';
const ROTATE = 'rotate: ';

/** The sentence of the step that such a row makes or undoes, as the plan had it then. */
export const plannedSentence = (action: string, detail: string): string =>
  action === 'restore' && detail.startsWith(UNDO) ? detail.slice(UNDO.length) : detail;

/** The sentence that such a row of a rotation by the rotator itself has. */
export const rotationSentence = (describe: string): string => ROTATE + describe;

/** An id for the step of such a row: the same for the same words. */
export const earlierStepId = (credential: string, sentence: string): string =>
  createHash('sha256').update(['earlier', credential, sentence].join('\0')).digest('hex').slice(0, 32);

/** What an entry of the audit trail tells of, by its `action`. */
export function deedInWords(action: string): 'revoke' | 'restore' | 'rotate' | 'notify' {
  if (action === 'notify the webhook') return 'notify';
  if (action.startsWith(UNDO)) return 'restore';
  return action.startsWith(ROTATE) ? 'rotate' : 'revoke';
}

/** Whose doing an entry of the audit trail is; by its cause where it does not say. */
export function originOf(said: unknown, cause: string): Origin {
  const known = ORIGINS.find((origin) => origin === said);
  if (known !== undefined) return known;
  const [, word] = /^(order|restore|drill|rotation)-/.exec(cause) ?? [];
  return word === 'restore' ? 'order' : (ORIGINS.find((origin) => origin === word) ?? 'alert');
}
