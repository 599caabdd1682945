import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { canaryOf } from './canaries.ts';
import { PLANTED, PLANTED_LOGS } from './planted-logs.ts';
import { Search } from './search.ts';

/** No secret that stands in a log comes out anywhere: neither on a screen nor in any file that Wayward writes. */

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const SAMPLES = readdirSync(join(FIXTURES, 'logs')).map((name) => join(FIXTURES, 'logs', name));
/** Written by hand from the samples. */
const IN_SAMPLES: readonly string[] = JSON.parse(readFileSync(join(FIXTURES, 'secrets-in-samples.json'), 'utf8'));

const SEARCH = new Search([...IN_SAMPLES, ...PLANTED].map((secret) => canaryOf(secret, secret)));

/** A folder with the planted logs in `logs` and everything that Wayward writes in `out`. */
const prepared = () => {
  const folder = temporaryFolder();
  const logs = join(folder, 'logs');
  const out = join(folder, 'out');
  mkdirSync(logs);
  mkdirSync(out);
  const planted = Object.entries(PLANTED_LOGS).map(([name, lines]) => {
    const file = join(logs, name);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    return file;
  });
  const config = join(folder, 'wayward.yaml');
  const files = [...SAMPLES, ...planted];
  const sources = files.map((file) => `  - { file: ${JSON.stringify(file)}, follow: false }\n`).join('');
  writeFileSync(config, `state: ${JSON.stringify(join(out, 'state'))}\nsources:\n${sources}`);
  return { config, files, out };
};

const expectNoSecret = (result: { stdout: string; stderr: string }, out: string): void => {
  expect(SEARCH.in('stdout', result.stdout)).toEqual([]);
  expect(SEARCH.in('stderr', result.stderr)).toEqual([]);
  expect(SEARCH.inFolder('what it wrote', out)).toEqual([]);
};

test('the lists are worth it: each secret stands in some log', () => {
  const samples = SAMPLES.map((file) => readFileSync(file, 'utf8')).join('');
  for (const secret of IN_SAMPLES) expect(samples).toContain(secret);
  const planted = Object.values(PLANTED_LOGS).flat().join('\n');
  for (const secret of PLANTED) expect(planted).toContain(secret);
});

describe('no secret of the logs comes out', () => {
  test.each(['table', 'ndjson'])('of wayward scan, as %s', async (shape) => {
    const { config, files, out } = prepared();
    const letters = join(out, 'letters.ndjson');
    const args = ['scan', '--config', config, '--detectors', DETECTORS, '--dead-letters', letters];
    const result = await run([...args, ...(shape === 'table' ? [] : ['--out', join(out, 'alerts.ndjson')]), ...files], {
      isTTY: shape === 'table',
    });
    expect(result.code, result.stderr).toBe(0);
    expect(readFileSync(letters, 'utf8')).toContain('redacted');
    const alerts = shape === 'table' ? result.stdout : readFileSync(join(out, 'alerts.ndjson'), 'utf8');
    expect(alerts).toContain('put a secret');
    expectNoSecret(result, out);
  });

  test('of wayward parse', async () => {
    const { config, files, out } = prepared();
    const result = await run(['parse', '--config', config, '--dead-letters', join(out, 'letters.ndjson'), ...files]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('redacted');
    // Each log is read as what it is, not as a heap of dead letters.
    const planted = files.slice(SAMPLES.length).filter((file) => !file.endsWith('unknown.log'));
    const alone = await Promise.all(planted.map((file) => run(['parse', '--config', config, file])));
    for (const { stdout } of alone) expect(stdout.split('\n').length).toBeGreaterThan(1);
    expectNoSecret(result, out);
  });

  test('of wayward run: its log, its store and what it saved to go on', async () => {
    const { config, out } = prepared();
    const result = await run(['run', '--config', config, '--detectors', DETECTORS]);
    expect(result.code, result.stderr).toBe(0);
    expect(existsSync(join(out, 'state', 'wayward.db'))).toBe(true);
    expectNoSecret(result, out);
    // The one secret that is kept there, since none is configured, in the one file that only its owner may read.
    const own = join('state', 'fingerprint.key');
    const found = new Search([canaryOf('our own key', readFileSync(join(out, own), 'utf8').trim())]).inFolder(
      'it',
      out,
    );
    expect(found).not.toEqual([]);
    expect(found.filter((leak) => !leak.includes(`in it/${own} at`))).toEqual([]);
    expect(statSync(join(out, own)).mode & 0o777).toBe(0o600);
  });
});
