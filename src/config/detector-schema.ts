import { z } from 'zod';
import { SEVERITIES } from '../detectors/finding.ts';
import { inlineTestSchema } from '../detectors/inline-test.ts';
import { kinds } from '../detectors/registry.ts';
import { durationSchema } from './duration.ts';
import { explainIssue } from './explain-issue.ts';
import { instantSchema } from './instant.ts';
import type { Report } from './yaml-file.ts';

export const severityName = z.enum(SEVERITIES).meta({ example: SEVERITIES.join(', ') });
export const severityBits = z
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
export type WrittenException = z.infer<typeof exceptionSchema>;

const globs = z.array(z.string().min(1)).min(1);
/** Whom a detector judges: who fits one entry of each list that is there. */
const forSchema = z
  .strictObject({
    agents: globs.exactOptional(),
    peer_groups: globs.exactOptional(),
    credentials: globs.exactOptional(),
  })
  .refine((written) => Object.keys(written).length > 0, {
    error: 'names no agent, group or credential; write agents: [...], peer_groups: [...] or credentials: [...]',
  });
export type WrittenFor = z.infer<typeof forSchema>;

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,62}$/, 'is not an id; write lower-case words joined by "-", such as new-action');
const title = z.string().min(1).max(100).meta({ example: 'title: what the SOC reads, such as Never-seen action' });
const description = z.string().min(1);
const stage = z.enum(['observe', 'enforce']).meta({ example: 'stage: observe, or enforce' });
const parameters = z.record(z.string(), z.unknown());
const threat = z.array(
  z.string().regex(/^(T\d{4}(\.\d{3})?|AML\.T\d{4}(\.\d{3})?)$/, 'is no ATT&CK or ATLAS id; write such as T1078.004'),
);

/** What a person reads: short, so that an alert can hold it. */
const sentences = z.array(z.string().min(1).max(300)).max(8);
const references = z
  .array(
    z
      .string()
      .max(300)
      .regex(
        /^https:\/\/\S+$/,
        'is no page; write its address, such as https://attack.mitre.org/techniques/T1078/004/',
      ),
  )
  .max(8);
const owasp = z
  .array(
    z.string().regex(/^(?:LLM|ASI|NHI|API|A)\d{1,2}:20\d\d$/, 'is no id of an OWASP list; write such as NHI2:2025'),
  )
  .max(8);
/** Where an editor finds what may stand in the file; not read. */
const $schema = z.string().exactOptional();

/** A detector's whole file. */
export const detectorSchema = z.strictObject({
  $schema,
  id,
  title,
  description,
  stage: stage.default('enforce'),
  kind: z.enum(kinds.map((kind) => kind.id) as [string, ...string[]]),
  parameters: parameters.default({}),
  severity: z.unknown(),
  for: forSchema.exactOptional(),
  threat: threat.default([]),
  owasp: owasp.default([]),
  triage: sentences.default([]),
  false_positives: sentences.default([]),
  references: references.default([]),
  repeat_after: durationSchema.exactOptional(),
  exceptions: z.array(exceptionSchema).default([]),
  tests: z.array(inlineTestSchema).default([]),
});
export type WrittenDetector = z.infer<typeof detectorSchema>;

/** A file that changes a detector of another one: what it does not name stays as it is there. */
export const overlaySchema = z.strictObject({
  $schema,
  extends: z.string().min(1).meta({ example: 'extends: new-action' }),
  for: forSchema.exactOptional(),
  title: title.exactOptional(),
  description: description.exactOptional(),
  stage: stage.exactOptional(),
  parameters: parameters.default({}),
  severity: z.unknown().optional(),
  threat: threat.exactOptional(),
  owasp: owasp.exactOptional(),
  triage: sentences.exactOptional(),
  false_positives: sentences.exactOptional(),
  references: references.exactOptional(),
  repeat_after: durationSchema.exactOptional(),
  exceptions: z.array(exceptionSchema).default([]),
  tests: z.array(inlineTestSchema).default([]),
});
export type WrittenOverlay = z.infer<typeof overlaySchema>;

/**
 * What an overlay makes of a detector. Bits and parameters that it names replace those of the same name; exceptions are added to those
 * that are there. Its tests are its own: those of the detector are about the detector as it was.
 */
export const overlaid = (base: WrittenDetector, overlay: WrittenOverlay): WrittenDetector => {
  const { extends: _, severity, parameters: changed, exceptions, ...rest } = overlay;
  return {
    ...base,
    ...rest,
    parameters: { ...base.parameters, ...changed },
    severity: severityOf(base.severity, severity),
    exceptions: [...base.exceptions, ...exceptions],
  };
};

const severityOf = (base: unknown, changed: unknown): unknown => {
  if (changed === undefined) return base;
  return isObject(base) && isObject(changed) ? { ...base, ...changed } : changed;
};
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What the schema of files alone can't see, since each kind has parameters and a form of severity of its own. */
export const checkDetector = (value: WrittenDetector, report: Report): void => {
  const kind = kinds.find((one) => one.id === value.kind);
  if (!kind) return;
  const severity = (kind.baseline ? severityBits : severityName).safeParse(value.severity);
  const wanted = kind.baseline
    ? 'least bits of each severity; write severity: { low: 8, medium: 12 }'
    : `one severity; write severity: ${SEVERITIES.join(', ')}`;
  if (!severity.success) report(['severity'], `of kind ${kind.id} must be ${wanted}`);
  const checked = kind.parameters.safeParse(value.parameters, { error: explainIssue });
  for (const issue of checked.error?.issues ?? []) reportIssue(issue, report);
  if (value.exceptions.some(({ agent, credential }) => agent === undefined && credential === undefined)) {
    report(['exceptions'], 'need an agent: or a credential:; write whom the exception is for');
  }
};

/** An unknown key is an issue of what it stands in, and stands on a line of its own. */
const reportIssue = (issue: z.core.$ZodIssue, report: Report): void => {
  const path = ['parameters', ...issue.path];
  if (issue.code !== 'unrecognized_keys') {
    report(path, issue.message);
    return;
  }
  const messages = issue.message.split('\n');
  for (const [index, key] of issue.keys.entries()) report([...path, key], messages[index] ?? issue.message);
};
