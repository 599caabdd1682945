import { bareCredential, type Credential } from '../src/attribution/credential.ts';
import { Baselines } from '../src/baselines/baselines.ts';
import { NAMES_OF_PROCESS } from '../src/baselines/names.ts';
import { newObservation } from '../src/baselines/observation.ts';
import { observe } from '../src/baselines/observe.ts';
import { STATE_BYTES } from '../src/baselines/state.ts';
import { NOTHING_ELSE } from '../src/event.ts';
import { PROOF } from '../src/proof.ts';

/**
 * Memory of 100,000 principals with a week of history: every table and ring in use. Prints `{ principals, stateBytes, bytesEach }`,
 * where `bytesEach` is what the process grew by (heap and buffers), divided by the principals.
 */
const PRINCIPALS = 100_000;
const DAYS = 7;
const ACTIONS = 8;
const START = Date.UTC(2026, 0, 5, 9);
const DAY = 86_400_000;

const memory = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const credentialOf = (index: number): Credential =>
  bareCredential({
    id: `cred-${index}`,
    agent: `agent-${index}`,
    peerGroup: `group-${Math.floor(index / 100)}`,
    slot: 'gateway',
    kind: 'api-key',
  });

const credentials = Array.from({ length: PRINCIPALS }, (_, index) => credentialOf(index));
const actions = Array.from({ length: ACTIONS }, (_, index) => `GET /v1/things-${index}/{id}`);
const seen = newObservation();
const before = memory();

const baselines = new Baselines();
for (let day = 0; day < DAYS; day++) {
  for (const [index, credential] of credentials.entries()) {
    const principal = baselines.of({
      method: 'credential_id',
      confidence: 1,
      principal: `${credential.agent}/gateway`,
      credential,
      ambiguous: undefined,
    });
    for (let call = 0; call < ACTIONS; call++) {
      const time = START + day * DAY + call * 60_000 + (index % 1_000);
      const use = {
        ...NOTHING_ELSE,
        time,
        format: 'bench',
        dataset: 'bench.access',
        action: actions[call] as string,
        result: call === 0 ? ('denied' as const) : call === 1 ? ('error' as const) : ('success' as const),
        proof: PROOF.keyMap,
        identities: [],
        sourceIp: `10.${day}.${index % 250}.7`,
        client: `agent-${day}/1.0`,
        bytes: 1_000,
        rows: 10,
      };
      observe(principal, use, time, seen, NAMES_OF_PROCESS);
    }
  }
}
const bytesEach = Math.round((memory() - before) / PRINCIPALS);
console.log(JSON.stringify({ principals: baselines.size, stateBytes: STATE_BYTES, bytesEach }));
