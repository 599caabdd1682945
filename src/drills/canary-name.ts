import { randomBytes } from 'node:crypto';

export const CANARY_PREFIX = 'wayward_canary_';
const NAME = /^wayward_canary_([0-9a-z]{8,10})_[0-9a-f]{8}$/;

/** A new name with its time of birth in it (milliseconds): letters, digits and `_`, at most 34. */
export const canaryName = (now: number): string =>
  `${CANARY_PREFIX}${now.toString(36)}_${randomBytes(4).toString('hex')}`;

/** When a canary of this name was made, milliseconds since the epoch; undefined for names that are none of ours. */
export function bornAt(name: string): number | undefined {
  const [, born] = NAME.exec(name) ?? [];
  return born === undefined ? undefined : Number.parseInt(born, 36);
}
