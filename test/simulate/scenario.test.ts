import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formats } from '../../src/formats/registry.ts';
import { type Demo, demo } from '../../src/simulate/scenario.ts';

const FOLDER = new URL('../../demo/', import.meta.url);
const file = (name: string) => readFileSync(new URL(name, FOLDER));

describe('the demo', () => {
  let made: Demo;
  beforeAll(() => {
    made = demo();
  });

  test('is what scripts/make-demo.ts would write, byte for byte', () => {
    for (const [name, lines] of Object.entries(made.logs)) {
      expect(gunzipSync(file(`${name}.gz`)).toString() === `${lines.join('\n')}\n`, name).toBe(true);
    }
    expect(file('credentials.yaml').toString()).toBe(made.registry);
    expect(JSON.parse(file('labels.json').toString())).toEqual(made.labels);
  });

  test('is small enough to ship', () => {
    const sizes = readdirSync(FOLDER).map((name) => statSync(new URL(name, FOLDER)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4_500_000);
  });

  test('every record is found to be of its format, and is an event or knowingly ignored', () => {
    const redactor = createRedactor(Buffer.alloc(32, 1));
    for (const [name, lines] of Object.entries(made.logs)) {
      const format = detectFormat(lines.slice(0, 100), formats);
      const parser = format?.parser({ redactor });
      const bytes = lines.map((line) => Buffer.from(line));
      const parsed = bytes.map((record) => parser?.parse(record, 0, record.length));
      const unusable = parsed.filter((result) => result === undefined || 'unusable' in result);
      expect(unusable, name).toEqual([]);
      const times = parsed.flatMap((result) => (result !== undefined && isEvent(result) ? [result.time] : []));
      expect(Math.min(...times.slice(0, 10))).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 2));
      expect(times.at(-1)).toBeLessThan(Date.UTC(2026, 10, 23, 0, 10));
    }
  });

  test('its registry is one that Wayward loads, with every way to revoke', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'wayward-demo-')), 'credentials.yaml');
    writeFileSync(path, made.registry);
    const credentials = loadCredentials(path);
    expect(new Set(credentials.map(({ agent }) => agent)).size).toBe(22);
    expect(new Set(credentials.map(({ peerGroup }) => peerGroup)).size).toBe(9);
    expect(new Set(credentials.map(({ revoke }) => revoke?.with))).toEqual(new Set(['webhook', 'postgres', 'vault']));
    expect(credentials.filter((credential) => credential.protected).map(({ id }) => id)).toEqual([
      'cred-data-steward-1-postgres',
    ]);
  });

  test('its labels name agents of the registry, and hold cases that should alert nobody', () => {
    const agents = new Set([...made.registry.matchAll(/agent: (.+)/g)].map(([, name]) => name));
    for (const { agent, start, end } of made.labels) {
      if (agent !== 'unregistered') expect(agents).toContain(agent);
      expect(start <= end).toBe(true);
    }
    expect(made.labels.filter(({ expected }) => expected === 'none').length).toBeGreaterThanOrEqual(3);
    expect(
      new Set(made.labels.filter(({ expected }) => expected === 'alert').map(({ attack }) => attack)).size,
    ).toBeGreaterThan(8);
  });
});
