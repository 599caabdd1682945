import pg from 'pg';
import { z } from 'zod';
import { CallError } from '../errors.ts';

/** PostgreSQL's longest identifier, in bytes (NAMEDATALEN - 1). */
const MAX_NAME_BYTES = 63;

export const roleSchema = z
  .string()
  .min(1)
  .refine((role) => Buffer.byteLength(role) <= MAX_NAME_BYTES && !role.includes('\0'), 'is longer than 63 bytes');

export const noRole = (role: string): string => `no role ${pg.escapeIdentifier(role)} on this server`;

export interface Role {
  readonly oid: number;
  /** It is the one that Wayward itself connects as. */
  readonly ours: boolean;
}

/** @throws CallError where there is none of this name */
export async function knownRole(client: pg.Client, role: string): Promise<Role> {
  const { rows } = await client.query('SELECT oid, rolname = current_user AS ours FROM pg_roles WHERE rolname = $1', [
    role,
  ]);
  const found: Role | undefined = rows[0];
  if (found === undefined) throw new CallError(`${noRole(role)}: check the registry`, false);
  return found;
}

/** `knownRole` of somebody else: what would lock Wayward out is refused. @throws CallError */
export async function roleToRevoke(client: pg.Client, role: string): Promise<Role> {
  const found = await knownRole(client, role);
  if (found.ours)
    throw new CallError('this is the role that Wayward itself connects as: give Wayward one of its own', false);
  return found;
}

/**
 * Tells every session of a role to end; it may take a moment. Before a change of the role, too: else one that leaves a change of its own open in a
 * transaction (its password, a grant that it passes on) keeps ours waiting.
 */
export async function endSessions(client: pg.Client, { oid }: Role): Promise<void> {
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = $1', [oid]);
}
