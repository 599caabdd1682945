import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { problemsOf, temporaryFile } from './temp.ts';

const problems = (text: string) => {
  const file = temporaryFile('wayward.yaml', text);
  return problemsOf(file, () => loadConfig(file));
};

describe('wayward.yaml', () => {
  test('an empty one means the defaults; what isn’t there is not used', () => {
    const file = temporaryFile('wayward.yaml', '');
    expect(loadConfig(file)).toMatchObject({
      sources: [],
      formats: [],
      credentials: undefined,
      detectors: expect.stringMatching(/detectors$/),
      state: join(dirname(file), '.wayward'),
      fingerprintKey: undefined,
      maxDisorder: 120_000,
      response: { mode: 'dry-run' },
      revokers: {},
    });
  });

  test('no file at all means the same', () => {
    expect(loadConfig()).toMatchObject({ sources: [], maxDisorder: 120_000, response: { mode: 'dry-run' } });
  });

  test('paths start at the file, wherever Wayward was started', () => {
    const file = temporaryFile(
      'wayward.yaml',
      'sources: [{ file: logs/*.json }, { file: /var/log/x.log, follow: false, format: nginx-json }]\ncredentials: my/credentials.yaml\nstate: ../state\nmax_disorder: 30s\n',
    );
    const folder = dirname(file);
    expect(loadConfig(file)).toMatchObject({
      sources: [
        { file: join(folder, 'logs/*.json'), follow: true },
        { file: '/var/log/x.log', follow: false, format: 'nginx-json' },
      ],
      credentials: join(folder, 'my/credentials.yaml'),
      state: join(dirname(folder), 'state'),
      maxDisorder: 30_000,
    });
  });

  test('credentials.yaml and detectors/ beside it are found', () => {
    const file = temporaryFile('wayward.yaml', '');
    writeFileSync(join(dirname(file), 'credentials.yaml'), 'credentials: []');
    mkdirSync(join(dirname(file), 'detectors'));
    expect(loadConfig(file)).toMatchObject({
      credentials: join(dirname(file), 'credentials.yaml'),
      detectors: join(dirname(file), 'detectors'),
    });
  });

  test.each([
    ['source: []', 'FILE:1: "source" is not a known key; write sources'],
    ['sources:\n  - /var/log/x', 'FILE:2: sources[0] must be keys and values; write keys and values'],
    ['sources:\n  - { path: /var/log/x }', 'FILE:2: sources[0].file is missing; write file: "/var/log/nginx/*.json"'],
    [
      'max_disorder: 2 min',
      'FILE:1: max_disorder is not a duration; write a whole number and ms, s, m, h or d, such as 2m',
    ],
    ['\nresponse:\n  mode: dryrun', 'FILE:3: response.mode is not one of the known values; write mode: dry-run'],
    ['revokers:\n  postgress: {}', 'FILE:2: revokers "postgress" is not a known key; write postgres'],
    [
      'revokers:\n  postgres:\n    url: postgres://wayward:hunter2@db/',
      'FILE:3: revokers.postgres.url must not hold the secret itself; put it into a file of mode 0600 and write secret://env/NAME, or secret://file/PATH, or secret://vault/PATH#FIELD, or secret://aws-secrets-manager/NAME#FIELD, or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
  ])('%j says what to write', (text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test('a file that was named must be there', () => {
    expect(() => loadConfig('/nowhere/wayward.yaml')).toThrow(
      '/nowhere/wayward.yaml: there is no such file; check the path',
    );
  });
});
