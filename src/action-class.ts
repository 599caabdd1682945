import type { CredentialUse } from './event.ts';

/** What an action does to the world, from its normalised name alone: a first DROP TABLE is far more surprising than a first SELECT. */
export const ACTION_CLASSES = ['read', 'write', 'delete', 'export', 'destroy', 'privilege'] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

/** A map, since a log may say `constructor` where a verb should be. */
const BY_VERB: ReadonlyMap<string, ActionClass> = new Map([
  ['GET', 'read'],
  ['HEAD', 'read'],
  ['OPTIONS', 'read'],
  ['SELECT', 'read'],
  ['SHOW', 'read'],
  ['EXPLAIN', 'read'],
  ['FETCH', 'read'],
  ['DELETE', 'delete'],
  ['COPY', 'export'],
  ['ALTER', 'destroy'],
  ['DROP', 'destroy'],
  ['TRUNCATE', 'destroy'],
  ['GRANT', 'privilege'],
  ['REVOKE', 'privilege'],
  ['REASSIGN', 'privilege'],
]);
const READ = /:(read|list)$|^[\w-]+:(Get|List|Describe|Head|Query|Scan|BatchGet)/;
const DELETE = /:(delete|destroy)$|^[\w-]+:(Delete|Terminate|Remove|Purge)/;
/** Changes of who may do what, in clouds. */
const CLOUD_PRIVILEGE =
  /^(iam|organizations|sso|kms):(?!Get|List|Describe|Decrypt|Encrypt|GenerateDataKey)|[.]setIamPolicy$/;
const PRIVILEGE =
  /^(CREATE|ALTER|DROP|SET) (ROLE|USER|GROUP|POLICY|SESSION AUTHORIZATION|EXTENSION|FUNCTION|SYSTEM|DEFAULT)\b|^(DO|LOAD)\b|^(sys|auth)\/.*:(create|update|delete|patch)$/;
/** Paths that end in what they do, whatever the method. */
const DOES_AWAY = /\/(purge|wipe|cancel|disable|revoke|destroy|delete)\b/;
const CHANGES = /^(POST|PUT|PATCH|DELETE)\b/;

/** What is read in a way that does not show how much is as good as copied out. */
export const classOfUse = ({ action, shape }: Pick<CredentialUse, 'action' | 'shape'>): ActionClass =>
  shape === undefined ? classOf(action) : 'export';

export const classOf = (action: string): ActionClass => {
  if (PRIVILEGE.test(action) || CLOUD_PRIVILEGE.test(action)) return 'privilege';
  if (action.startsWith('COPY FROM ')) return 'write';
  if (CHANGES.test(action) && DOES_AWAY.test(action)) return 'delete';
  const space = action.indexOf(' ');
  const known = BY_VERB.get(space < 0 ? action : action.slice(0, space));
  if (known) return known;
  if (READ.test(action)) return 'read';
  if (DELETE.test(action)) return 'delete';
  return 'write';
};

/** Whether what it takes away is more than one thing: a whole collection, or all that a word like `purge` reaches. */
export const isSweeping = (action: string): boolean =>
  CHANGES.test(action) && (SWEEPS.test(action) || (action.startsWith('DELETE /') && !action.includes('{')));
const SWEEPS = /\/(purge|wipe|destroy)\b/;

/** Whether it takes something away for good, or changes who may do what. */
export const isDestructive = (action: string): boolean => DESTRUCTIVE.has(classOf(action));
const DESTRUCTIVE: ReadonlySet<ActionClass> = new Set(['delete', 'destroy', 'privilege']);
