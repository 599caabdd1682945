import type { Credential } from '../attribution/credential.ts';
import { refreshSecrets } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Revocation, Revoker } from './action.ts';

/** One credential to revoke, and how. */
export interface PlanStep {
  readonly credential: Credential;
  /** What would be done, in words. */
  readonly describe: string;
  readonly reversible: boolean;
  /** How to undo it by hand. */
  readonly undo: string;
  /** Why it can't be revoked automatically, and what to do about it; undefined where it can. */
  readonly blocked: string | undefined;
}

/** What a plan is made of. */
export interface PlanContext {
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly revokers: ReadonlyMap<string, Revoker>;
  /** `revokers:` of the configuration, by revoker. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fetches the secrets in a checked `revoke` entry. Needed before calls. @throws CallError for one that can't be had */
  readonly fetchSecrets?: ((spec: unknown) => Promise<void>) | undefined;
}

/**
 * The steps that revoke these credentials, in an order that leaves no way back: what others were issued from first,
 * then what can be undone before what can't, then by id.
 */
export function planFor(ids: Iterable<string>, context: PlanContext): PlanStep[] {
  const chosen = [...new Set(ids)].flatMap((id) => context.credentials.get(id) ?? []);
  const depths = new Map(chosen.map(({ id }) => [id, depthOf(id, context.credentials)]));
  const depth = (step: PlanStep): number => depths.get(step.credential.id) ?? 0;
  return chosen
    .map((credential) => stepFor(credential, context))
    .sort(
      (a, b) =>
        depth(a) - depth(b) ||
        Number(b.reversible) - Number(a.reversible) ||
        (a.credential.id < b.credential.id ? -1 : 1),
    );
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
  { credential: { revoke } }: PlanStep,
  { revokers, settings, fetchSecrets }: PlanContext,
): Promise<Revocation> {
  const revoker = revoke === undefined ? undefined : revokers.get(revoke.with);
  if (revoker === undefined) throw new CallError('there is no such revoker', false);
  const spec = revoker.specSchema.parse(revoke);
  await fetchSecrets?.(spec);
  const own = settings[settingsKey(revoker)];
  await refreshSecrets(own, FRESH_MS);
  return revoker.prepare(own, spec);
}

const settingsKey = ({ id, settingsOf = id }: Revoker): string => settingsOf;

/** How many issuers stand above it; a circle of parents ends where it closes. */
function depthOf(id: string, credentials: ReadonlyMap<string, Credential>): number {
  const seen = new Set<string>();
  let current = credentials.get(id)?.parent;
  while (current !== undefined && !seen.has(current)) {
    seen.add(current);
    current = credentials.get(current)?.parent;
  }
  return seen.size;
}

function stepFor(credential: Credential, { revokers, settings }: PlanContext): PlanStep {
  const { revoke } = credential;
  const revoker = revoke === undefined ? undefined : revokers.get(revoke.with);
  if (revoke === undefined || revoker === undefined) {
    const blocked =
      revoke === undefined
        ? 'cannot be revoked automatically: add revoke: to its entry in the registry'
        : `cannot be revoked automatically: there is no revoker "${revoke.with}" (there are ${[...revokers.keys()].join(', ')})`;
    return { credential, describe: 'nothing', reversible: false, undo: '', blocked };
  }
  const { reversible, undo } = revoker;
  const spec = revoker.specSchema.safeParse(revoke);
  if (!spec.success) {
    const blocked = `its revoke: entry in the registry is wrong: ${spec.error.issues.map(issueText).join('; ')}`;
    return { credential, describe: 'nothing', reversible, undo, blocked };
  }
  const isSet = settings[settingsKey(revoker)] !== undefined;
  const blocked = isSet ? undefined : `needs settings: add revokers.${settingsKey(revoker)} to the configuration`;
  return { credential, describe: revoker.describe(revoke), reversible, undo, blocked };
}

const issueText = ({ path, message }: { path: readonly PropertyKey[]; message: string }): string =>
  `${path.join('.')} ${message}`.trim();
