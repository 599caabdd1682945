import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { Store } from '../../src/sinks/store.ts';
import { useAllTheTime } from './client.ts';
import type { Holder, LiveIssuer } from './issuers/issuer.ts';
import { type RunningWayward, spawnWayward } from './wayward.ts';

/** Uses before the misuse, and after the proof. */
const USES = 5;

/** Where a Wayward revokes by itself, on what the agents of an issuer do. */
export interface Place {
  readonly config: string;
  readonly state: string;
}

/** Configuration and registry in a new folder of that name. No history: what is out of scope needs none. */
export function newPlace(folder: string, { settings, secrets, holders }: LiveIssuer): Place {
  mkdirSync(folder, { recursive: true });
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(folder, name), secret, { mode: 0o600 });
  const entries = holders.map(({ entry }) => entry);
  writeFileSync(join(folder, 'credentials.yaml'), registryYaml('The agents of this issuer.', entries));
  const config = join(folder, 'wayward.yaml');
  const response = { mode: 'auto', limits: { credentials: entries.length + 1 } }; // one place is kept for grave alerts
  writeFileSync(config, stringify({ ...settings, credentials: 'credentials.yaml', state: 'state', response }));
  return { config, state: join(folder, 'state') };
}

/** A running Wayward that has read what there is; it goes on where an earlier one stood. */
export async function watch({ config }: Place, env: Readonly<Record<string, string>> = {}): Promise<RunningWayward> {
  const wayward = spawnWayward(config, env);
  await wayward.line(({ msg }) => msg === 'caught up');
  return wayward;
}

/** How a theft went for the thief. */
export interface Theft {
  /** When its last use that worked began, and when the proof stood, milliseconds since the epoch. */
  readonly lastUseAt: number;
  readonly verifiedAt: number;
  /** How the server refused the uses that began after that; `WORKED` among them where it did not. */
  readonly refusals: readonly string[];
}

export const WORKED = 'it worked';

/**
 * A credential in use all the time is used for what it is not for; resolves some uses after the proof that it is dead.
 * @param watching gives, after that, the Wayward that brings the proof
 */
export async function theft(thief: Holder, watching: () => Promise<RunningWayward>): Promise<Theft> {
  const client = useAllTheTime(thief);
  try {
    await client.used(USES, 0);
    await thief.offend();
    const { id } = thief.entry;
    const wayward = await watching();
    const { times } = await wayward.line(({ credential, state }) => credential === id && state === 'verified');
    const verifiedAt = Date.parse((times as { done: string }).done);
    await client.used(USES, verifiedAt);
    const after = client.uses.filter(({ began }) => began > verifiedAt);
    return {
      lastUseAt: client.uses.findLast(({ refused }) => refused === undefined)?.began ?? 0,
      verifiedAt,
      refusals: [...new Set(after.map(({ refused }) => refused ?? WORKED))],
    };
  } finally {
    await client.stop();
  }
}

/** What the record says of a revocation, milliseconds. */
export interface Recorded {
  /** From the offending event, as its log dates it, to the decision; from there to the call; from there to the proof. */
  readonly toDecision: number;
  readonly toCall: number;
  readonly toProof: number;
  readonly total: number;
}

/** What the audit trail holds of a credential's revocations, in order. */
export function recordOf({ state }: Place, { entry: { id } }: Holder): Recorded[] {
  const store = new Store(state);
  try {
    const entries = store.all("SELECT entry FROM audit WHERE json_extract(entry, '$.type') = 'verified' ORDER BY seq");
    return entries
      .map(({ entry }) => JSON.parse(String(entry)))
      .filter(({ credential }) => credential === id)
      .map(({ times: { event, decided, called, done, total_ms: total } }) => {
        const [from, decision, call, proof] = [event, decided, called, done].map((at) => Date.parse(at)) as Four;
        return { toDecision: decision - from, toCall: call - decision, toProof: proof - call, total };
      });
  } finally {
    store.close();
  }
}

type Four = [number, number, number, number];
