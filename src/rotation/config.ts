import { z } from 'zod';
import { durationSchema } from '../config/duration.ts';
import { scheduleSchema } from '../schedule.ts';

const DAY = 86_400_000;

/** `rotation:` in wayward.yaml; without it nothing is looked at. */
export const rotationSchema = z.strictObject({
  /** auto: rotates what it can by itself, and reminds of the rest. */
  mode: z.enum(['off', 'remind', 'auto']).default('remind'),
  /** Cron, UTC: when to look. */
  schedule: scheduleSchema.default('0 6 * * *'),
  /** Milliseconds. */
  remind_before: durationSchema.default(14 * DAY),
});

export type RotationConfig = z.infer<typeof rotationSchema>;
