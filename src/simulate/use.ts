import type { Result } from '../event.ts';
import { integer, pareto, type Random, uuid } from './random.ts';

export interface HttpAction {
  readonly kind: 'http';
  readonly method: string;
  readonly path: string;
  /** The query string without its `?`. */
  readonly args: string;
}

export interface SqlAction {
  readonly kind: 'sql';
  /** pgaudit's class: `READ`, `WRITE`, `DDL`. */
  readonly class: string;
  /** The command tag, such as `SELECT`. */
  readonly command: string;
  /** Schema-qualified relations that the statement touches. */
  readonly tables: readonly string[];
  readonly statement: string;
  /** Values of `$1`, `$2`, …. */
  readonly parameters: readonly string[];
}

export interface VaultAction {
  readonly kind: 'vault';
  readonly operation: 'read' | 'list' | 'create' | 'update' | 'delete';
  readonly path: string;
}

export type Action = HttpAction | SqlAction | VaultAction;

/** One use of a credential before it becomes the log lines of some system. */
export interface SimulatedUse {
  /** Milliseconds since the epoch, UTC. */
  readonly time: number;
  readonly action: Action;
  readonly result: Result;
  /** Bytes sent to the agent, and rows read or written: whichever the log of that system has. */
  readonly bytes: number;
  readonly rows: number;
  readonly ip: string;
  readonly client: string;
  /** What the log names: the gateway's credential id, the database user, Vault's accessor. */
  readonly identity: string;
  /** The agent's run. */
  readonly session: string;
  /** The last use of its session: a database connection closes after it. */
  readonly endsSession: boolean;
}

/** Something an agent does again and again: an action with `{id}` and `{uuid}` to fill in, and the size of a usual answer. */
export interface Template {
  readonly action: Action;
  readonly bytes: number;
  readonly rows: number;
}

/** `http('GET /v1/orders/{id}?fields=total', 900)`: request and bytes of a usual answer. */
export function http(request: string, bytes: number): Template {
  const [method = '', target = ''] = request.split(' ');
  const [path = '', args = ''] = target.split('?');
  return { action: { kind: 'http', method, path, args }, bytes, rows: 0 };
}

/** `sql('public.orders', 'SELECT total FROM orders WHERE id=$1', 1)`: relations (joined by commas), statement and usual rows. */
export function sql(tables: string, statement: string, rows: number): Template {
  const words = statement.split(' ');
  const isDdl = /^(CREATE|ALTER|DROP|TRUNCATE)$/.test(words[0] ?? '');
  const command = isDdl ? words.slice(0, 2).join(' ') : (words[0] ?? '');
  const kind = isDdl ? 'DDL' : /^(SELECT|COPY)$/.test(command) ? 'READ' : 'WRITE';
  const action: Action = { kind: 'sql', class: kind, command, tables: tables.split(','), statement, parameters: [] };
  return { action, bytes: 0, rows };
}

export const vault = (operation: VaultAction['operation'], path: string): Template => ({
  action: { kind: 'vault', operation, path },
  bytes: 0,
  rows: 0,
});

/** One concrete call of a template: its placeholders filled in, its size heavy-tailed around the usual one. */
export function call(template: Template, random: Random): Pick<SimulatedUse, 'action' | 'bytes' | 'rows'> {
  const { action, bytes, rows } = template;
  return {
    action: fill(action, random),
    bytes: bytes === 0 ? 0 : Math.round(pareto(random, bytes * 0.7, 2.2, bytes * 40)),
    rows: rows <= 1 ? rows : Math.round(pareto(random, rows * 0.6, 1.8, mostRows(action, rows))),
  };
}

/** No more than the statement's LIMIT. */
function mostRows(action: Action, rows: number): number {
  const limit = action.kind === 'sql' ? / LIMIT (\d+)/.exec(action.statement)?.[1] : undefined;
  return limit === undefined ? rows * 40 : Number(limit);
}

function fill(action: Action, random: Random): Action {
  if (action.kind === 'sql') {
    const placeholders = action.statement.match(/\$\d/g) ?? [];
    return { ...action, parameters: placeholders.map(() => String(integer(random, 1, 99_999))) };
  }
  const path = fillText(action.path, random);
  return action.kind === 'http' ? { ...action, path, args: fillText(action.args, random) } : { ...action, path };
}

const fillText = (text: string, random: Random): string =>
  text.replace(/\{(id|uuid)\}/g, (_, name) => (name === 'id' ? String(integer(random, 1, 99_999)) : uuid(random)));
