import type { CredentialUse } from '../event.ts';

/**
 * What an action does to the world, from its normalised name alone, and how often a benign agent's new action is of
 * that class: the prior that makes a first DROP TABLE far more surprising than a first SELECT.
 */
export const ACTION_CLASSES = ['read', 'write', 'delete', 'export', 'destroy', 'privilege'] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

/** Share of each class among benign new actions; sums to 1. */
export const CLASS_PRIOR: Readonly<Record<ActionClass, number>> = {
  read: 0.766,
  write: 0.13,
  delete: 0.08,
  export: 0.02,
  destroy: 0.002,
  privilege: 0.002,
};
/** New actions' worth of weight that the prior has against what the principal itself has shown. */
export const PRIOR_ACTIONS = 2;

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
  ['DROP', 'destroy'],
  ['TRUNCATE', 'destroy'],
  ['GRANT', 'privilege'],
  ['REVOKE', 'privilege'],
  ['REASSIGN', 'privilege'],
]);
const VAULT_READ = /:(read|list)$/;
const PRIVILEGE =
  /^(CREATE|ALTER|DROP|SET) (ROLE|USER|GROUP|POLICY|SESSION AUTHORIZATION)\b|^(sys|auth)\/.*:(create|update|delete|patch)$/;

/** What is read in a way that does not show how much is as good as copied out. */
export const classOfUse = ({ action, shape }: Pick<CredentialUse, 'action' | 'shape'>): ActionClass =>
  shape === undefined ? classOf(action) : 'export';

export const classOf = (action: string): ActionClass => {
  if (PRIVILEGE.test(action)) return 'privilege';
  if (action.startsWith('COPY FROM ')) return 'write';
  const space = action.indexOf(' ');
  const known = BY_VERB.get(space < 0 ? action : action.slice(0, space));
  if (known) return known;
  if (VAULT_READ.test(action)) return 'read';
  if (action.endsWith(':delete') || action.endsWith(':destroy')) return 'delete';
  return 'write';
};
