import { litellmLine } from '../../src/simulate/render-litellm.ts';
import { type Receipt, receiptAfter } from '../formats/receipts.ts';

/** Two weeks of an agent that calls models, goes out through a proxy and has receipts, and what goes wrong with it on the last day. */

const AGENT = 'model-caller';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday, that of `misuse()`. */
const FROM = Date.UTC(2026, 9, 5);
const LAST = FROM + 13 * DAY;

/** At every ten minutes of the working hours of thirteen days. */
const work: readonly number[] = Array.from({ length: 13 }, (_, day) =>
  Array.from({ length: 48 }, (_none, at) => FROM + day * DAY + 8 * HOUR + at * 10 * MINUTE),
).flat();

const call = (time: number, model: string, tokensIn: number, number: number): string =>
  litellmLine(
    {
      ...{ time, user: AGENT, alias: `${AGENT}-key`, model, tokensIn, tokensOut: 200 },
      ...{ ip: '10.30.0.5', client: 'agent-sdk/2.4' },
    },
    number,
  );

const proxied = (time: number, target: string): string =>
  `${(time / 1_000).toFixed(3)}     61 10.30.0.5 TCP_TUNNEL/200 4193 CONNECT ${target} ${AGENT}-proxy HIER_DIRECT/198.51.100.7 -`;

const receipt = (time: number, number: number): string =>
  JSON.stringify({
    id: `receipt-${number}`,
    timestamp: new Date(time).toISOString(),
    envelope: {
      action: { type: 'model.call', resource: '/v1/models', operation: 'execute' },
      principal: { type: 'agent', id: AGENT },
      context: {},
    },
    decision: { outcome: 'allow' },
    status: 'executed',
  });

/** The chain of the last evening, of which one receipt was taken away. */
const evening: Receipt[] = [];
for (let at = 0; at < 4; at++) {
  const timestamp = new Date(LAST + 20 * HOUR + at * MINUTE).toISOString();
  evening.push(receiptAfter(evening.at(-1), at, { timestamp, decision: { outcome: 'deny' } }));
}

export const moreLogs = {
  models: [
    ...work.map((time, at) => call(time + 2_000, 'small-model', 1_000, at)),
    call(LAST + 2 * HOUR, 'large-model', 9, 9_000),
    ...Array.from({ length: 300 }, (_, at) =>
      call(LAST + 2 * HOUR + 5 * MINUTE + at * 10_000, 'large-model', 32_000, at + 9_001),
    ),
  ],
  proxy: [
    ...work.map((time, at) => proxied(time + 3_000, at % 2 === 0 ? 'api.example.com:443' : 'auth.example.com:443')),
    proxied(LAST + 3 * HOUR, '203.0.113.9:4444'),
  ],
  receipts: [...work.map(receipt), ...evening.filter((_, at) => at !== 2).map((one) => JSON.stringify(one))],
} as const;

/** Behind the others of a registry. */
export const MORE_CREDENTIALS = `
  - { id: cred-${AGENT}-models, agent: ${AGENT}, slot: models, kind: api-key, match: { credential_id: ${AGENT}-key },
      issued_at: 2026-09-01T00:00:00Z, max_lifetime: 1h }
  - { id: cred-${AGENT}-proxy, agent: ${AGENT}, slot: proxy, kind: api-key, match: { credential_id: ${AGENT}-proxy },
      issued_at: 2026-09-01T00:00:00Z, expires_at: 2026-12-01T00:00:00Z, max_lifetime: 24h }
  - { id: cred-${AGENT}-receipts, agent: ${AGENT}, slot: receipts, kind: authensor-key, match: { authensor_principal: ${AGENT} } }
`;
