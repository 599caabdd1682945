import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The logs that states are learned from: some agents of the demo, cut into what is read before the state is kept and a day after it.
 * The cut is in the middle of an incident: billing-agent-2 copies a table.
 */
export const CUT = Date.UTC(2026, 10, 20, 13, 45);
export const END = Date.UTC(2026, 10, 21, 16);
const DEMO = join(import.meta.dirname, '..', '..', '..', 'demo');

/** research-agent-1 is nobody's: its credential is in no registry. */
const AGENTS = /^cred-(order-sync-[123]|support-bot-[1234]|checkout-assistant-[12]|hr-onboarding)-gateway$/;
const ON_GATEWAY = new RegExp(`${AGENTS.source}|^cred-loadtest-tmp$|^cred-research-agent-1-gateway$`);
const ON_DATABASE = /^billing_agent_[123]$/;

export const LOGS = ['gateway.jsonl', 'appdb.json'] as const;
export type LogName = (typeof LOGS)[number];

/** A dead letter. */
const NO_RECORD = '{"time":"2026-11-20T13:44:59+00:00","msec":';

/** Of the history or of the day after, the lines of one log. */
export function linesOf(log: LogName, part: 'history' | 'next'): string[] {
  const wanted = log === 'gateway.jsonl' ? gatewayLine : databaseLine;
  const file = log === 'gateway.jsonl' ? 'gateway.access.jsonl.gz' : 'appdb.postgresql.json.gz';
  const lines = gunzipSync(readFileSync(join(DEMO, file)))
    .toString()
    .split('\n');
  const found = lines.filter((line) => {
    const time = line === '' ? Number.NaN : wanted(JSON.parse(line));
    return part === 'history' ? time < CUT : time >= CUT && time < END;
  });
  return part === 'history' ? [...found, NO_RECORD] : found;
}

const gatewayLine = ({ credential, msec }: Record<string, unknown>): number =>
  ON_GATEWAY.test(String(credential)) ? Number(msec) * 1_000 : Number.NaN;

const databaseLine = ({ user, timestamp }: Record<string, unknown>): number =>
  ON_DATABASE.test(String(user)) ? Date.parse(String(timestamp).replace(' UTC', 'Z').replace(' ', 'T')) : Number.NaN;

/** The demo's registry without what its agents' credentials could be revoked by: nobody is to be called. */
export function writeRegistry(file: string): void {
  const entries = readFileSync(join(DEMO, 'credentials.yaml'), 'utf8').split(/^(?= {2}- id: )/m);
  const head = entries.shift() ?? '';
  const known = entries.filter((entry) =>
    /postgres/.test(entry) ? /billing-agent-\d-postgres/.test(entry) : AGENTS.test(/id: (\S+)/.exec(entry)?.[1] ?? ''),
  );
  writeFileSync(
    file,
    head +
      known.map((entry) => entry.replace(/^ {4}parent:.*\n/m, '').replace(/^ {4}revoke:\n(?: {6}.*\n)+/m, '')).join(''),
  );
}
