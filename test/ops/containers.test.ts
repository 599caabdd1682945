import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/wayward-yaml.ts';

/** What can be told of the image and of docker-compose.yml without an engine. */

const ROOT = join(import.meta.dirname, '..', '..');
const textOf = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  readonly image: string;
  readonly restart?: string;
  readonly healthcheck?: object;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose: { readonly services: Readonly<Record<string, Service>>; readonly volumes: object } = parse(
  textOf('docker-compose.yml'),
  { merge: true },
);
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  test.each(services)('%s is pinned, bounded to this machine, and says when it is ready', (_name, service) => {
    expect(service.image).toMatch(/:(\d+\.\d+\.\d+|local)$/);
    const isOneShot = service.restart === 'no';
    expect(isOneShot).toBe(service.healthcheck === undefined);
    expect(service.privileged).toBeUndefined();
    expect(service.network_mode).toBeUndefined();
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(JSON.stringify(service.volumes ?? [])).not.toContain('docker.sock');
  });

  test.each(services)('%s waits for services that can become what it waits for', (_name, { depends_on = {} }) => {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const other = compose.services[name];
      expect(condition).toBe(other?.restart === 'no' ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  test('no password stands in it: each is a variable that must be set, and .env.example names it', () => {
    const written = [...textOf('docker-compose.yml').matchAll(/(\w*(?:PASSWORD|KEY)): (.*)/g)];
    expect(written.length).toBeGreaterThan(4);
    for (const [, , value = ''] of written) {
      const [, name = ''] = /^\$\{([A-Z_]+):\?[^}]+\}$/.exec(value) ?? [];
      expect(textOf('.env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
    }
    expect(textOf('.gitignore')).toMatch(/^\.env$/m);
  });

  test('files that it mounts are there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes).filter((volume) => volume.startsWith('./'));
    expect(mounted.length).toBeGreaterThan(0);
    for (const volume of mounted) expect(existsSync(join(ROOT, volume.split(':')[0] ?? ''))).toBe(true);
  });

  test('its topics are those of its wayward.yaml, which Wayward takes', () => {
    const { kafka, http } = loadConfig(join(ROOT, 'compose', 'wayward.yaml'));
    expect(http).toEqual({ host: '127.0.0.1', port: 8080 });
    const text = textOf('docker-compose.yml');
    for (const { topic } of kafka?.topics ?? []) {
      expect(text).toMatch(new RegExp(`for topic in .*\\b${topic}\\b`));
      expect(text).toMatch(new RegExp(`feed ${topic} `));
    }
  });

  test('Kafka and Elasticsearch are the versions that the tests run against', () => {
    const versionIn = (file: string) => /VERSION = '([\d.]+)'/.exec(textOf(file))?.[1];
    expect(compose.services['kafka']?.image).toBe(`apache/kafka:${versionIn('test/servers/kafka.ts')}`);
    const elastic = versionIn('test/servers/elasticsearch.ts');
    expect(compose.services['elasticsearch']?.image).toBe(`docker.elastic.co/elasticsearch/elasticsearch:${elastic}`);
    expect(compose.services['kibana']?.image).toBe(`docker.elastic.co/kibana/kibana:${elastic}`);
  });
});

describe('Dockerfile', () => {
  const text = textOf('Dockerfile');
  const stages = text.split(/^(?=FROM )/m).slice(1);
  const last = stages.at(-1) ?? '';

  test('every base is pinned to a major version, small, and the one that package.json needs', () => {
    for (const stage of stages) expect(stage).toMatch(/^FROM node:24-slim( AS [a-z-]+)?\n/);
    expect(textOf('bin/wayward.js')).toContain('NEEDED_NODE_MAJOR = 24');
  });

  test('what runs is not root, has no development dependency, no source, and no archive from elsewhere', () => {
    for (const stage of stages.filter((each) => /^ENTRYPOINT/m.test(each))) {
      expect(stage.lastIndexOf('\nUSER node\n')).toBeGreaterThan(0);
      expect(stage).not.toMatch(/^RUN npm/m);
    }
    expect(last).not.toMatch(/^COPY (src|test|scripts|demo|\.)/m);
    expect(text).not.toMatch(/^ADD |curl|wget|sudo|chmod 777|:latest/m);
    expect(text).toMatch(/npm ci --omit=dev --omit=optional --ignore-scripts/);
  });

  test('commands are lists, so that signals reach Node; health is asked for', () => {
    for (const [, command = ''] of text.matchAll(/^\s*(?:ENTRYPOINT|CMD) (.*)$/gm))
      expect(JSON.parse(command)).toBeInstanceOf(Array);
    expect(last).toMatch(/^HEALTHCHECK .*\\\n\s+CMD \["node".*\/healthz/m);
    expect(last).toMatch(/^VOLUME \/var\/lib\/wayward$/m);
  });

  test('the context holds what is copied, and nothing else: no .env, no .git, no tests', () => {
    const kept = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(textOf('.dockerignore')).toMatch(/^\*$/m);
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
    for (const name of copied) expect(kept.some((each) => name === each || name.startsWith(`${each}/`))).toBe(true);
    for (const name of kept) expect(copied.some((each) => each === name || each.startsWith(`${name}/`))).toBe(true);
  });

  test('of the parser of SQL, it keeps the dialect that is imported', () => {
    const [, kept] = /node-sql-parser .*! -name (\S+) -delete/.exec(text) ?? [];
    expect(textOf('src/formats/mysql-statement.ts')).toContain(`from 'node-sql-parser/build/${kept}'`);
  });

  test('it copies all that the published package has, and Wayward reads at run time', () => {
    const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
    for (const name of files.filter((each) => each !== 'demo')) expect(last).toContain(name);
  });
});
