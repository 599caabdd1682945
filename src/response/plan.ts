import type { Credential, CredentialKind, RevokeSpec } from '../attribution/credential.ts';
import { refreshSecrets } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Revocation, Revoker } from './action.ts';

/** One credential to revoke, and how: one entry of its `revoke:`. */
export interface PlanStep {
  readonly credential: Credential;
  readonly spec: RevokeSpec | undefined;
  /** Who is called: the same name is the same server. */
  readonly issuer: string;
  /** What would be done, in words, for people. */
  readonly describe: string;
  readonly kind: 'revoke' | 'rotate';
  readonly reversible: boolean;
  /** How to undo it by hand. */
  readonly undo: string;
  /** Why it can't be revoked automatically, and what to do about it; undefined where it can. */
  readonly blocked: string | undefined;
  /** Why it must not be made automatically: what can be undone comes after it. */
  readonly tooSoon: string | undefined;
  /** What comes after it, in words. */
  readonly later: readonly string[];
}

/** The steps of one credential, mildest first; never empty. */
export type Ladder = readonly [PlanStep, ...PlanStep[]];

/** What a plan is made of. */
export interface PlanContext {
  /** Of the registry; others where that was reloaded. */
  credentials: ReadonlyMap<string, Credential>;
  readonly revokers: ReadonlyMap<string, Revoker>;
  /** `revokers:` of the configuration, by revoker. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fetches the secrets in a checked `revoke` entry. Needed before calls. @throws CallError for one that can't be had */
  readonly fetchSecrets?: ((spec: unknown) => Promise<void>) | undefined;
}

/** The first step for each of these credentials, in the order of `laddersFor`. */
export const planFor = (ids: Iterable<string>, context: PlanContext): PlanStep[] =>
  laddersFor(ids, context).map(([first]) => first);

/** Every step for each of these credentials: all of an issuer's before those of what was issued from it. */
export const finalPlanFor = (ids: Iterable<string>, context: PlanContext): PlanStep[] =>
  laddersFor(ids, context).flat();

/**
 * The steps that revoke these credentials, in an order that leaves no way back: what others were issued from first and
 * sessions last, then what can be undone before what can't, then by id.
 */
export function laddersFor(ids: Iterable<string>, context: PlanContext): Ladder[] {
  const chosen = [...new Set(ids)].flatMap((id) => context.credentials.get(id) ?? []);
  const places = new Map(chosen.map(({ id }) => [id, placeOf(id, context.credentials)]));
  const place = ([{ credential }]: Ladder) => places.get(credential.id) ?? { late: false, depth: 0 };
  return chosen
    .map((credential) => ladderOf(credential, context))
    .sort(
      (a, b) =>
        Number(place(a).late) - Number(place(b).late) ||
        place(a).depth - place(b).depth ||
        Number(b[0].reversible) - Number(a[0].reversible) ||
        (a[0].credential.id < b[0].credential.id ? -1 : 1),
    );
}

/** Whether one stands below the other in the registry. */
export function isIssuedFrom(id: string, issuer: string, credentials: PlanContext['credentials']): boolean {
  return [...issuersOf(id, credentials)].some((above) => above.id === issuer);
}

/** Ids of everything that an agent holds. */
export const heldBy = (agent: string, { credentials }: PlanContext): string[] =>
  [...credentials.values()].filter((credential) => credential.agent === agent).map(({ id }) => id);

/** Of the settings' secrets: older ones are fetched anew before a step. Milliseconds. */
const FRESH_MS = 10_000;

/**
 * The step's calls. Only for a step that is not blocked. Secrets of its `revoke` entry are fetched anew each time, since
 * a token file may hold another token by now; those of the settings unless they were just fetched.
 */
export async function prepareStep(
  { spec: revoke }: PlanStep,
  { revokers, settings, fetchSecrets }: PlanContext,
): Promise<Revocation> {
  const revoker = revoke === undefined ? undefined : revokers.get(revoke.with);
  if (revoker === undefined) throw new CallError('there is no such revoker', false);
  const spec = revoker.specSchema.parse(revoke);
  await fetchSecrets?.(spec);
  const own = revoker.accounts === undefined ? settings[settingsKey(revoker)] : settings;
  for (const key of accountsOf(revoker, revoke)) await refreshSecrets(settings[key], FRESH_MS);
  return revoker.prepare(own, spec);
}

