import { readFileSync } from 'node:fs';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { READ_SIZE } from '../../src/sources/source.ts';
import { BytesSource } from '../pipeline/lines.ts';
import { shippedDetectors } from '../quality/measure.ts';
import { NAMES } from './names.ts';

type About = Pick<Alert, 'principal'>;

export const isAboutSource = ({ principal }: About): boolean => principal.startsWith('source/');

/** On Kafka, claims end at ingest: alerts about networks are the local path's. Those about logs are everywhere. */
export const isAboutNetwork = ({ principal }: About): boolean =>
  /^source\/(?:local$|[\d.]+$|[\da-f]*:)/.test(principal);

/** A log and its format. */
export type LogFile = readonly [file: string, format: string];

/** Baselines of all principals and peer groups, as bytes by name, and every alert in its final form. */
export interface Outcome {
  readonly baselines: ReadonlyMap<string, Buffer>;
  readonly alerts: ReadonlyMap<string, Alert>;
}

/** What an undisturbed process, alone, makes of the same logs. */
export async function undisturbed(files: readonly LogFile[], credentials: string): Promise<Outcome> {
  const alerts = new Map<string, Alert>();
  const core = new Core(
    createRegistry(loadCredentials(credentials)),
    shippedDetectors(),
    (alert) => {
      if (!isAboutNetwork(alert)) alerts.set(alert.id, alert);
    },
    () => undefined,
    undefined,
    NAMES,
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
  for await (const batch of new Merge(lanes).batches()) core.process(batch);
  return { alerts, baselines: baselinesOf(core) };
}

export function baselinesOf(core: Core): Map<string, Buffer> {
  const { principals, groups } = core.engine.baselines.save();
  return new Map([
    ...principals.map(([name, , , state]) => [name, Buffer.from(state)] as const),
    ...groups.map(([name, state]) => [`group ${name}`, Buffer.from(state)] as const),
  ]);
}
