import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { editorSchema } from '../../scripts/editor-schema.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { type Schema, unfit } from './json-schema.ts';

/** What an editor says of a detector's file is what Wayward says of it. */

const folder = join(import.meta.dirname, '..', '..', 'detectors');
const schema = JSON.parse(JSON.stringify(editorSchema())) as Schema;
const problems = (yaml: string): string[] => unfit(parse(yaml), schema);

const RULE = `$schema: ../schema.json
id: exports
title: An export
description: Exports of customers.
stage: observe
kind: match
severity: high
threat: [T1213]
owasp: [NHI5:2025]
triage: [Look at who it was.]
false_positives: [The nightly export.]
references: [https://attack.mitre.org/techniques/T1213/]
for: { agents: ["billing-*"] }
repeat_after: 1d
parameters: { action: "GET /v1/export/**", count: { over: 3, within: 10m, distinct: path } }
exceptions: [{ agent: billing-1, because: reports, until: 2027-01-01 }]
tests: [{ name: an order, events: [{}], expect: none }]
`;

test('the schema that comes with the detectors is the one that is made of the code', () => {
  expect(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'))).toEqual(schema);
});

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))(
  '%s fits, and names the schema first',
  (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(problems(text)).toEqual([]);
    expect(text).toMatch(/^\$schema: \.\/schema\.json\n/);
  },
);

describe('a file of your own', () => {
  test('fits with everything that may stand in it', () => {
    expect(problems(RULE)).toEqual([]);
    expect(
      problems('$schema: ../schema.json\nextends: new-action\nstage: observe\nseverity: { medium: 14 }\n'),
    ).toEqual([]);
  });

  test.each([
    ['a word that is misspelt', RULE.replace('triage:', 'triages:'), ' knows no triages'],
    [
      'a parameter of no such kind',
      RULE.replace('distinct: path', 'different: path'),
      '.parameters.count knows no different',
    ],
    [
      'bits where there is no baseline',
      RULE.replace('severity: high', 'severity: { low: 8 }'),
      '.severity is no string',
    ],
    [
      'a stage that does not exist',
      RULE.replace('stage: observe', 'stage: silent'),
      '.stage is none of observe,enforce',
    ],
    ['a title that is missing', RULE.replace(/title.*\n/, ''), ' lacks title'],
    ['a page without its address', RULE.replace('https://', 'see '), '.references[0] is not like'],
    ['an id of no list', RULE.replace('NHI5:2025', 'NHI5'), '.owasp[0] is not like'],
    ['a kind within what extends another', 'extends: new-action\nkind: match\n', ' knows no kind'],
  ])('does not fit with %s', (_, yaml, problem) => {
    expect(problems(yaml).join('\n')).toContain(problem);
  });
});

describe('the detectors that come with Wayward', () => {
  test.each(loadDetectors(folder).map(({ detector }) => [detector.id, detector] as const))(
    '%s says what to look at, what else it may be, and where to read on',
    (_, { advice }) => {
      expect(advice?.triage.length).toBeGreaterThan(0);
      expect(advice?.falsePositives.length).toBeGreaterThan(0);
      expect(advice?.references.length).toBeGreaterThan(0);
      expect(advice?.owasp.length).toBeGreaterThan(0);
    },
  );
});
