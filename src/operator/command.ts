import { z } from 'zod';
import { VERDICT_WORDS } from '../alerts/verdict.ts';

/** Of `alerts close`, what detection needs to know. */
export const closingSchema = z.object({
  say: z.literal('close'),
  verdict: z.enum(VERDICT_WORDS),
  by: z.string().max(256),
  because: z.string().max(4_096),
  alert: z.object({
    id: z.string().max(64),
    principal: z.string().max(1_024),
    peerGroup: z.string().max(1_024).optional(),
    start: z.number(),
    end: z.number(),
  }),
});

/** Every command has an id, under which its answer is found, and the person who gives it. */
const given = { id: z.uuid(), by: z.string().min(1).max(256) };
const credentials = z.array(z.string().min(1).max(1_024)).min(1).max(10_000);

/** What a person orders, in the form that stands on the control topic; `execute.ts` says what each does. */
export const commandSchema = z.discriminatedUnion('say', [
  closingSchema.extend(given),
  z.object({ say: z.literal('halt'), ...given }),
  z.object({ say: z.literal('resume'), ...given }),
  z.object({ say: z.literal('approve'), ...given, alert: z.string().max(64) }),
  /** By a link: about what it was made for, and nothing else. */
  z.object({
    say: z.literal('decide'),
    ...given,
    decision: z.enum(['approve', 'refuse']),
    approval: z.object({ alert: z.string().max(64), expiresAt: z.int(), digest: z.string().max(64) }),
  }),
  /** Each credential's first step, or with `final` all of them. */
  z.object({ say: z.literal('revoke'), ...given, credentials, final: z.boolean().default(false) }),
  z.object({ say: z.literal('restore'), ...given, credentials }),
  z.object({ say: z.literal('rotate'), ...given, credentials }),
  /** Without a kind: every drill that is configured. */
  z.object({ say: z.literal('drill'), ...given, kind: z.string().min(1).max(64).optional() }),
]);

export type OperatorCommand = z.infer<typeof commandSchema>;

type WithoutId<Command> = Command extends unknown ? Omit<Command, 'id'> : never;

/** One that has no id yet. */
export type NewCommand = WithoutId<OperatorCommand>;
