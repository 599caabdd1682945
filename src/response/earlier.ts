import { createHash } from 'node:crypto';
import { ORIGINS, type Origin } from './step-kinds.ts';

/**
 * What versions before steps had ids said in words only, in rows of the outbox and entries of the audit trail. Their words stand here as they
 * were then, and follow no change of today's; nothing of today is read by its words.
 */

/** In SQL, of a row of the outbox, whoever wrote it. */
export const KIND = `coalesce(kind, CASE WHEN action = 'notify' THEN iif(position = 100, 'page', 'notice')
  WHEN detail GLOB 'rotate: *' THEN 'rotate' ELSE 'revoke' END)`;
export const ORIGIN = `coalesce(origin, CASE WHEN cause GLOB 'drill-*' THEN 'drill' WHEN cause GLOB 'rotation-*' THEN 'rotation'
  WHEN cause GLOB 'order-*' OR cause GLOB 'restore-*' THEN 'order' ELSE 'alert' END)`;
/** Only of pages, as their index has it. */
export const IS_PAGE = "action = 'notify' AND (kind = 'page' OR (kind IS NULL AND position = 100))";
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
