import { z } from 'zod';
import { DEEDS } from '../../attribution/deed.ts';

/** Every message has an id, and the person who gave the order. */
const given = { id: z.uuid(), by: z.string().min(1).max(256) };

/** Dead letters in one command: reading their records must not keep closings waiting. */
export const MOST_LETTERS = 200;

/** What `dead-letters replay` says to whoever ingests: offsets in `wayward.dead-letters`. Said again, it does nothing. */
export const replaySchema = z.object({
  say: z.literal('replay'),
  ...given,
  letters: z.array(z.int().nonnegative()).min(1).max(MOST_LETTERS),
});

/** What `wayward reload` says to everybody: to go on with the registry and the detectors whose files have this hash. Said again, it does nothing. */
export const reloadSchema = z.object({ say: z.literal('reload'), ...given, hash: z.hash('sha256') });

/** What the responder says of what it did to a credential, to whoever detects; said again, it does nothing. `at`: milliseconds since the epoch. */
export const deedSchema = z.object({
  say: z.enum(DEEDS),
  credential: z.string().min(1).max(1_024),
  at: z.int().nonnegative(),
});

/** Of what stands on the control topic and is none. */
export const UNKNOWN_COMMAND = 'it is no word that this version knows';
