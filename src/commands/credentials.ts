import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Credential } from '../attribution/credential.ts';
import { hygieneOf } from '../attribution/hygiene.ts';
import type { Registry } from '../attribution/registry.ts';
import { rotationsIn } from '../rotation/rotations.ts';
import { Store } from '../sinks/store.ts';
import { addDiscover } from './credentials-discover.ts';
import { type CommandIo, write } from './io.ts';
import {
  configOption,
  credentialsOption,
  jsonOption,
  loadSetup,
  parseTime,
  type SetupOptions,
  withExample,
} from './options.ts';
import { table } from './table.ts';

interface ListOptions extends SetupOptions {
  readonly at?: number;
  readonly json?: boolean;
}

export function addCredentials(program: Command, io: CommandIo): void {
  const credentials = program
    .command('credentials')
    .summary('Inventory of the registry; proposes one from logs')
    .description('Looks at the credential registry, and proposes one.');
  const list = credentials
    .command('list')
    .summary('Every credential: age, rotation due, expiry')
    .description(
      'Lists every credential of the registry with its age, when it is due for rotation and when it expires.',
    )
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(new Option('--at <time>', 'judge age at this time instead of now').argParser(parseTime))
    .addOption(jsonOption())
    .action((options: ListOptions) => listCredentials(options, io));
  withExample(list, 'wayward credentials list', 'wayward credentials list --json | jq "select(.rotation_overdue)"');
  addDiscover(credentials, io);
}

async function listCredentials(options: ListOptions, io: CommandIo): Promise<void> {
  const { config, registry } = loadSetup(options, io);
  if (config.kafka === undefined) noteRotations(config.state, registry);
  const at = options.at ?? Date.now();
  const entries = registry.credentials.map((credential) => inventory(credential, at));
  if (options.json !== true && io.stdout.isTTY === true) return write(io.stdout, `${asTable(entries)}`);
  for (const entry of entries) await write(io.stdout, `${JSON.stringify(entry)}\n`);
}

/** A registry file need not know yet what Wayward itself has rotated; looking makes no store. */
function noteRotations(state: string, registry: Registry): void {
  if (!existsSync(join(state, 'wayward.db'))) return;
  const store = new Store(state);
  for (const deed of rotationsIn(store)) registry.did(deed);
  store.close();
}

/** One credential as `--json` prints it; a time that is not known is left out. */
interface InventoryEntry {
  readonly id: string;
  readonly agent: string;
  readonly slot: string;
  readonly kind: string;
  readonly owner: string | undefined;
  readonly protected: boolean;
  readonly age_days: number | undefined;
  readonly rotation_due: string | undefined;
  readonly rotation_overdue: boolean;
  readonly expires: string | undefined;
  readonly expired: boolean;
}

function inventory(credential: Credential, at: number): InventoryEntry {
  const { ageDays, rotationDueAt, rotationOverdue, expired } = hygieneOf(credential, at);
  return {
    id: credential.id,
    agent: credential.agent,
    slot: credential.slot,
    kind: credential.kind,
    owner: credential.owner,
    protected: credential.protected,
    age_days: ageDays,
    rotation_due: iso(rotationDueAt),
    rotation_overdue: rotationOverdue,
    expires: iso(credential.expiresAt),
    expired,
  };
}

function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function asTable(entries: readonly InventoryEntry[]): string {
  const day = (time: string | undefined) => time?.slice(0, 10) ?? '-';
  const rows = entries.map((entry) => [
    entry.id,
    entry.agent,
    entry.slot,
    entry.kind,
    entry.owner ?? '-',
    entry.age_days === undefined ? '-' : `${entry.age_days} d`,
    `${day(entry.rotation_due)}${entry.rotation_overdue ? ' OVERDUE' : ''}`,
    `${day(entry.expires)}${entry.expired ? ' EXPIRED' : ''}`,
  ]);
  return table(['CREDENTIAL', 'AGENT', 'SLOT', 'KIND', 'OWNER', 'AGE', 'ROTATION DUE', 'EXPIRES'], rows);
}
