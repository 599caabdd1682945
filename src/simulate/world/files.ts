import type { Render } from '../line.ts';
import { type Random, seeded } from '../random.ts';
import { type RegistryEntry, registryYaml } from '../registry-file.ts';
import { nginxCombinedWithUser, nginxJson } from '../render-nginx.ts';
import { pgauditCsv, pgauditJson, pgauditStderr } from '../render-pgaudit.ts';
import { vaultAudit } from '../render-vault.ts';
import { DAY } from '../schedule.ts';
import type { SimulatedWorld } from './build.ts';
import { nextIdentity } from './days.ts';
import type { System, WorldAgent } from './world.ts';

interface LogForm {
  readonly file: string;
  /** What wayward.yaml says of the source beside its file. */
  readonly identity?: string;
  readonly render: (random: Random, world: SimulatedWorld) => Render;
}

/** The forms in which each system writes its log; the first is what is written unless told. */
export const LOG_FORMS: Readonly<Record<System, Readonly<Record<string, LogForm>>>> = {
  http: {
    'nginx-json': { file: 'gateway.access.jsonl', identity: 'from-key-map', render: nginxJson },
    'nginx-combined': { file: 'gateway.access.log', identity: 'authenticated', render: () => nginxCombinedWithUser },
  },
  sql: {
    'pgaudit-json': { file: 'postgresql.json', render: pgauditJson },
    'pgaudit-csv': { file: 'postgresql.csv', render: pgauditCsv },
    'pgaudit-stderr': { file: 'postgresql.log', render: pgauditStderr },
  },
  vault: { 'vault-audit': { file: 'vault.audit.jsonl', render: vaultRender } },
};

function vaultRender(random: Random, { agents, options }: SimulatedWorld): Render {
  const owners = new Map(
    agents.flatMap((agent) => [agent.identity, nextIdentity(agent)].map((identity) => [identity, agent.name])),
  );
  return vaultAudit(
    random,
    (accessor) => owners.get(accessor) ?? 'unknown',
    new Date(options.from - 20 * DAY).toISOString(),
  );
}

/** One log as it is written: its lines, a UTC day at a time. */
export function* logLines(
  world: SimulatedWorld,
  forms: ReadonlyMap<System, string>,
): Generator<{ readonly system: System; readonly lines: readonly string[] }> {
  const renders = new Map(
    [...forms].map(([system, form]) => [
      system,
      formOf(system, form).render(seeded(`${world.options.seed}/log/${system}`), world),
    ]),
  );
  const waiting = new Map([...forms.keys()].map((system) => [system, [] as { time: number; text: string }[]]));
  for (const uses of world.uses()) {
    for (const { system, use } of uses) waiting.get(system)?.push(...(renders.get(system)?.(use) ?? []));
    const until = uses.at(-1)?.use.time ?? 0;
    for (const [system, lines] of waiting) {
      // What a server writes a little after the use may come after another's next.
      const ready = lines.filter(({ time }) => time <= until).sort((a, b) => a.time - b.time);
      waiting.set(
        system,
        lines.filter(({ time }) => time > until),
      );
      yield { system, lines: ready.map(({ text }) => text) };
    }
  }
  for (const [system, lines] of waiting)
    yield { system, lines: lines.sort((a, b) => a.time - b.time).map(({ text }) => text) };
}

export function formOf(system: System, form: string): LogForm {
  const found = LOG_FORMS[system][form];
  if (found === undefined)
    throw new RangeError(
      `${system} is not written as ${form}; there are: ${Object.keys(LOG_FORMS[system]).join(', ')}`,
    );
  return found;
}

/** The registry of a world; replaced credentials are in it under both names, as when they are rotated. */
export const registryOf = (world: SimulatedWorld): string =>
  registryYaml(
    'Simulated: nobody and nothing in it is real.',
    world.agents.map((agent) => entryOf(agent, world)),
  );

function entryOf(agent: WorldAgent, { changes, options }: SimulatedWorld): RegistryEntry {
  const { system } = agent.archetype;
  const rotated = changes.some(({ group, effect }) => group === agent.group && effect.rotated);
  const key = { http: 'credential_id', sql: 'db_user', vault: 'vault_accessor' }[system];
  return {
    id: agent.credential,
    agent: agent.name,
    peer_group: agent.group,
    slot: { http: 'gateway', sql: 'postgres', vault: 'vault' }[system],
    kind: { http: 'api-key', sql: 'database-role', vault: 'vault-token' }[system],
    owner: `team-${agent.archetype.id}@example.com`,
    match: { [key]: rotated ? [agent.identity, nextIdentity(agent)] : agent.identity },
    issued_at: new Date(options.from - 10 * DAY).toISOString(),
  };
}

/** wayward.yaml for these files, with what is known of their identities: `wayward run` reads them. */
export const configOf = (forms: ReadonlyMap<System, string>): string =>
  [
    '# Simulated logs.',
    'sources:',
    ...[...forms].map(([system, form]) => {
      const { file, identity } = formOf(system, form);
      return `  - { file: ${file}, format: ${form}, follow: false${identity === undefined ? '' : `, identity: ${identity}`} }`;
    }),
    'credentials: credentials.yaml',
    '',
  ].join('\n');
