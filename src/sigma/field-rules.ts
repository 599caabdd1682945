import { parseCidr } from '../attribution/networks.ts';
import type { Conditions } from '../detectors/conditions.ts';
import { anyOf } from './combine.ts';
import { patternsOf } from './patterns.ts';

/**
 * What a field of a rule asks for. `note` tells of what comes out a little different, `narrower` of what makes the rule find less, and
 * `leaveOut` of values without which it does; both throw under a `not`, where the rule would find more.
 */
export interface Asked {
  readonly field: string;
  readonly values: readonly unknown[];
  readonly modifiers: readonly string[];
  readonly note: (text: string) => void;
  readonly narrower: (text: string) => void;
  readonly leaveOut: (text: string) => void;
}

/**
 * Turns what is asked of a field into conditions.
 * @throws Error with a sentence on what can't be said
 */
export type FieldRule = (asked: Asked) => Conditions;

type TextKey = 'action_like' | 'method' | 'path' | 'statement' | 'client' | 'service';

const globsIn = (key: TextKey, globs: readonly string[]): Conditions => ({ [key]: globs });

/** A text of our events; `forms` are what a glob of the rule's field becomes there. */
export const like =
  (key: TextKey, forms: (glob: string) => readonly string[] = (glob) => [glob]): FieldRule =>
  ({ values, modifiers }) => {
    const { globs, all } = patternsOf(values, modifiers);
    if (!all) return globsIn(key, globs.flatMap(forms));
    return globs.length === 1
      ? globsIn(key, forms(globs[0] as string))
      : { all: globs.map((glob) => globsIn(key, forms(glob))) };
  };

/** Addresses and networks. */
export const address: FieldRule = ({ values, modifiers }) => {
  if (modifiers.some((modifier) => modifier !== 'cidr'))
    throw new Error('only whole addresses and cidr can be said of an address');
  const networks = values.map((value) => {
    const text = String(value);
    const network = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
    if (parseCidr(network) === undefined) throw new Error(`"${text}" is no address`);
    return network;
  });
  return { networks };
};

/** Logins that failed are of nobody: no detector judges them. */
const NOBODYS = [401, 407];

export const status: FieldRule = ({ values, modifiers, leaveOut }) => {
  if (modifiers.length > 0) throw new Error(`of a status only whole numbers can be said, not ${modifiers.join(' ')}`);
  const numbers = values.map(Number);
  if (numbers.some((number) => !Number.isInteger(number))) throw new Error('a status must be a whole number');
  const kept = numbers.filter((number) => !NOBODYS.includes(number));
  if (kept.length === 0) throw new Error('logins that failed (401, 407) prove no identity, and are judged for nobody');
  if (kept.length < numbers.length) leaveOut('401 and 407 prove no identity');
  return { status: kept };
};

const LIMITS: Readonly<Record<string, (limit: number) => Conditions>> = {
  gte: (bytes) => ({ bytes }),
  gt: (limit) => ({ bytes: limit + 1 }),
  lt: (bytes) => ({ not: { bytes } }),
  lte: (limit) => ({ not: { bytes: limit + 1 } }),
};

export const bytes: FieldRule = ({ values: [value], modifiers: [modifier = ''] }) => {
  const limit = LIMITS[modifier];
  const number = Number(value);
  if (limit === undefined || !Number.isInteger(number) || number < 0)
    throw new Error('of bytes only gt, gte, lt and lte can be said');
  return limit(number);
};

/** Words for how it ended, to ours; those of a login that failed stand for nothing. */
export const result =
  (words: Readonly<Record<string, 'success' | 'denied'>>): FieldRule =>
  ({ values, modifiers }) => {
    if (modifiers.length > 0) throw new Error('only whole words can be said of a result');
    const meant = values.map((value) => words[value === null ? 'null' : String(value).toLowerCase()]);
    const unknown = values[meant.indexOf(undefined)];
    if (meant.includes(undefined)) throw new Error(`"${unknown}" is no result that events know apart`);
    return { result: [...new Set(meant as ('success' | 'denied')[])] };
  };

/** What of these can't stand in a path, since events do not keep what follows it. */
const withoutParameters = ({ values, modifiers, leaveOut }: Asked): readonly unknown[] => {
  const withParameters = values.filter((value) => /[?=]/.test(String(value)));
  const rest = values.filter((value) => !withParameters.includes(value));
  if (rest.length === 0 || (withParameters.length > 0 && modifiers.includes('all')))
    throw new Error('parameters of addresses are not kept in events: secrets stand there');
  if (withParameters.length > 0) leaveOut(`values with parameters: ${withParameters.join(', ')}`);
  return rest;
};

/** A path without its parameters, which events do not keep. */
export const pathOnly: FieldRule = (asked) => {
  const values = withoutParameters(asked);
  asked.narrower(`${asked.field} is looked for in the path alone, not in its parameters`);
  return like('path')({ ...asked, values });
};

/** Words that may stand anywhere in the record. */
export const anywhere =
  (...keys: readonly TextKey[]): FieldRule =>
  (asked) => {
    const values = keys.includes('path') ? withoutParameters(asked) : asked.values;
    asked.narrower(`words without a field are looked for in ${keys.join(' and ')} alone`);
    return anyOf(keys.map((key) => like(key)({ ...asked, values, modifiers: ['contains'] })));
  };
