import { z } from 'zod';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Milliseconds of `90d`, `12h`, `30m`, `10s` or `500ms`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** A length of time above zero, read to milliseconds. */
export const durationSchema = z.unknown().transform((written, context): number => {
  const milliseconds = typeof written === 'string' ? parseDuration(written) : undefined;
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  const guess = typeof written === 'string' || typeof written === 'number' ? guessDuration(String(written)) : undefined;
  context.addIssue(`is not a duration; write a whole number and ms, s, m, h or d, such as ${guess ?? '90d'}`);
  return z.NEVER;
});

/** `90 days`, `12 hrs`, `90` → what was most likely meant; a bare number is taken for days. */
function guessDuration(written: string): string | undefined {
  const [, amount, word = ''] = /^\s*(\d{1,9})\s*([a-z]*)\s*$/i.exec(written) ?? [];
  if (amount === undefined || Number(amount) === 0) return undefined;
  if (/^(ms|milli)/i.test(word)) return `${amount}ms`;
  return `${amount}${/^[smhd]/i.exec(word)?.[0].toLowerCase() ?? 'd'}`;
}
