import { http, sql, type Template, vault } from '../../use.ts';
import type { System } from '../world.ts';

type Targets = Readonly<Record<System, readonly Template[]>>;

const role = (statement: string): Template => {
  const command = statement
    .split(' ')
    .slice(0, statement.startsWith('GRANT') ? 1 : 2)
    .join(' ');
  return { action: { kind: 'sql', class: 'ROLE', command, tables: [], statement, parameters: [] }, bytes: 0, rows: 0 };
};

/** Gives somebody more than they had. */
export const PRIVILEGE: Targets = {
  http: [
    http('POST /v1/users/{id}/roles', 160),
    http('POST /v1/api-keys', 300),
    http('PUT /v1/users/{id}/permissions', 120),
  ],
  sql: [
    role('GRANT pg_read_all_data TO app_report'),
    role('CREATE ROLE support_tmp LOGIN'),
    role('ALTER ROLE app_report SUPERUSER'),
  ],
  vault: [
    vault('update', 'sys/policies/acl/support'),
    vault('update', 'auth/token/create'),
    vault('update', 'auth/approle/role/support/secret-id'),
  ],
};

/** Takes everything at once. */
export const EXPORT: Targets = {
  http: [
    http('GET /v1/customers/export?format=csv', 4_000_000),
    http('POST /v1/exports', 300),
    http('GET /v1/exports/{id}/download', 9_000_000),
  ],
  sql: [
    sql('public.customers', 'COPY customers TO STDOUT', 30_000),
    sql('public.invoices', 'COPY invoices TO STDOUT', 50_000),
  ],
  vault: [vault('list', 'secret/metadata/'), vault('read', 'sys/storage/raft/snapshot')],
};

/** What nearly nobody should read. */
export const SENSITIVE: Targets = {
  http: [
    http('GET /v1/payroll/{id}', 900),
    http('GET /v1/users/{id}/passwords', 240),
    http('GET /v1/payment-cards/{id}', 400),
  ],
  sql: [
    sql('public.payroll', 'SELECT * FROM payroll LIMIT 50', 40),
    sql('public.user_secrets', 'SELECT * FROM user_secrets LIMIT 50', 40),
    sql('pg_catalog.pg_authid', 'SELECT rolname,rolpassword FROM pg_authid', 12),
  ],
  vault: [
    vault('read', 'secret/data/vault/unseal-keys'),
    vault('read', 'secret/data/payroll/database'),
    vault('read', 'pki/cert/ca_key'),
  ],
};

/** Leaves nothing. */
export const DESTROY: Targets = {
  http: [http('DELETE /v1/customers', 40), http('POST /v1/database/purge', 60), http('DELETE /v1/backups/{id}', 30)],
  sql: [
    sql('public.customers', 'DROP TABLE customers', 0),
    sql('public.invoices', 'TRUNCATE TABLE invoices', 0),
    sql('public.audit_log', 'DROP TABLE audit_log', 0),
  ],
  vault: [vault('delete', 'secret/metadata/payments/main'), vault('delete', 'sys/mounts/secret')],
};

/** Doors that an intruder tries. */
export const DOORS: Targets = {
  http: [
    'admin/users',
    'admin/keys',
    'internal/config',
    'billing/accounts',
    'audit/entries',
    'settings/sso',
    'secrets',
  ].map((path) => http(`GET /v1/${path}/{id}`, 160)),
  sql: ['payroll', 'users', 'api_keys', 'audit_log', 'settings', 'sessions', 'cards'].map((table) =>
    sql(`public.${table}`, `SELECT * FROM ${table} LIMIT 10`, 10),
  ),
  vault: ['payments', 'payroll', 'root', 'backup', 'signing', 'dns'].map((name) =>
    vault('read', `secret/data/${name}/main`),
  ),
};

/** Destroys bit by bit, with calls of a kind that agents make. */
export const DAMAGE: Targets = {
  http: [http('DELETE /v1/customers/{id}', 20), http('DELETE /v1/invoices/{id}', 20)],
  sql: [
    sql('public.customers', 'DELETE FROM customers WHERE id=$1', 1),
    sql('public.invoices', 'UPDATE invoices SET total=$1 WHERE id=$2', 1),
  ],
  vault: [vault('delete', 'secret/data/shared/main'), vault('update', 'secret/data/shared/main')],
};
