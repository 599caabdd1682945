import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRules } from '../../src/config/rules.ts';
import { temporaryFolder } from './temp.ts';

const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const registry = (owner: string): string =>
  `credentials: [{ id: a, agent: a, kind: api-key, owner: ${owner}, match: { credential_id: a } }]\n`;

/** The detectors that come with Wayward and a registry, as on a machine of its own. */
function place() {
  const folder = temporaryFolder();
  const detectors = join(folder, 'detectors');
  cpSync(DETECTORS, detectors, { recursive: true });
  const credentials = join(folder, 'credentials.yaml');
  writeFileSync(credentials, registry('t@example.com'));
  return { credentials, detectors };
}

test('equal files have the same hash wherever they are, and any other content another one', () => {
  const [here, there] = [place(), place()];
  const before = loadRules(here);
  expect(loadRules(there).hash).toBe(before.hash);
  writeFileSync(there.credentials, registry('u@example.com'));
  const other = loadRules(there).hash;
  mkdirSync(join(here.detectors, 'local'));
  writeFileSync(join(here.detectors, 'local', 'mild.yaml'), 'extends: unknown-credential\nseverity: low\n');
  const local = loadRules(here);
  rmSync(join(here.detectors, 'drift.yaml'));
  expect(new Set([before.hash, other, local.hash, loadRules(here).hash]).size).toBe(4);
  expect(local.detectors.find(({ id }) => id === 'unknown-credential')?.severity).toBe('low');
});

test('a folder that only extends what comes with Wayward changes with that, too', () => {
  const { credentials, detectors } = place();
  const only = join(temporaryFolder(), 'detectors');
  mkdirSync(join(only, 'local'), { recursive: true });
  const extended = loadRules({ credentials, detectors: only });
  expect(extended.detectors).toHaveLength(loadRules({ credentials, detectors }).detectors.length);
  expect(extended.hash).toBe(loadRules({ credentials, detectors }).hash);
});

test('what is wrong is told with file and line, and nothing of it is loaded', () => {
  const { credentials, detectors } = place();
  appendFileSync(join(detectors, 'drift.yaml'), 'titel: x\n');
  expect(() => loadRules({ credentials, detectors })).toThrow(/drift\.yaml:\d+: "titel" is not a known key/);
  expect(() => loadRules({ credentials: join(detectors, 'none.yaml'), detectors: DETECTORS })).toThrow('no such file');
});
