import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry, type Registry } from '../../src/attribution/registry.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { type Format, isEvent, type Parser } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { inOrder, PendingUse } from '../../src/pipeline/ordered.ts';
import { historyLines, historyRegistry, type PrincipalHistory } from '../../src/simulate/scenarios-for-quality.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import { BytesSource } from '../pipeline/lines.ts';

const context = { redactor: createRedactor(Buffer.alloc(32, 1)) };

/** All detectors that come with Wayward. */
export const shippedDetectors = (): readonly Detector[] =>
  loadDetectors(join(import.meta.dirname, '..', '..', 'detectors')).map(({ detector }) => detector);

/** A registry as its file says it. */
export function registryOf(yaml: string): Registry {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-'));
  try {
    const file = join(folder, 'credentials.yaml');
    writeFileSync(file, yaml);
    return createRegistry(loadCredentials(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What was learned up to the last day of a history, ready to be gone on with any number of times. */
export interface Learned {
  /** Alerts of the thirty days, in the form they had then. */
  readonly alerts: readonly Alert[];
  /** The lines of those days. */
  readonly lines: readonly string[];
  readonly registry: Registry;
  readonly format: Format;
  /** Core and parser, as a checkpoint keeps them. */
  readonly saved: Uint8Array;
}

const parse = (lines: readonly string[], parser: Parser): PendingUse[] => {
  const events: PendingUse[] = [];
  for (const line of lines) {
    const bytes = Buffer.from(line);
    const parsed = parser.parse(bytes, 0, bytes.length);
    if (isEvent(parsed)) events.push(new PendingUse(parsed, bytes, 0, bytes.length, 0));
  }
  return events.sort(inOrder);
};

/** Lines before the last day: every line of both formats shows its time. */
const beforeLastDay = (history: PrincipalHistory, lines: readonly string[]): number => {
  const time = (line: string): number => Date.parse(/\d{4}-\d\d-\d\d[ T][\d:.]+/.exec(line)?.[0].concat('Z') ?? '');
  const first = lines.findIndex((line) => time(line) >= history.to - DAY);
  return first < 0 ? lines.length : first;
};

/** Replays all but the last day of a history's log. */
export function learn(history: PrincipalHistory, detectors: readonly Detector[]): Learned {
  const format = formatById(history.options.format) as Format;
  const registry = registryOf(historyRegistry(history));
  const alerts = new Map<string, Alert>();
  const core = new Core(registry, detectors, (alert) => alerts.set(alert.id, alert));
  const parser = format.parser(context);
  const all = historyLines(history);
  const lines = all.slice(0, beforeLastDay(history, all));
  core.process(parse(lines, parser));
  return {
    alerts: [...alerts.values()],
    lines,
    registry,
    format,
    saved: serialize({ core: core.save(), parser: parser.save?.() }),
  };
}

/** Goes on with the last day, with or without an attack in it; gives the alerts of all the days in their last form. */
export function lastDay(learned: Learned, history: PrincipalHistory, detectors: readonly Detector[]): Alert[] {
  const lines = historyLines(history);
  const from = learned.lines.length;
  if (lines[0] !== learned.lines[0] || lines[from - 1] !== learned.lines[from - 1]) {
    throw new Error('an attack on the last day has changed the days before');
  }
  const alerts = new Map(learned.alerts.map((alert) => [alert.id, alert]));
  const core = new Core(learned.registry, detectors, (alert) => alerts.set(alert.id, alert));
  const parser = learned.format.parser(context);
  const saved = deserialize(learned.saved);
  core.load(saved.core);
  if (saved.parser !== undefined) parser.load?.(saved.parser);
  core.process(parse(lines.slice(from), parser));
  return [...alerts.values()];
}

/** The same in one go, as `wayward scan` would: from the bytes of a file of unknown format. */
export async function scanned(history: PrincipalHistory, detectors: readonly Detector[]): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const core = new Core(registryOf(historyRegistry(history)), detectors, (alert) => alerts.set(alert.id, alert));
  const source = new BytesSource('log', `${historyLines(history).join('\n')}\n`);
  const lane = new Lane(source, { detect: (lines) => detectFormat(lines, formats), formatById, context });
  for await (const batch of new Merge([lane]).batches()) core.process(batch);
  return [...alerts.values()];
}
