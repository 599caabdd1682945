import { z } from 'zod';
import { UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import { CREDENTIAL_KINDS, type Credential, type CredentialKind, type RevokeSpec } from '../attribution/credential.ts';
import { MAX_PATTERN } from '../attribution/glob.ts';
import { parseCidr } from '../attribution/networks.ts';
import { parseSchedule } from '../attribution/schedule.ts';
import { IDENTITY_KEYS, type IdentityKey } from '../event.ts';
import { REVOKERS } from '../revokers/registry.ts';
import { ROTATORS } from '../rotation/registry.ts';
import { durationSchema } from './duration.ts';
import { explainIssue } from './explain-issue.ts';
import { instantSchema } from './instant.ts';
import { namedSpec } from './named-spec.ts';
import { nearest } from './nearest.ts';
import { loadYamlFile, type Report } from './yaml-file.ts';

const DAY = 86_400_000;

/**
 * How often a credential is due for rotation where the file names no `rotate_every`: 90 days for what is long-lived
 * and written down somewhere, 30 days for a service account, never for what its issuer lets expire by itself.
 */
const ROTATE_EVERY: Readonly<Record<CredentialKind, number | undefined>> = {
  'api-key': 90 * DAY,
  'authensor-key': 90 * DAY,
  'oauth-client': 90 * DAY,
  'aws-access-key': 90 * DAY,
  'database-role': 90 * DAY,
  'vault-approle': 90 * DAY,
  'gcp-service-account': 30 * DAY,
  'oauth-token': undefined,
  'aws-role': undefined,
  'vault-token': undefined,
  'mtls-certificate': undefined,
};

/** New values are tried on every glob, so their number bounds the work an invented identity can cause. */
const MAX_GLOBS = 1_000;
const MAX_NAME = 128;
/** Steps of one `revoke:`. */
const MAX_STEPS = 10;

const PRINTABLE = /^\P{Cc}*$/u;
const text = (example: string) =>
  z.string().min(1).max(MAX_NAME).regex(PRINTABLE, 'has a control character; write it without').meta({ example });

const matchValue = z
  .string()
  .min(1)
  .max(MAX_PATTERN)
  .refine((value) => !/^\*+$/.test(value), 'would match every identity; write the part before or after the *');

const matchValues = z.union([matchValue, z.array(matchValue).min(1)]).transform((one) => [one].flat());

const matchSchema = z.strictObject(
  Object.fromEntries(IDENTITY_KEYS.map((key) => [key, matchValues.exactOptional()])) as Record<
    IdentityKey,
    z.ZodExactOptional<typeof matchValues>
  >,
);

const cidr = z
  .string()
  .refine((block) => parseCidr(block) !== undefined, 'is not a network in CIDR notation; write such as 10.4.0.0/16');

const hours = z.string().superRefine((written, context) => {
  const schedule = parseSchedule(written);
  if (typeof schedule === 'string') context.addIssue(schedule);
});

/** Checked by the revoker that it names. */
const stepSchema = z.looseObject({ with: text('postgres') }).superRefine((spec, context) => {
  const revoker = REVOKERS.find(({ id }) => id === spec.with);
  if (revoker === undefined) {
    const ids = REVOKERS.map(({ id }) => id);
    const guess = nearest(spec.with, ids) ?? `one of ${ids.join(', ')}`;
    context.addIssue({ code: 'custom', path: ['with'], message: `is no known revoker; write with: ${guess}` });
    return;
  }
  const checked = revoker.specSchema.safeParse(spec, { error: explainIssue });
  for (const issue of checked.error?.issues ?? []) context.addIssue({ ...issue });
});

/** Mildest first. */
const stepsSchema = z
  .array(stepSchema)
  .min(1)
  .max(MAX_STEPS)
  .superRefine((steps, context) => {
    const written = steps.map((step) => JSON.stringify(step));
    for (const [index, step] of written.entries()) {
      if (written.indexOf(step) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'stands above already; remove one of the two' });
    }
  });

/** One step or a list of them. No union: of that, nobody would hear which part is wrong. */
const revokeSchema = z.unknown().transform((written, context): readonly RevokeSpec[] => {
  const schema: z.ZodType<RevokeSpec | RevokeSpec[]> = Array.isArray(written) ? stepsSchema : stepSchema;
  const checked = schema.safeParse(written, { error: explainIssue });
  for (const issue of checked.error?.issues ?? []) context.addIssue({ ...issue });
  return [checked.data ?? []].flat();
});

