import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { compileGlob } from '../attribution/glob.ts';
import type { Detector, Exception } from '../detectors/detector.ts';
import { SEVERITIES } from '../detectors/finding.ts';
import { type InlineTest, inlineTestSchema } from '../detectors/inline-test.ts';
import { kinds } from '../detectors/registry.ts';
import { UsageError } from '../errors.ts';
import { durationSchema } from './duration.ts';
import { instantSchema } from './instant.ts';
import { loadYamlFile } from './yaml-file.ts';

const DEFAULT_REPEAT = 7 * 86_400_000;

const severityName = z.enum(SEVERITIES).meta({ example: SEVERITIES.join(', ') });
const severityBits = z
  .strictObject({
    low: z.number().min(6).exactOptional(),
    medium: z.number().min(6).exactOptional(),
    high: z.number().min(6).exactOptional(),
    critical: z.number().min(6).exactOptional(),
  })
  .meta({ example: 'severity: { low: 8, medium: 12, high: 18, critical: 27 }' });

const exceptionSchema = z.strictObject({
  agent: z.string().min(1).exactOptional(),
  credential: z.string().min(1).exactOptional(),
  because: z.string().min(1).meta({ example: 'because: why this is no misuse' }),
  until: instantSchema,
});

const detectorSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,62}$/, 'is not an id; write lower-case words joined by "-", such as new-action'),
  title: z.string().min(1).max(100).meta({ example: 'title: what the SOC reads, such as Never-seen action' }),
  description: z.string().min(1),
  kind: z.enum(kinds.map(({ id }) => id) as [string, ...string[]]),
  parameters: z.record(z.string(), z.unknown()).default({}),
  severity: z.unknown(),
  threat: z
    .array(
      z
        .string()
        .regex(/^(T\d{4}(\.\d{3})?|AML\.T\d{4}(\.\d{3})?)$/, 'is no ATT&CK or ATLAS id; write such as T1078.004'),
    )
    .default([]),
  repeat_after: durationSchema.exactOptional(),
  exceptions: z.array(exceptionSchema).default([]),
  tests: z.array(inlineTestSchema).default([]),
});
type Written = z.infer<typeof detectorSchema>;

/** A detector and the tests inside its file. */
export interface LoadedDetector {
  readonly detector: Detector;
  readonly file: string;
  readonly tests: readonly InlineTest[];
}

const exceptionOf = (written: z.infer<typeof exceptionSchema>): Exception => {
  const agent = compileGlob(written.agent ?? '*');
  const credential = compileGlob(written.credential ?? '*');
  return {
    matches: (principal, id) =>
      agent(principal.split('/')[0] as string) && (written.credential === undefined || credential(id ?? '')),
    because: written.because,
    until: written.until,
  };
};

const loadDetector = (file: string): LoadedDetector => {
  const { value: written } = loadYamlFile<Written>(file, detectorSchema, {
    check: (value, report) => {
      const kind = kinds.find(({ id }) => id === value.kind);
      if (!kind) return;
      const severity = (kind.baseline ? severityBits : severityName).safeParse(value.severity);
      const wanted = kind.baseline
        ? 'least bits of each severity; write severity: { low: 8, medium: 12 }'
        : `one severity; write severity: ${SEVERITIES.join(', ')}`;
      if (!severity.success) report(['severity'], `of kind ${kind.id} must be ${wanted}`);
      const parameters = kind.parameters.safeParse(value.parameters);
      if (!parameters.success)
        report(
          ['parameters'],
          parameters.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
        );
      if (value.exceptions.some(({ agent, credential }) => agent === undefined && credential === undefined)) {
        report(['exceptions'], 'need an agent: or a credential:; write whom the exception is for');
      }
    },
  });
  const kind = kinds.find(({ id }) => id === written.kind) as (typeof kinds)[number];
  const detector: Detector = {
    id: written.id,
    title: written.title,
    description: written.description,
    kind,
    check: kind.check(written.parameters),
    severity: written.severity as Detector['severity'],
    threat: written.threat,
    exceptions: written.exceptions.map(exceptionOf),
    repeatAfter: written.repeat_after ?? DEFAULT_REPEAT,
  };
  return { detector, file, tests: written.tests };
};

/**
 * Loads all `*.yaml` detectors of a folder, in the order of their names.
 * @throws UsageError that names file, line, what is wrong and what to write instead
 */
export const loadDetectors = (folder: string): readonly LoadedDetector[] => {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch (cause) {
    throw new UsageError(`${folder}: no such folder of detectors; check --detectors or detectors: in wayward.yaml`, {
      cause,
    });
  }
  if (names.length === 0)
    throw new UsageError(`${folder}: no detectors (*.yaml) in it; copy those that come with Wayward`);
  const loaded = names.map((name) => loadDetector(join(folder, name)));
  const files = new Map<string, string>();
  for (const { detector, file } of loaded) {
    const other = files.get(detector.id);
    if (other !== undefined)
      throw new UsageError(`${file}:1: id ${detector.id} is already used by ${other}; write another id`);
    files.set(detector.id, file);
  }
  return loaded;
};
