import type { IncomingHttpHeaders } from 'node:http';
import { AUTOMATIC } from '../response/outbox.ts';

/** What a person posted. */
export interface Decided {
  readonly decision: 'approve' | 'refuse';
  /** Who, by their own word. */
  readonly by: string;
}

/** Characters of a name. */
export const LONGEST_NAME = 64;

/**
 * Whether our own page posted it. A browser says where a form comes from, in either header; our page keeps its address to itself
 * (`no-referrer`), whereupon its `Origin` is `null`: then `Sec-Fetch-Site` must say it.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, url: string): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn = origin === new URL(url).origin;
  if (site !== undefined) return site === 'same-origin' && (isOwn || origin === undefined || origin === 'null');
  return isOwn;
}

export const isForm = ({ 'content-type': type = '' }: IncomingHttpHeaders): boolean =>
  /^application\/x-www-form-urlencoded *(?:; *charset=utf-8 *)?$/i.test(type);

/** Reads the posted fields; a text says what is wrong with them. */
export function readForm(body: string): Decided | string {
  const fields = new URLSearchParams(body);
  const [decision, ...others] = fields.getAll('decision');
  if ((decision !== 'approve' && decision !== 'refuse') || others.length > 0) return 'Press one of the two buttons.';
  const [written = '', ...moreNames] = fields.getAll('by');
  const by = written.normalize('NFC').trim();
  const why = moreNames.length > 0 ? 'Write one name.' : whyNoName(by);
  return why ?? { decision, by };
}

/** The name goes into the record: nothing in it may be invisible, turn the text, or pass for Wayward itself. */
function whyNoName(by: string): string | undefined {
  if (by === '') return 'Write your name: the record says who decided.';
  if ([...by].length > LONGEST_NAME) return `Write a name of at most ${LONGEST_NAME} characters.`;
  if (/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(by)) return 'Write a name without invisible characters.';
  if (by.toLowerCase() === AUTOMATIC) return 'Write the name of a person.';
  return undefined;
}