const settingsKey = ({ id, settingsOf = id }: Revoker): string => settingsOf;

/** Keys of the settings that it needs. */
const accountsOf = (revoker: Revoker, spec: unknown): readonly string[] =>
  revoker.accounts?.(spec) ?? [settingsKey(revoker)];

/** What is given out for a session, and ends by itself soon. */
const SESSIONS: ReadonlySet<CredentialKind> = new Set(['oauth-token', 'vault-token', 'aws-role']);

/** How many issuers stand above it, and whether it comes late: it or one of those is a session. */
function placeOf(id: string, credentials: PlanContext['credentials']): { late: boolean; depth: number } {
  const issuers = [...issuersOf(id, credentials)];
  const kinds = [credentials.get(id), ...issuers].flatMap((credential) => credential?.kind ?? []);
  return { late: kinds.some((kind) => SESSIONS.has(kind)), depth: issuers.length };
}

/** What it was issued from, what that was issued from, and so on; a circle ends where it closes. */
export function* issuersOf(id: string, credentials: PlanContext['credentials']): Generator<Credential> {
  const seen = new Set([id]);
  let current = credentials.get(credentials.get(id)?.parent ?? '');
  while (current !== undefined && !seen.has(current.id)) {
    yield current;
    seen.add(current.id);
    current = credentials.get(current.parent ?? '');
  }
}

function ladderOf(credential: Credential, context: PlanContext): Ladder {
  const first = stepFor(credential, credential.revoke, context);
  const all = [first, ...(credential.escalation ?? []).map((spec) => stepFor(credential, spec, context))];
  const steps = all.map((step, index): PlanStep => {
    const milder = step.reversible ? undefined : all.slice(index + 1).find(({ reversible }) => reversible);
    const tooSoon = milder && `it cannot be undone, and what can comes after it: ${milder.describe}`;
    return { ...step, tooSoon, later: all.slice(index + 1).map(({ describe }) => describe) };
  });
  return [steps[0] ?? first, ...steps.slice(1)];
}

/** On its own, whatever comes after it. */
function stepFor(
  credential: Credential,
  written: RevokeSpec | undefined,
  { revokers, settings }: PlanContext,
): PlanStep {
  const revoker = written === undefined ? undefined : revokers.get(written.with);
  const spec = written && (revoker?.completed?.(written, credential) ?? written);
  const step = {
    credential,
    spec,
    issuer: spec?.with ?? '',
    describe: 'nothing',
    kind: revoker?.rotates ? ('rotate' as const) : ('revoke' as const),
    reversible: false,
    undo: '',
    tooSoon: undefined,
    later: [],
  };
  if (spec === undefined) {
    return { ...step, blocked: 'cannot be revoked automatically: add revoke: to its entry in the registry' };
  }
  if (revoker === undefined) {
    const known = [...revokers.keys()].join(', ');
    return {
      ...step,
      blocked: `cannot be revoked automatically: there is no revoker "${spec.with}" (there are ${known})`,
    };
  }
  const { reversible, undo } = revoker;
  const checked = revoker.specSchema.safeParse(spec);
  if (!checked.success) {
    const blocked = `its revoke: entry in the registry is wrong: ${checked.error.issues.map(issueText).join('; ')}`;
    return { ...step, reversible, undo, blocked };
  }
  const unfit = revoker.whyUnfit?.(spec, credential);
  if (unfit !== undefined) return { ...step, undo, blocked: `cannot be revoked automatically: ${unfit}` };
  const accounts = accountsOf(revoker, spec);
  const missing = accounts.find((key) => settings[key] === undefined);
  const blocked = missing === undefined ? undefined : `needs settings: add revokers.${missing} to the configuration`;
  const set = settings[settingsKey(revoker)];
  const canUndo = reversible || (set !== undefined && revoker.reversibleWith?.(set, spec) === true);
  const at = revoker.issuerOf?.(spec);
  const issuer = accounts.join(' + ') + (at === undefined ? '' : ` ${at}`);
  return { ...step, issuer, describe: revoker.describe(spec), reversible: canUndo, undo, blocked };
}

const issueText = ({ path, message }: { path: readonly PropertyKey[]; message: string }): string =>
  `${path.join('.')} ${message}`.trim();
