import type { Credential } from '../../src/attribution/credential.ts';
import type { Registry } from '../../src/attribution/registry.ts';
import type { Names } from '../../src/baselines/names.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { NOTHING_ELSE } from '../../src/event.ts';
import { Core } from '../../src/pipeline/core.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import type { Snapshot } from '../../src/pipeline/kafka/snapshot.ts';
import { PendingUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';

export interface History {
  readonly registry: Registry;
  readonly detectors: readonly Detector[];
  /** Of the process that is to go on with it. */
  readonly names: Names;
  /** Of the partition's principals, one each. */
  readonly credentials: readonly Credential[];
  readonly days: number;
  /** Events of each principal a day, each of another action. */
  readonly calls: number;
  /** When it begins, milliseconds. */
  readonly from: number;
}

const DAY = 86_400_000;
const MINUTE = 60_000;

/** What detection of one events partition knows after days of events of each of its principals: by the core itself. */
export function learned({ registry, detectors, names, credentials, days, calls, from }: History): Snapshot {
  const own = new Set(credentials);
  const core = new Core(registry, detectors, ignore, { observed: ignore, owns: (one) => own.has(one), names });
  const detector = new PartitionDetector(core);
  for (let day = 0; day < days; day++) {
    for (let call = 0; call < calls; call++) {
      // So that not all principals have the same rhythm.
      const time = from + day * DAY + call * (7 + day) * MINUTE;
      core.process(credentials.map((credential, index) => eventOf(credential, { time, call, day, index })));
    }
  }
  return { offset: 0, detector: detector.save(), core: core.saveChanges() };
}

const ignore = (): void => {};

function eventOf(
  { id }: Credential,
  { time, call, day, index }: { time: number; call: number; day: number; index: number },
): PendingUse {
  const use = {
    ...NOTHING_ELSE,
    time,
    format: 'nginx-json',
    dataset: 'nginx.access',
    action: `GET /v1/things-${call}/{id}`,
    result: call === 0 ? ('error' as const) : ('success' as const),
    proof: PROOF.keyMap,
    identities: [{ key: 'credential_id' as const, value: id }],
    sourceIp: `10.${day}.${index % 250}.7`,
    client: `agent-${day}/1.0`,
    // Spread as sizes of answers are.
    bytes: 300 + ((index * 7_919 + call * 104_729 + day * 1_299_709) % 20_000),
    status: 200,
    method: 'GET',
  };
  return PendingUse.of(use, time, false, `${time.toString(36)}-${id}`);
}
