import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refreshSecrets } from '../../../src/config/secrets.ts';
import { loadConfig } from '../../../src/config/wayward-yaml.ts';
import { createElasticsearch } from '../../../src/sinks/elasticsearch/client.ts';
import { run } from '../../cli/run.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import { describeWith } from '../../servers/require-server.ts';
import { configFile } from './config.ts';

const PASSWORD = 'correct horse battery staple';
const ROLES = `
wayward_setup:
  cluster: [manage_index_templates]
  indices:
    - names: [logs-wayward.*, metrics-wayward.*, wayward-alerts-latest]
      privileges: [create_index, manage, view_index_metadata]
`;

const start = () =>
  startElasticsearch({
    users: [
      { name: 'admin', password: PASSWORD, roles: ['superuser'] },
      { name: 'wayward_setup', password: PASSWORD, roles: ['wayward_setup'] },
      { name: 'nobody', password: PASSWORD, roles: [] },
    ],
    roles: ROLES,
  });

describeWith('Elasticsearch with security on', start, (server) => {
  const setup = (username: string | undefined, password?: string) =>
    run([
      'setup',
      'elasticsearch',
      '--config',
      configFile({ node: server().url, ...(username && { username }) }, password),
    ]);

  it('is set up with the privileges of the documentation and no more', async () => {
    const first = await setup('wayward_setup', PASSWORD);
    expect(first.stderr).not.toContain('forbids');
    expect(first.code).toBe(0);
    const second = await setup('wayward_setup', PASSWORD);
    expect(second.code).toBe(0);
    expect(second.stdout).not.toMatch(/^(created|updated)/m);
  });

  it('refuses a wrong password: exit 3, and the password is nowhere', async () => {
    const { code, stdout, stderr } = await setup('wayward_setup', 'wrong-pass-word');
    expect(code).toBe(3);
    expect(stderr).toContain('refuses the user wayward_setup with the password of elasticsearch.password (401)');
    expect(stdout + stderr).not.toMatch(/wrong-pass-word|Basic /);
    expect(stderr).not.toContain(Buffer.from('wayward_setup:wrong-pass-word').toString('base64'));
  });

  it('refuses no user and a user without privileges: exit 3, with what to do', async () => {
    const anonymous = await setup(undefined);
    expect(anonymous.code).toBe(3);
    expect(anonymous.stderr).toContain('write username and password, or api_key');
    const powerless = await setup('nobody', PASSWORD);
    expect(powerless.code).toBe(3);
    expect(powerless.stderr).toContain('docs/elasticsearch.md lists the privileges');
  });

  it('takes a password that was changed where it lies, without a new client', async () => {
    const file = configFile({ node: server().url, username: 'admin' }, 'the one from before');
    const config = loadConfig(file);
    await config.resolveSecrets(['elasticsearch'], { env: {}, warn() {} });
    if (config.elasticsearch === undefined) throw new Error('there is no elasticsearch: in it');
    const client = createElasticsearch(config.elasticsearch);
    await expect(client.cluster.health()).rejects.toMatchObject({ statusCode: 401 });
    writeFileSync(join(file, '..', 'password'), PASSWORD, { mode: 0o600 });
    await refreshSecrets(config.elasticsearch, 0);
    await expect(client.cluster.health()).resolves.toMatchObject({ timed_out: false });
    await client.close();
  });
});
