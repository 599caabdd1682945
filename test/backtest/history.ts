import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../config/temp.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const MONDAY = Date.UTC(2026, 8, 7);

interface Request {
  readonly agent: string;
  readonly time: number;
  readonly method?: string;
  readonly path: string;
  readonly status?: number;
  readonly bytes?: number;
}

/** One line as nginx writes it with the log format of ours. */
const line = ({ agent, time, method = 'GET', path, status = 200, bytes = 500 }: Request, number: number): string =>
  `${JSON.stringify({
    time: new Date(time).toISOString(),
    msec: (time / 1_000).toFixed(3),
    request_id: number.toString(16).padStart(32, '0'),
    remote_addr: `10.40.0.${agent.length}`,
    credential: `cred-${agent}`,
    method,
    uri: path,
    args: '',
    status,
    body_bytes_sent: bytes,
    request_length: 300,
    request_time: 0.02,
    user_agent: `${agent}/1.0`,
    trace_id: '',
    session: '',
  })}\n`;

const PATHS = ['/v1/orders/1', '/v1/customers/7', '/v1/orders', '/v1/shipments/3'];
const AGENTS = ['shop', 'report'];

/** Two agents at the same work every ten minutes, by day and by night. */
function* ordinary(days: number): Generator<Request> {
  for (let time = MONDAY, turn = 0; time < MONDAY + days * DAY; time += 10 * MINUTE, turn++)
    for (const [place, agent] of AGENTS.entries())
      yield { agent, time: time + place * 1_000, path: PATHS[(turn + place) % PATHS.length] as string };
}

/** On the day after `days` ordinary ones, each agent does what it never did. */
export const LAST_DAY = (days: number): number => MONDAY + days * DAY;

/** More of them at the end of a log. */
export const appendRequests = (log: string, requests: readonly Request[]): void =>
  appendFileSync(log, requests.map((request, index) => line(request, 1_000_000 + index)).join(''));

interface History {
  readonly folder: string;
  readonly config: string;
  readonly log: string;
}

/** A folder with a configuration, a registry and a log. */
export function historyFolder(days: number, more: readonly Request[], text = ''): History {
  const folder = temporaryFolder();
  const requests = [...ordinary(days), ...more].sort((a, b) => a.time - b.time);
  const log = join(folder, 'gateway.jsonl');
  writeFileSync(log, requests.map(line).join(''));
  const entry = (agent: string) =>
    `  - { id: cred-${agent}, agent: ${agent}, slot: gateway, kind: api-key, issued_at: 2026-08-20T00:00:00Z, match: { credential_id: cred-${agent} } }\n`;
  writeFileSync(join(folder, 'credentials.yaml'), `credentials:\n${AGENTS.map(entry).join('')}`);
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, `credentials: credentials.yaml\nstate: state\n${text}`);
  return { folder, config, log };
}
