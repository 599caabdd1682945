import { BoundedCache } from '../bounded-cache.ts';
import { IDENTITY_KEYS, type Identity, type IdentityKey } from '../event.ts';
import type { Attribution } from './attributed.ts';
import { AMBIGUOUS_CONFIDENCE, CONFIDENCE, SAME_PRINCIPAL_FACTOR } from './confidence.ts';
import { type Credential, principalOf } from './credential.ts';
import { type Deed, note } from './deed.ts';
import { compileGlob, type Matcher } from './glob.ts';

/** The credentials of the registry file, found by id, by agent and by what a log shows of them. */
export interface Registry {
  readonly credentials: readonly Credential[];
  byId(id: string): Credential | undefined;
  ofAgent(agent: string): readonly Credential[];
  /** Whose credential this identity names: the same frozen object every time. Undefined if it names none. */
  find(identity: Identity): Attribution | undefined;
  /** From now on this is known of its credential, as the store knows and the file does not. */
  did(deed: Deed): void;
  /** One sentence for each match value that fits several credentials. */
  readonly warnings: readonly string[];
}

/** Answers on values that only a glob can decide; longer values are decided anew each time. */
const CACHED_VALUES = 4_096;
const LONGEST_CACHED = 256;

export function createRegistry(credentials: readonly Credential[]): Registry {
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  const byAgent = Map.groupBy(credentials, (credential) => credential.agent);
  const indexes = new Map(IDENTITY_KEYS.map((key) => [key, createIndex(key, credentials)]));
  return {
    credentials,
    byId: (id) => byId.get(id),
    ofAgent: (agent) => byAgent.get(agent) ?? [],
    did(deed) {
      const credential = byId.get(deed.credential);
      if (credential !== undefined) note(deed, credential);
    },
    find: ({ key, value }) => indexes.get(key)?.find(value),
    warnings: [...indexes.values()].flatMap((index) => index.warnings),
  };
}

interface KeyIndex {
  find(value: string): Attribution | undefined;
  readonly warnings: readonly string[];
}

interface Glob {
  readonly matches: Matcher;
  readonly credential: Credential;
}

function createIndex(key: IdentityKey, credentials: readonly Credential[]): KeyIndex {
  const exact = new Map<string, Set<Credential>>();
  const globs: Glob[] = [];
  for (const credential of credentials) {
    for (const value of credential.match[key] ?? []) {
      if (value.includes('*')) globs.push({ matches: compileGlob(value), credential });
      else exact.set(value, (exact.get(value) ?? new Set()).add(credential));
    }
  }
  const known = new Map([...exact].map(([value, fitting]) => [value, attributionOf(key, [...fitting])]));
  const warnings = [...known].flatMap(([value, { ambiguous }]) =>
    ambiguous === undefined ? [] : [`${key} "${value}" fits several credentials: ${ambiguous.join(', ')}`],
  );
  const findByGlob = globs.length === 0 ? () => undefined : globFinder(key, globs);
  return { find: (value) => known.get(value) ?? findByGlob(value), warnings };
}

/** Equal sets of credentials share one attribution, so that invented values add none. */
function globFinder(key: IdentityKey, globs: readonly Glob[]): (value: string) => Attribution | undefined {
  const attributions = new BoundedCache<Attribution>(CACHED_VALUES);
  const answers = new BoundedCache<Attribution | null>(CACHED_VALUES);
  const decide = (value: string): Attribution | null => {
    const fitting = new Set(globs.filter(({ matches }) => matches(value)).map(({ credential }) => credential));
    if (fitting.size === 0) return null;
    const name = [...fitting].map(({ id }) => id).join('\n');
    const known = attributions.get(name) ?? attributionOf(key, [...fitting]);
    attributions.set(name, known);
    return known;
  };
  return (value) => {
    if (value.length > LONGEST_CACHED) return decide(value) ?? undefined;
    const answer = answers.get(value) ?? decide(value);
    answers.set(value, answer);
    return answer ?? undefined;
  };
}

/** Where several credentials fit, the first by id stands for them, less surely. */
function attributionOf(key: IdentityKey, fitting: readonly Credential[]): Attribution {
  const sorted = fitting.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const credential = sorted[0];
  if (credential === undefined) throw new Error('no credential to attribute to');
  const several = sorted.length > 1;
  const samePrincipal = sorted.every((other) => principalOf(other) === principalOf(credential));
  const severalConfidence = samePrincipal ? CONFIDENCE[key] * SAME_PRINCIPAL_FACTOR : AMBIGUOUS_CONFIDENCE;
  return Object.freeze({
    method: key,
    confidence: several ? severalConfidence : CONFIDENCE[key],
    principal: principalOf(credential),
    credential,
    ambiguous: several ? Object.freeze(sorted.map(({ id }) => id)) : undefined,
  });
}
