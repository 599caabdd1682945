import { z } from 'zod';
import { durationSchema } from '../config/duration.ts';
import { scheduleSchema } from '../schedule.ts';
import type { DrillKind } from './drill-kind.ts';
import { DRILL_KINDS } from './registry.ts';

const MINUTE = 60_000;

/** What every entry of `drills:` may say; the rest is its kind's. */
export interface Drill {
  readonly with: string;
  /** Cron, UTC; without one it is held by hand only. */
  readonly schedule?: string | undefined;
  /** From the order to the refusal of the next use, milliseconds: longer is a failure. */
  readonly objective: number;
}

const entrySchema = ({ id, fields }: DrillKind) =>
  z.strictObject({
    with: z.literal(id),
    schedule: scheduleSchema.optional(),
    objective: durationSchema.default(MINUTE),
    ...fields,
  });

const [first, ...others] = DRILL_KINDS.map(entrySchema);
if (first === undefined) throw new Error('there is no kind of drill');

/** `with` is looked at first, so that a mistake in it is told as such. */
const drillSchema = z
  .looseObject({ with: z.enum(DRILL_KINDS.map(({ id }) => id)) })
  .pipe(z.discriminatedUnion('with', [first, ...others]));

/** `drills:` in wayward.yaml. */
export const drillsSchema: z.ZodType<readonly Drill[]> = z.array(drillSchema);

/** One of them, as `wayward drill KIND` makes it up where none is configured; undefined if its kind needs more than that. */
export const drillWithDefaults = (kind: DrillKind): Drill | undefined =>
  entrySchema(kind).safeParse({ with: kind.id }).data;
