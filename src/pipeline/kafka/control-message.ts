import { z } from 'zod';
import { VERDICT_WORDS } from '../../alerts/verdict.ts';
import { DEEDS } from '../../attribution/deed.ts';

/** What `alerts close` says on the control topic. */
export const closingSchema = z.object({
  say: z.literal('close'),
  verdict: z.enum(VERDICT_WORDS),
  by: z.string().max(256),
  because: z.string().max(4_096),
  /** Of the alert, what detection and response need to know. */
  alert: z.object({
    id: z.string().max(64),
    principal: z.string().max(1_024),
    peerGroup: z.string().max(1_024).optional(),
    start: z.number(),
    end: z.number(),
  }),
});

/** Every word has an id, under which its answer is found, and the person who says it. */
const said = { id: z.uuid(), by: z.string().min(1).max(256) };
const credentials = z.array(z.string().min(1).max(1_024)).min(1).max(10_000);

/** Dead letters in one word: reading their records must not keep closings waiting. */
export const MOST_LETTERS = 200;

/** What `dead-letters replay` says to whoever ingests: offsets in `wayward.dead-letters`. Said again, it does nothing. */
export const replaySchema = z.object({
  say: z.literal('replay'),
  ...said,
  letters: z.array(z.int().nonnegative()).min(1).max(MOST_LETTERS),
});

/** What `wayward reload` says to everybody: to go on with the registry and the detectors whose files have this hash. Said again, it does nothing. */
export const reloadSchema = z.object({ say: z.literal('reload'), ...said, hash: z.hash('sha256') });

/** What the responder says of what it did to a credential, to whoever detects; said again, it does nothing. `at`: milliseconds since the epoch. */
export const deedSchema = z.object({
  say: z.enum(DEEDS),
  credential: z.string().min(1).max(1_024),
  at: z.int().nonnegative(),
});

/** What people say to the responder. */
export const wordSchema = z.discriminatedUnion('say', [
  closingSchema.extend(said),
  z.object({ say: z.literal('halt'), ...said }),
  z.object({ say: z.literal('resume'), ...said }),
  z.object({ say: z.literal('approve'), ...said, alert: z.string().max(64) }),
  /** By a link: about what it was made for, and nothing else. */
  z.object({
    say: z.literal('decide'),
    ...said,
    decision: z.enum(['approve', 'refuse']),
    approval: z.object({ alert: z.string().max(64), expiresAt: z.int(), digest: z.string().max(64) }),
  }),
  z.object({ say: z.literal('revoke'), ...said, credentials, final: z.boolean().default(false) }),
  z.object({ say: z.literal('restore'), ...said, credentials }),
  z.object({ say: z.literal('rotate'), ...said, credentials }),
  /** Without a kind: every drill of the responder's wayward.yaml. */
  z.object({ say: z.literal('drill'), ...said, kind: z.string().min(1).max(64).optional() }),
]);

/** Of what stands on the control topic and is none. */
export const NO_WORD = 'it is no word that this version knows';

export type Word = z.infer<typeof wordSchema>;
