import { readFileSync } from 'node:fs';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { PEER_WAIT } from '../../src/detectors/waiting.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { READ_SIZE } from '../../src/sources/source.ts';
import { BytesSource } from '../pipeline/lines.ts';
import { shippedDetectors } from '../quality/measure.ts';
import { NAMES } from './names.ts';
import type { SaidAlerts } from './outcome.ts';

const SECOND = 1_000;

type About = Pick<Alert, 'principal'>;

export const isAboutSource = ({ principal }: About): boolean => principal.startsWith('source/');

/** A log and its format. */
export type LogFile = readonly [file: string, format: string];

/** Baselines of all principals and peer groups, as bytes by name, and every alert, as they are after the last record. */
export interface Outcome {
  readonly baselines: ReadonlyMap<string, Buffer>;
  readonly alerts: ReadonlyMap<string, Alert>;
  /** The documents of each alert from then on, until all that waits for peers is decided; the last is that of `wayward scan`. */
  readonly forms: ReadonlyMap<string, readonly string[]>;
}

/** What an undisturbed process, alone, makes of the same logs. */
export async function undisturbed(files: readonly LogFile[], credentials: string): Promise<Outcome> {
  const alerts = new Map<string, Alert>();
  const core = new Core(
    createRegistry(loadCredentials(credentials)),
    shippedDetectors(),
    (alert) => alerts.set(alert.id, alert),
    { observed: () => undefined, names: NAMES },
  );
  const context = { redactor: createRedactor(Buffer.alloc(32, 1)) };
  const lanes = files.map(
    ([file, format]) =>
      new Lane(new BytesSource(file, readFileSync(file), READ_SIZE), {
        format: formatById(format),
        detect: () => undefined,
        formatById,
        context,
        tellsReading: true,
      }),
  );
  let end = 0;
  for await (const batch of new Merge(lanes).batches()) {
    core.process(batch);
    for (const { orderTime } of batch) end = Math.max(end, orderTime);
  }
  const outcome = { alerts: new Map(alerts), baselines: baselinesOf(core) };
  const forms = new Map<string, string[]>();
  for (let time = end; time <= end + PEER_WAIT; time += SECOND) {
    core.decide(time);
    noteForms(forms, alerts);
  }
  core.decide(Number.POSITIVE_INFINITY);
  noteForms(forms, alerts);
  return { ...outcome, forms };
}

function noteForms(forms: Map<string, string[]>, alerts: ReadonlyMap<string, Alert>): void {
  for (const [id, alert] of alerts) {
    const before = forms.get(id) ?? [];
    const document = JSON.stringify(alertDocument(alert));
    if (before.at(-1) !== document) forms.set(id, [...before, document]);
  }
}

/**
 * The documents of `wayward scan`, and in place of those that it decided at the end of its logs what was said of them: what waits for
 * peers is decided on Kafka as the clock goes on.
 */
export const asFarAsDecided = (
  scanned: ReadonlyMap<string, string>,
  { forms }: Outcome,
  { newest }: SaidAlerts,
): Map<string, string> =>
  new Map(
    [...scanned].map(([id, document]) => {
      const said = newest.get(id)?.document;
      return [id, said !== undefined && forms.get(id)?.includes(said) ? said : document];
    }),
  );

export function baselinesOf(core: Core): Map<string, Buffer> {
  const { principals, groups } = core.engine.baselines.save();
  return new Map([
    ...principals.map(([name, , , state]) => [name, Buffer.from(state)] as const),
    ...groups.map(([name, state]) => [`group ${name}`, Buffer.from(state)] as const),
  ]);
}
