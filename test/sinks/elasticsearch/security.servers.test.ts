import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { expect, it, onTestFinished } from 'vitest';
import { refreshSecrets } from '../../../src/config/secrets.ts';
import { loadConfig } from '../../../src/config/wayward-yaml.ts';
import { createElasticsearch } from '../../../src/sinks/elasticsearch/client.ts';
import { Delivery } from '../../../src/sinks/elasticsearch/delivery.ts';
import { elasticsearchSchema } from '../../../src/sinks/elasticsearch/settings.ts';
import { run } from '../../cli/run.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import type { ElasticsearchUser } from '../../servers/elasticsearch-client.ts';
import { describeWith } from '../../servers/require-server.ts';
import { expectDelivered } from './behind-proxy.ts';
import { configFile } from './config.ts';
import { activity, documentsIn, revisions } from './deliverables.ts';
import { documentedRoles, type Role, rolesYaml } from './documented-roles.ts';

const PASSWORD = 'correct horse battery staple';

/** The documented role of delivery, less one privilege each. */
function weakened(): Record<string, Role> {
  const role = documentedRoles().wayward_delivery as Role;
  const weaker = role.indices.flatMap(({ privileges }, place) =>
    privileges.map((privilege) => {
      const indices = role.indices.map((entry, at) =>
        at === place ? { ...entry, privileges: privileges.filter((name) => name !== privilege) } : entry,
      );
      return [`without_${privilege}`, { ...role, indices }] as const;
    }),
  );
  return Object.fromEntries(weaker);
}

/** What reading history needs. */
const reader: Role = { cluster: [], indices: [{ names: ['history-*'], privileges: ['read'] }] };
const roles = { ...documentedRoles(), ...weakened(), reader };
const users: ElasticsearchUser[] = [
  { name: 'admin', password: PASSWORD, roles: ['superuser'] },
  { name: 'nobody', password: PASSWORD, roles: [] },
  ...Object.keys(roles).map((name) => ({ name, password: PASSWORD, roles: [name] })),
];

const start = () => startElasticsearch({ users, roles: rolesYaml(roles) });

describeWith('Elasticsearch with security on', start, (server) => {
  const setup = (username: string | undefined, password?: string) =>
    run([
      'setup',
      'elasticsearch',
      '--config',
      configFile({ node: server().url, ...(username && { username }) }, password),
    ]);

  function deliveryOf(username: string, namespace = 'default') {
    const client = new Client({ node: server().url, auth: { username, password: PASSWORD }, maxRetries: 0 });
    const settings = elasticsearchSchema.parse({ node: server().url, namespace });
    const rejected = (document: object) => {
      throw new Error(`rejected ${JSON.stringify(document)}`);
    };
    const delivery = new Delivery({ client, settings, rejected });
    onTestFinished(async () => {
      delivery.stop();
      await client.close();
    });
    return delivery;
  }

  it('is set up with the privileges of the documentation and no more', async () => {
    const first = await setup('wayward_setup', PASSWORD);
    expect(first.stderr).not.toContain('forbids');
    expect(first.code).toBe(0);
    const second = await setup('wayward_setup', PASSWORD);
    expect(second.code).toBe(0);
    expect(second.stdout).not.toMatch(/^(created|updated)/m);
  });

  it('takes documents from the documented role: the first ones, more after a rollover, and the same again', async () => {
    const delivery = deliveryOf('wayward_delivery');
    const items = [...revisions('first', 3), ...activity('first', 3)];
    await delivery.deliver(items, false);
    await server().call('POST', 'logs-wayward.alert-default/_rollover');
    await delivery.deliver(items, true);
    await delivery.deliver(activity('more', 2), false);
    await expectDelivered(server(), 'first', items);
    expect(delivery.counts).toMatchObject({ written: 11, there: 9, retries: 0 });
  });

  it('lets that role change no template, and no document of a data stream', async () => {
    const client = new Client({ node: server().url, auth: { username: 'wayward_delivery', password: PASSWORD } });
    onTestFinished(() => client.close());
    const forbidden = { statusCode: 403 };
    const [hit] = await documentsIn(server(), 'metrics-wayward.activity-default');
    const document = { index: hit?._index ?? '', id: hit?._id ?? '' };
    await expect(client.cluster.putComponentTemplate({ name: 'wayward-mappings', template: {} })).rejects.toMatchObject(
      forbidden,
    );
    await expect(client.delete(document)).rejects.toMatchObject(forbidden);
    await expect(client.index({ ...document, if_seq_no: 0, if_primary_term: 1, document: {} })).rejects.toMatchObject(
      forbidden,
    );
    await expect(client.indices.delete({ index: 'wayward-alerts-latest' })).rejects.toMatchObject(forbidden);
    await expect(client.indices.rollover({ alias: 'metrics-wayward.activity-default' })).rejects.toMatchObject(
      forbidden,
    );
  });

  it.each(Object.keys(weakened()))('%s it does not work: it waits, and says what the user needs', async (name) => {
    const delivery = deliveryOf(name, name);
    const delivered = delivery.deliver([...revisions(name, 1), ...activity(name, 1)], true).catch(() => undefined);
    await expect.poll(() => delivery.state.state, { timeout: 60_000 }).toBe('refused');
    expect(delivery.state).toMatchObject({
      reason: expect.stringContaining('docs/elasticsearch.md lists the privileges'),
    });
    delivery.stop();
    await delivered;
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

  it('gives history to who may read it and nothing else; to others it is forbidden, with what they need', async () => {
    const time = '2026-09-07T12:00:00Z';
    await server().call('POST', 'history-a/_doc?refresh=true', { '@timestamp': time, event: { kind: 'metric' } });
    const read = (username: string) => {
      const config = configFile({ node: server().url, username }, PASSWORD);
      return run(['scan', '--json', '--config', config, '--elasticsearch', 'history-a']);
    };
    expect(await read('reader')).toMatchObject({ code: 4, stderr: expect.stringContaining('read 1 records') });
    const { code, stderr } = await read('nobody');
    expect([code, stderr]).toEqual([3, expect.stringContaining('it needs the privilege "read" there')]);
    expect(stderr).not.toContain(PASSWORD);
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
