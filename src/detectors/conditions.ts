import { z } from 'zod';
import { ACTION_CLASSES, classOfUse } from '../action-class.ts';
import type { AttributedUse } from '../attribution/attributed.ts';
import { compileGlob, MAX_PATTERN, type Matcher } from '../attribution/glob.ts';
import { compileNetworks, parseCidr } from '../attribution/networks.ts';
import { parseSchedule } from '../attribution/schedule.ts';
import { compileScope, compileScopes } from '../attribution/scopes.ts';
import { BoundedCache } from '../bounded-cache.ts';
import { SHAPES, tokensOf } from '../event.ts';
import { compileSensitive, sensitivePatterns } from './sensitive.ts';

/** What a detector's file may ask of one use. All conditions must hold; where a list is given, one of it must. */

const CACHED = 2_048;

const listOf = <T>(one: z.ZodType<T>) =>
  z.union([z.array(one).min(1), one.transform((only) => [only])]) as z.ZodType<readonly T[]>;
const globs = listOf(z.string().min(1).max(MAX_PATTERN));
const least = z.number().positive();
const network = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: 'is no network; write such as 10.4.0.0/16',
});
const hours = z.string().superRefine((text, context) => {
  const parsed = parseSchedule(text);
  if (typeof parsed === 'string') context.addIssue(parsed);
});

const oneUse = {
  /** Written as scopes are: `GET /v1/export/**`, `DROP *`, `kv/data/billing/*:read`. */
  action: globs.exactOptional(),
  /** The whole action, in any case; `*` stands for anything. */
  action_like: globs.exactOptional(),
  class: listOf(z.enum(ACTION_CLASSES)).exactOptional(),
  /** Actions that name one of these words. */
  names: sensitivePatterns.min(1).exactOptional(),
  result: listOf(z.enum(['success', 'denied', 'error'])).exactOptional(),
  proof: listOf(z.enum(['verified', 'declared'])).exactOptional(),
  status: listOf(z.int()).exactOptional(),
  shape: listOf(z.enum(SHAPES)).exactOptional(),
  method: globs.exactOptional(),
  /** As the record has it, without its parameters. */
  path: globs.exactOptional(),
  /** SQL without its literals. */
  statement: globs.exactOptional(),
  dataset: globs.exactOptional(),
  service: globs.exactOptional(),
  client: globs.exactOptional(),
  networks: listOf(network).exactOptional(),
  /** `Mon-Fri 06:00-20:00 Europe/Berlin`. */
  hours: hours.exactOptional(),
  /** The registry says that nobody should use the credential. */
  honeytoken: z.literal(true).exactOptional(),
  /** As much as this or more. */
  bytes: least.exactOptional(),
  rows: least.exactOptional(),
  tokens: least.exactOptional(),
  cost: least.exactOptional(),
};

const isAsked = (conditions: object): boolean => Object.values(conditions).some((value) => value !== undefined);
const EMPTY = { error: 'asks nothing; write a condition, such as action: "GET /v1/export/**"' };

const MOST_NESTED = 200;

export interface Conditions extends z.infer<z.ZodObject<typeof oneUse>> {
  readonly not?: Conditions;
  readonly any?: readonly Conditions[];
  readonly all?: readonly Conditions[];
}

const nested: z.ZodType<Conditions> = z.lazy(() => conditionsSchema);
const several = z.array(nested).min(1).max(MOST_NESTED);

/** `not`: uses that fit all of it are left out. `any`: one of these must fit, `all`: each of them. */
export const conditionsOf = {
  ...oneUse,
  not: nested.exactOptional(),
  any: several.exactOptional(),
  all: several.exactOptional(),
};
export const conditionsSchema = z.strictObject(conditionsOf).refine(isAsked, EMPTY);

type Test = (at: AttributedUse) => boolean;

/**
 * Compiles conditions to one question about a use. Where no `result` is asked for, only what was allowed or denied can fit: what failed
 * for another reason had no effect.
 */
export const compileConditions = (asked: Conditions): Test => together({ result: ['success', 'denied'], ...asked });

