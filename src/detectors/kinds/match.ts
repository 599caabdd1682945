import { z } from 'zod';
import { durationSchema } from '../../config/duration.ts';
import { type Conditions, compileConditions, conditionsOf, conditionsSchema } from '../conditions.ts';
import { type Context, defineKind } from '../detector.ts';
import type { Needs } from '../needs.ts';
import { didOrTried } from '../outcome.ts';
import { duration, number, shown } from '../words.ts';

/** Of what the different values are counted. */
const DISTINCT = ['action', 'path', 'client', 'source'] as const;

const parameters = z.strictObject({
  ...conditionsOf,
  /** Reported when there are more than `over` within that time; with `distinct`, more different ones. */
  count: z
    .strictObject({
      over: z.int().min(1).max(1_000),
      within: durationSchema,
      distinct: z.enum(DISTINCT).exactOptional(),
    })
    .exactOptional(),
  /** Only reported where the principal did this before, at most so long ago. */
  after: z.strictObject({ use: conditionsSchema, within: durationSchema }).exactOptional(),
});

/** What the conditions that must all hold are about. */
const NEEDS = {
  bytes: 'bytes',
  rows: 'rows',
  tokens: 'tokens',
  cost: 'cost',
  status: 'status',
  method: 'method',
  path: 'path',
  statement: 'statement',
  client: 'client',
  service: 'service',
  networks: 'address',
} as const;

const needsOf = (conditions: Conditions): Needs => {
  const own = Object.entries(NEEDS).flatMap(([key, needed]) => (key in conditions ? [[needed]] : []));
  return [...own, ...(conditions.all ?? []).flatMap(needsOf)];
};

const countedValue = ({ at: { use } }: Context, distinct: (typeof DISTINCT)[number]): string =>
  (distinct === 'source' ? use.sourceIp : use[distinct]) ?? '';

/** Uses that fit what the file describes: one, several within a time, or one that follows another. */
export const match = defineKind({
  id: 'match',
  title: 'Uses that the file describes: one, several within a time, or one that follows another.',
  trigger: 'use',
  baseline: false,
  parameters,
  needs: needsOf,
  check: ({ count, after, ...conditions }, id) => {
    const fits = compileConditions(conditions);
    const isFirst = after && compileConditions(after.use);
    return (context, report) => {
      const { at, principal, recent } = context;
      if (at.attribution.principal === undefined) return;
      const time = at.orderTime;
      // What strangers can write counts by itself, so that it never completes what was proven.
      const key = `${id}\n${principal.name}\n${at.use.proof.state}`;
      const isMatch = fits(at) && (after === undefined || recent.count(`${key}\nafter`, time, after.within) > 0);
      if (isFirst?.(at) && !at.late) recent.note(`${key}\nafter`, time, after?.within ?? 0, 1);
      if (!isMatch) return;
      const who = at.attribution.credential?.agent ?? principal.name;
      const action = shown(at.use.action);
      const withWhich = at.attribution.credential === undefined ? '' : ` with ${at.attribution.credential.id}`;
      const done = `${who} ${didOrTried(at.use)} ${action}${withWhich}`;
      if (count === undefined) {
        const follows = after === undefined ? '' : `, within ${duration(after.within)} after what it must not follow`;
        report({
          subject: at.use.action,
          reason: `${done}${follows}, which this rule looks for`,
          observed: action,
          expected: 'no such use',
        });
        return;
      }
      if (at.late) return;
      const { over, within, distinct } = count;
      recent.note(key, time, within, over + 1, distinct && countedValue(context, distinct));
      const reached = recent.count(key, time, within);
      if (reached <= over) return;
      const what = distinct === undefined ? 'uses' : `different ${distinct}s`;
      report({
        subject: `more than ${over} ${what}`,
        reason: `${done}: more than ${number(over)} ${what} within ${duration(within)} that this rule looks for`,
        observed: `${reached} or more`,
        expected: `at most ${over}`,
        window: within,
      });
    };
  },
});
