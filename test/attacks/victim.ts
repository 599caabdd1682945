import { integer, seeded } from '../../src/simulate/random.ts';
import type { RegistryEntry } from '../../src/simulate/registry-file.ts';
import { DAY, MINUTE } from '../../src/simulate/schedule.ts';
import { call, type SimulatedUse, type Template } from '../../src/simulate/use.ts';

/** An agent with one credential, which nobody but the attack against it speaks about. */
export interface Victim {
  readonly agent: string;
  readonly credential: string;
  /** What the log calls it: the key's consumer, the database role, the token's accessor. */
  readonly identity: string;
  /** Its entry in the registry, without `revoke`. */
  readonly entry: RegistryEntry;
}

const HISTORY = 21 * DAY;
/** On average, of one victim. */
const BETWEEN_USES = 30 * MINUTE;
/** Between the history, which is made up, and what the servers wrote. */
const GAP = 5 * MINUTE;

/** `more`: what the registry declares for it, such as `scopes` and `networks`. */
export function victimOf(
  name: string,
  identity: string,
  match: RegistryEntry['match'],
  more: Pick<RegistryEntry, 'slot' | 'kind' | 'scopes' | 'networks'>,
): Victim {
  const credential = `cred-${name}`;
  return {
    ...{ agent: name, credential, identity },
    entry: {
      ...{ id: credential, agent: name, owner: 'team-billing@example.com', match, ...more },
      issued_at: new Date(Date.now() - HISTORY - DAY).toISOString(),
      rotate_every: '365d',
    },
  };
}

/** What it does all day, from where and with which client. */
export interface Ordinary {
  readonly templates: readonly Template[];
  readonly ip: string;
  readonly client: string;
}

/** Three weeks of that, day and night, up to some minutes before `now`; a session an hour, for a log that has sessions. */
export function historyOf({ identity }: Victim, { templates, ip, client }: Ordinary, now: number): SimulatedUse[] {
  const random = seeded(`history of ${identity}`);
  const uses: SimulatedUse[] = [];
  const until = now - GAP;
  for (let time = now - HISTORY; time < until; time += integer(random, BETWEEN_USES / 2, (BETWEEN_USES * 3) / 2)) {
    const template = templates[integer(random, 0, templates.length - 1)];
    if (template === undefined) throw new TypeError('an agent does something');
    const session = `${identity}-${uses.length}`;
    uses.push({ ...call(template, random), time, result: 'success', ip, client, identity, session, endsSession: true });
  }
  return uses;
}