const together = ({ not, any, all, ...asked }: Conditions): Test => {
  const tests = testsOf(asked);
  if (all !== undefined) tests.push(...all.map(together));
  if (any !== undefined) {
    const alternatives = any.map(together);
    tests.push((at) => alternatives.some((test) => test(at)));
  }
  if (not !== undefined) {
    const without = together(not);
    tests.push((at) => !without(at));
  }
  return (at) => tests.every((test) => test(at));
};

const testsOf = (asked: Omit<Conditions, 'not' | 'any' | 'all'>): Test[] => {
  const tests: Test[] = [];
  const text = (patterns: readonly string[] | undefined, of: (at: AttributedUse) => string | undefined): void => {
    if (patterns === undefined) return;
    const fits = remembered(anyCase(patterns));
    tests.push((at) => {
      const value = of(at);
      return value !== undefined && fits(value);
    });
  };
  const oneOf = <T>(values: readonly T[] | undefined, of: (at: AttributedUse) => T | undefined): void => {
    if (values !== undefined) tests.push((at) => values.some((value) => value === of(at)));
  };
  const atLeast = (limit: number | undefined, of: (at: AttributedUse) => number): void => {
    if (limit !== undefined) tests.push((at) => of(at) >= limit);
  };
  if (asked.honeytoken) tests.push(({ attribution: { credential } }) => credential?.honeytoken === true);
  oneOf(asked.result, ({ use }) => use.result);
  oneOf(asked.proof, ({ use }) => use.proof.state);
  oneOf(asked.status, ({ use }) => use.status);
  oneOf(asked.shape, ({ use }) => use.shape);
  atLeast(asked.bytes, ({ use }) => use.bytes);
  atLeast(asked.rows, ({ use }) => use.rows);
  atLeast(asked.tokens, ({ use }) => tokensOf(use));
  atLeast(asked.cost, ({ use }) => use.spent?.cost ?? 0);
  if (asked.action !== undefined) tests.push(actionTest(asked.action));
  if (asked.names !== undefined) {
    const fits = remembered(compileSensitive(asked.names));
    tests.push(({ use }) => fits(use.action));
  }
  oneOf(asked.class, ({ use }) => classOfUse(use));
  text(asked.action_like, ({ use }) => use.action);
  text(asked.method, ({ use }) => use.method);
  text(asked.path, ({ use }) => use.path);
  text(asked.statement, ({ use }) => use.statement);
  text(asked.dataset, ({ use }) => use.dataset);
  text(asked.service, ({ use }) => use.service);
  text(asked.client, ({ use }) => use.client);
  if (asked.networks !== undefined) {
    const inside = compileNetworks(asked.networks);
    tests.push(({ use }) => use.sourceIp !== undefined && inside(use.sourceIp) === true);
  }
  if (asked.hours !== undefined) {
    const schedule = parseSchedule(asked.hours);
    if (typeof schedule === 'string') throw new RangeError(`hours "${asked.hours}" ${schedule}`);
    tests.push(({ use }) => schedule.isWithin(use.time));
  }
  return tests;
};

/** An action on several tables fits as soon as one of them does: a join must hide none. */
const actionTest = (patterns: readonly string[]): Test => {
  const whole = compileScopes(patterns);
  const each = patterns.map(compileScope);
  const fits = remembered((action) => whole(action) || partsOf(action).some((part) => each.some((one) => one(part))));
  return ({ use }) => fits(use.action);
};

const partsOf = (action: string): string[] => {
  const [, verb, rest] = /^([A-Z]{2,16}) (.+, .+)$/.exec(action) ?? [];
  return rest === undefined ? [] : rest.split(', ').map((object) => `${verb} ${object}`);
};

const anyCase = (patterns: readonly string[]): Matcher => {
  const compiled = patterns.map((pattern) => compileGlob(pattern.toLowerCase()));
  return (text) => {
    const lower = text.toLowerCase();
    return compiled.some((one) => one(lower));
  };
};

/** Patterns take time that a text which came before need not cost again. */
const remembered = (matches: Matcher): Matcher => {
  const answers = new BoundedCache<boolean>(CACHED);
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = matches(text);
    answers.set(text, answer);
    return answer;
  };
};
