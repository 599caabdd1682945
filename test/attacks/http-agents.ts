import type { IdentityKey } from '../../src/event.ts';
import { type Render, renderLog } from '../../src/simulate/line.ts';
import { http } from '../../src/simulate/use.ts';
import { historyOf, type Victim, victimOf } from './victim.ts';

/** What every agent of these tests is for, and does. */
const SCOPES = ['GET /v1/invoices/*', 'GET /v1/invoices/*/lines'];
const TEMPLATES = [http('GET /v1/invoices/{id}', 900), http('GET /v1/invoices/{id}/lines', 2_400)];

/** Behind a gateway: an agent that works elsewhere, where the attacker is not. */
export const victimBehind = (name: string, identity = name, key: IdentityKey = 'credential_id'): Victim =>
  victimOf(name, identity, { [key]: identity }, { ...DECLARED, networks: ['10.4.0.0/16'] });

/** An agent on this machine: one that misuses its own credential, honestly or as an attacker. */
export const agentHere = (name: string, identity = name, key: IdentityKey = 'credential_id'): Victim =>
  victimOf(name, identity, { [key]: identity }, { ...DECLARED, networks: ['127.0.0.0/8'] });

const DECLARED = { slot: 'gateway', kind: 'api-key', scopes: SCOPES };

/** Three weeks of work of all of them, as the lines of a log with their ends. */
export function httpHistory(agents: readonly Victim[], render: Render, now: number): string {
  const uses = agents.flatMap((agent) =>
    historyOf(agent, { templates: TEMPLATES, ip: addressOf(agent), client: CLIENT }, now),
  );
  return `${renderLog(uses, render).join('\n')}\n`;
}

const CLIENT = 'billing-agent/1.4';
const addressOf = ({ entry }: Victim): string => (entry.networks?.[0] === '127.0.0.0/8' ? '127.0.0.1' : '10.4.2.7');
