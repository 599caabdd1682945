import { type Action, http, sql, type Template, vault } from './use.ts';

/** What attackers go for, in the words of each system; chosen by what the victim usually does. */

type System = Action['kind'];

const PROBES: Readonly<Record<System, readonly Template[]>> = {
  http: ['users', 'keys', 'payroll', 'audit', 'settings'].map((name) => http(`GET /v1/admin/${name}/{id}`, 200)),
  sql: ['payroll', 'users', 'api_keys', 'audit_log', 'settings'].map((name) =>
    sql(`public.${name}`, `SELECT * FROM ${name} LIMIT 10`, 10),
  ),
  vault: ['payments', 'payroll', 'root', 'backup', 'ci'].map((name) => vault('read', `secret/data/${name}/db`)),
};

/** Doors that were never open to this agent. */
export const probes = (usual: Template): readonly Template[] => PROBES[usual.action.kind];

const WIPES: Readonly<Record<System, Template>> = {
  http: http('DELETE /v1/tables/customers', 40),
  sql: sql('public.customers', 'DROP TABLE customers', 0),
  vault: vault('delete', 'secret/metadata/payments/db'),
};

export const wipe = (usual: Template): Template => WIPES[usual.action.kind];

const FORBIDDEN: Readonly<Record<System, Template>> = {
  http: http('POST /v1/refunds', 180),
  sql: sql('public.customers', 'UPDATE customers SET credit_limit=$1 WHERE id=$2', 1),
  vault: vault('update', 'secret/data/payments/db'),
};

/** Works, and no benign agent's scopes have it. */
export const forbidden = (usual: Template): Template => FORBIDDEN[usual.action.kind];

/** What is worth stealing whole: a page of it, all of it, and how many pages the thief reads first. */
export const TREASURE: Readonly<Record<System, { page: Template; whole: Template; pages: number }>> = {
  http: {
    page: http('GET /v1/payment-cards?page={id}&size=1000', 240_000),
    whole: http('GET /v1/payment-cards/export?all=1', 9_500_000),
    pages: 40,
  },
  sql: {
    page: sql('public.payment_cards', 'SELECT * FROM payment_cards ORDER BY id LIMIT 1000 OFFSET $1', 1_000),
    whole: sql('public.payment_cards', 'COPY (SELECT * FROM payment_cards) TO STDOUT', 48_000),
    pages: 40,
  },
  vault: {
    page: vault('read', 'secret/data/payments/{uuid}'),
    whole: vault('list', 'secret/metadata/payments'),
    pages: 60,
  },
};