const credentialSchema = z
  .strictObject({
    id: text('cred-billing-pg'),
    agent: text('billing-agent-1').refine(
      (agent) => agent !== UNREGISTERED_AGENT,
      `is the name of agents that are not in this file; write the agent's own name`,
    ),
    peer_group: text('billing-agent').optional(),
    slot: text('postgres')
      .refine((slot) => !slot.includes('/'), 'has a "/", which separates agent and slot; write it with "-"')
      .optional(),
    kind: z.enum(CREDENTIAL_KINDS),
    owner: text('team-billing@example.com').optional(),
    match: matchSchema.optional(),
    issued_at: instantSchema.optional(),
    expires_at: instantSchema.optional(),
    rotate_every: durationSchema.optional(),
    max_lifetime: durationSchema.optional(),
    scopes: z.array(z.string().min(1).max(MAX_PATTERN)).optional(),
    networks: z.array(cidr).optional(),
    sensitive: z
      .array(
        z
          .string()
          .regex(/[a-z\d]/i, 'names no word')
          .max(MAX_PATTERN),
      )
      .max(100)
      .optional(),
    hours: hours.optional(),
    protected: z.boolean().optional(),
    honeytoken: z.boolean().optional(),
    parent: text('cred-billing-vault').optional(),
    revoke: revokeSchema.optional(),
    rotate: namedSpec(ROTATORS, 'rotator').optional(),
  })
  .superRefine(({ issued_at, expires_at }, context) => {
    if (issued_at === undefined || expires_at === undefined || issued_at < expires_at) return;
    context.addIssue({
      code: 'custom',
      path: ['expires_at'],
      message: 'is not after issued_at; write a later time, or swap the two',
    });
  })
  .transform(
    (entry): Credential => ({
      id: entry.id,
      agent: entry.agent,
      peerGroup: entry.peer_group ?? entry.agent,
      slot: entry.slot ?? entry.kind,
      kind: entry.kind,
      owner: entry.owner,
      match: entry.match ?? {},
      issuedAt: entry.issued_at,
      expiresAt: entry.expires_at,
      rotateEvery: entry.rotate_every ?? ROTATE_EVERY[entry.kind],
      ...(entry.max_lifetime !== undefined && { maxLifetime: entry.max_lifetime }),
      scopes: entry.scopes,
      networks: entry.networks,
      ...(entry.sensitive !== undefined && { sensitive: entry.sensitive }),
      hours: entry.hours,
      protected: entry.protected ?? false,
      ...(entry.honeytoken && { honeytoken: true }),
      parent: entry.parent,
      revoke: entry.revoke?.[0],
      ...(entry.revoke !== undefined && entry.revoke.length > 1 && { escalation: entry.revoke.slice(1) }),
      rotate: entry.rotate,
    }),
  );

const registrySchema = z.strictObject({ credentials: z.array(credentialSchema) });

/**
 * Reads the credential registry: YAML, JSON, or NDJSON with one credential a line.
 * @throws UsageError with file, line, what is wrong and what to write, for every problem at once
 */
export function loadCredentials(file: string): Credential[] {
  return loadYamlFile(file, registrySchema, { list: 'credentials', check: checkReferences }).value.credentials;
}

function checkReferences({ credentials }: { credentials: readonly Credential[] }, report: Report): void {
  const byId = new Map<string, Credential>();
  let globs = 0;
  for (const [index, credential] of credentials.entries()) {
    if (byId.has(credential.id)) {
      report(['credentials', index, 'id'], `"${credential.id}" stands above already; write an id of its own`);
    }
    byId.set(credential.id, credential);
    globs += Object.values(credential.match)
      .flat()
      .filter((value) => value.includes('*')).length;
  }
  for (const [index, credential] of credentials.entries()) {
    const { id, parent } = credential;
    for (const unfit of unfitSteps(credential)) report(['credentials', index, 'revoke'], unfit);
    if (parent === undefined) continue;
    const at = ['credentials', index, 'parent'];
    if (!byId.has(parent)) {
      const guess = nearest(parent, byId.keys());
      report(
        at,
        `"${parent}" is no credential of this file; write ${guess === undefined ? 'an id from it' : `parent: ${guess}`}`,
      );
    } else if (isOwnAncestor(id, byId)) {
      report(at, `makes "${id}" an ancestor of itself; write the credential that it was issued from, or leave it out`);
    }
  }
  if (globs > MAX_GLOBS) report(['credentials'], `has ${globs} match values with *; write at most ${MAX_GLOBS}`);
}

/** What is wrong with each step that does not fit the rest of its entry. */
const unfitSteps = (credential: Credential): string[] =>
  [credential.revoke ?? [], credential.escalation ?? []].flat().flatMap((spec) => {
    const revoker = REVOKERS.find(({ id }) => id === spec.with);
    return revoker?.whyUnfit?.(revoker.completed?.(spec, credential) ?? spec, credential) ?? [];
  });

function isOwnAncestor(id: string, byId: ReadonlyMap<string, Credential>): boolean {
  const seen = new Set<string>();
  let parent = byId.get(id)?.parent;
  while (parent !== undefined && !seen.has(parent)) {
    if (parent === id) return true;
    seen.add(parent);
    parent = byId.get(parent)?.parent;
  }
  return false;
}
