import { type Credential, principalOf } from '../attribution/credential.ts';
import type { Discovery, FoundCredential } from './discovery.ts';
import { peerGroups, type Worker } from './peer-groups.ts';

/** An entry that the registry could have. */
export interface Proposal {
  readonly id: string;
  readonly agent: string;
  readonly slot: string;
  readonly peerGroup: string | undefined;
  readonly found: FoundCredential;
}

const MOST_NAME = 100;
/** Words around an agent's name that say what the credential is, and not whose. */
const BEFORE = /^(?:cred|credential|key|apikey|api-key|svc|sa|token|consumer)-(?=.*[a-z])/;
const AFTER = /-(?:key|apikey|api-key|token|cred|gateway|pg|postgres|postgresql|db|vault|aws|gcp)$/;

/** Entries for what the logs show and the registry does not know, in order of their names; the same logs give the same ones. */
export function proposalsOf(discovery: Discovery, registered: readonly Credential[]): Proposal[] {
  const ids = new Set(registered.map(({ id }) => id));
  const principals = new Set(registered.map(principalOf));
  const drafts: Omit<Proposal, 'peerGroup'>[] = [];
  for (const found of discovery.found.toSorted(byIdentity)) {
    const slot = slotOf(found);
    const whole = plain(found.name) || plain(found.key);
    const short = whole.replace(BEFORE, '').replace(AFTER, '') || whole;
    // Two credentials of one principal share a baseline: that is for a person to say.
    const agent = unused([short, whole], (name) => !principals.has(`${name}/${slot}`) && name !== 'unregistered');
    principals.add(`${agent}/${slot}`);
    const id = unused([`${agent}-${slot}`], (name) => !ids.has(name));
    ids.add(id);
    drafts.push({ id, agent, slot, found });
  }
  const groups = peerGroups([...workersOf(discovery), ...drafts.map(asWorker)]);
  return drafts
    .map((draft) => ({ ...draft, peerGroup: groups.get(draft.agent) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const workersOf = ({ known }: Discovery): Worker[] =>
  [...known].map(([{ agent, slot, peerGroup }, { actions }]) => ({ agent, slot, peerGroup, actions }));

const asWorker = ({ agent, slot, found }: Omit<Proposal, 'peerGroup'>): Worker => ({
  ...{ agent, slot, actions: found.usage.actions },
});

const byIdentity = (a: FoundCredential, b: FoundCredential): number =>
  `${a.key} ${a.value}` < `${b.key} ${b.value}` ? -1 : 1;

/** Systems whose slots people call otherwise. */
const SLOTS: Readonly<Record<string, string>> = { postgresql: 'postgres', nginx: 'gateway' };

function slotOf({ usage, kind }: FoundCredential): string {
  const system = [...usage.systems].sort()[0] ?? kind;
  return SLOTS[system] ?? system;
}

/** Lower case, words joined by `-`: as agents are called in registries. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z\d.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, MOST_NAME);

function unused(names: readonly string[], isFree: (name: string) => boolean): string {
  const free = names.find(isFree);
  if (free !== undefined) return free;
  for (let number = 2; ; number++) {
    const name = `${names.at(-1)}-${number}`;
    if (isFree(name)) return name;
  }
}
