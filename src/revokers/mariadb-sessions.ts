import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Notes } from '../response/action.ts';
import { killSession, quoted, sessionsOf } from './mariadb-accounts.ts';
import { withMariaDb } from './mariadb-client.ts';

/** A session that is told to end needs a moment, more under load. */
const WITHIN_MS = 3_000;
const PAUSE_MS = 20;

const SESSIONS = 'response: sessions';

/**
 * Ends the sessions that a user has when this is first called, at every host, and those only, however often it is called: what is opened later is
 * opened with the new password. A server gives each session an id that it gives to no other.
 * @throws CallError
 */
export const endMariaDbSessions = (url: Secret, user: string, notes: Notes): Promise<string> =>
  withMariaDb(url, async (server) => {
    const noted = notes.get(SESSIONS);
    const ids = noted === undefined ? await sessionsOf(server, user) : noted.split(' ').filter(Boolean);
    if (noted === undefined) await notes.keep(SESSIONS, ids.join(' '));
    const left = async () => (await sessionsOf(server, user)).filter((id) => ids.includes(id));
    for (const id of await left()) await killSession(server, id);
    for (const deadline = performance.now() + WITHIN_MS; ; await sleep(PAUSE_MS)) {
      const { length } = await left();
      if (length === 0) return `of ${ids.length} sessions that user ${quoted(user)} had, none is left`;
      if (performance.now() > deadline) throw new CallError(`${length} sessions have not ended yet`, true);
    }
  });
