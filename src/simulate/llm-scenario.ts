import { exponential, integer, logNormal, seeded } from './random.ts';
import { type RegistryEntry, registryYaml } from './registry-file.ts';
import { litellmLine, type ModelCall } from './render-litellm.ts';
import { DAY, HOUR, MINUTE } from './schedule.ts';

/** Three weeks of agents that call models through a LiteLLM proxy; in the end somebody has the key of one. */

/** A Monday. */
const FROM = Date.UTC(2026, 10, 2);
const DAYS = 21;
/** The night before the last day. */
const STOLEN_AT = FROM + 19 * DAY + 2 * HOUR + 10 * MINUTE;
const VICTIM = 'research-assistant-2';

interface ModelAgent {
  readonly name: string;
  readonly group: string;
  readonly model: string;
  readonly ip: string;
  /** Hours of UTC in which it works. */
  readonly hours: readonly [from: number, to: number];
  /** Milliseconds between two calls, on average. */
  readonly every: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
}

const research = (number: number): ModelAgent => ({
  name: `research-assistant-${number}`,
  group: 'research-assistant',
  model: number === 3 ? 'large-model' : 'small-model',
  ip: `10.20.1.${10 + number}`,
  ...{ hours: [7, 18], every: 6 * MINUTE, tokensIn: 2_600, tokensOut: 500 },
});

const AGENTS: readonly ModelAgent[] = [
  ...[1, 2, 3].map(research),
  {
    ...{ name: 'ticket-summarizer', group: 'ticket-summarizer', model: 'small-model', ip: '10.20.2.4' },
    ...{ hours: [0, 24], every: 9 * MINUTE, tokensIn: 1_400, tokensOut: 220 },
  },
  {
    ...{ name: 'code-reviewer', group: 'code-reviewer', model: 'large-model', ip: '10.20.3.7' },
    ...{ hours: [8, 20], every: 12 * MINUTE, tokensIn: 9_000, tokensOut: 900 },
  },
];

const aliasOf = (agent: string): string => `${agent}-key`;

const lifeOf = (agent: ModelAgent): ModelCall[] => {
  const random = seeded(`llm/${agent.name}`);
  const calls: ModelCall[] = [];
  for (let day = 0; day < DAYS; day++) {
    const [from, to] = agent.hours.map((hour) => FROM + day * DAY + hour * HOUR) as [number, number];
    for (let time = from + exponential(random, agent.every); time < to; time += exponential(random, agent.every))
      calls.push({
        ...{ time: Math.round(time), user: agent.name, alias: aliasOf(agent.name), model: agent.model },
        tokensIn: Math.round(agent.tokensIn * logNormal(random, 0.5)),
        tokensOut: Math.round(agent.tokensOut * logNormal(random, 0.6)),
        ...{ ip: agent.ip, client: 'agent-sdk/2.4' },
      });
  }
  return calls;
};

/** One probe of a model that the key was never used for, and then as much as it gives: 12.8 million tokens within the hour. */
const theft = (): ModelCall[] => {
  const random = seeded('llm/theft');
  const stolen = { user: VICTIM, alias: aliasOf(VICTIM), model: 'largest-model', ip: '203.0.113.77' };
  const client = 'python-requests/2.32';
  const probe: ModelCall = { ...stolen, client, time: STOLEN_AT, tokensIn: 9, tokensOut: 4 };
  const spent = Array.from(
    { length: 400 },
    (_, at): ModelCall => ({
      ...{ ...stolen, client, time: STOLEN_AT + 4 * MINUTE + at * 8_000 + integer(random, 0, 3_000) },
      ...{ tokensIn: 28_000, tokensOut: 4_000 },
    }),
  );
  return [probe, ...spent];
};

const entryOf = ({ name, group }: ModelAgent): RegistryEntry => ({
  id: `cred-${name}-models`,
  ...{ agent: name, peer_group: group, slot: 'models', kind: 'api-key', owner: 'team-ai@example.com' },
  match: { credential_id: aliasOf(name) },
  issued_at: '2026-10-12T00:00:00Z',
  revoke: { with: 'webhook', url: 'https://models.example.com/keys/block' },
});

/** The log of the proxy, and the registry. */
export const llmDemo = (): { readonly lines: readonly string[]; readonly registry: string } => ({
  lines: [...AGENTS.flatMap(lifeOf), ...theft()].sort((a, b) => a.time - b.time).map(litellmLine),
  registry: registryYaml(
    'Simulated: the credentials of the demo of models. Made by scripts/make-demo.ts; nobody and nothing in it is real.',
    AGENTS.map(entryOf),
  ),
});
