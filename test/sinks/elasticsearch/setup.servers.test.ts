import { expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import { freePort } from '../../servers/free-port.ts';
import { describeWith } from '../../servers/require-server.ts';
import { configFile } from './config.ts';

const resultsOf = (stdout: string): string[] => [
  ...new Set(
    stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(' ')[0] ?? ''),
  ),
];

describeWith('wayward setup elasticsearch', startElasticsearch, (server) => {
  const setup = (...more: string[]) =>
    run(['setup', 'elasticsearch', '--config', configFile({ node: server().url }), ...more]);

  it('with --dry-run prints the requests and makes none', async () => {
    const { code, stdout } = await setup('--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('PUT /_component_template/wayward-ecs-mappings\n{');
    expect(stdout).toContain('PUT /wayward-alerts-latest\n');
    const { status } = await server().call('GET', '_index_template/wayward-alerts-latest');
    expect(status).toBe(404);
  });

  it('makes everything, says what the server lacks, and does nothing the second time', async () => {
    const first = await setup();
    expect(first.code).toBe(0);
    expect(resultsOf(first.stdout)).toEqual(['created']);
    expect(first.stderr).toContain('lacks the field types match_only_text and constant_keyword');
    expect(first.stderr).toContain('no data stream lifecycle');

    const second = await setup();
    expect(resultsOf(second.stdout)).toEqual(['unchanged']);
    expect(second.stdout.split('\n').length).toBe(first.stdout.split('\n').length);
    const dry = await setup('--dry-run');
    expect(dry.stdout).toBe('');
  });

  it('makes each pattern a data stream, above the templates that Elastic has for logs-*-*', async () => {
    const builtIn = {
      index_patterns: ['logs-*-*', 'metrics-*-*'],
      priority: 100,
      template: { settings: { 'index.refresh_interval': '60s' } },
    };
    await server().call('PUT', '_index_template/logs', builtIn);
    const names = ['logs-wayward.alert', 'metrics-wayward.activity', 'logs-wayward.inventory', 'logs-wayward.response'];
    for (const name of [...names, 'logs-wayward.health']) {
      const document = { '@timestamp': '2026-09-01T00:00:00Z' };
      const made = await server().call('POST', `${name}-default/_doc?op_type=create`, document);
      expect(made.status).toBe(201);
      expect(made.body._index).toMatch(new RegExp(`^[.]ds-${name}-default-`));
    }
    const { body } = await server().call('GET', 'logs-wayward.alert-default/_settings');
    const [settings] = Object.values(body) as { settings: { index: { refresh_interval: string } } }[];
    expect(settings?.settings.index.refresh_interval).toBe('200ms');
  });

  it('puts back what was changed in a template of ours, and leaves @custom ones alone', async () => {
    const name = '_component_template/wayward-alerts-latest-settings';
    await server().call('PUT', name, { template: { settings: { 'index.refresh_interval': '1h' } } });
    const custom = { template: { settings: { index: { number_of_shards: '3' } } } };
    await server().call('PUT', '_component_template/logs-wayward.health@custom', custom);
    const { stdout } = await setup();
    expect(stdout).toMatch(/updated +component template +wayward-alerts-latest-settings/);
    expect(resultsOf(stdout).sort()).toEqual(['unchanged', 'updated']);
    const { body } = await server().call('GET', '_component_template/logs-wayward.health@custom');
    expect(body.component_templates[0].component_template).toEqual(custom);
    const composed = await server().call('POST', '_index_template/_simulate_index/logs-wayward.health-other');
    expect(composed.body.template.settings.index.number_of_shards).toBe('3');
  });

  it('teaches new fields to an index that is there, and says where a type stands in the way', async () => {
    const older = '_component_template/wayward-mappings';
    await server().call('DELETE', 'wayward-alerts-latest');
    await server().call('PUT', 'wayward-alerts-latest', {});
    await server().call('PUT', older, { template: { mappings: { dynamic: false } } });
    await server().call('POST', 'logs-wayward.inventory-default/_rollover');
    await server().call('PUT', older, {
      template: { mappings: { properties: { wayward: { properties: { slot: { type: 'long' } } } } } },
    });
    await server().call('POST', 'logs-wayward.response-default/_rollover');

    const { code, stdout, stderr } = await setup();
    expect(code).toBe(0);
    expect(stdout).toMatch(/updated +data stream +logs-wayward.inventory-default/);
    expect(stdout).toMatch(/differs +data stream +logs-wayward.response-default/);
    expect(stderr).toContain('POST logs-wayward.response-default/_rollover');
    await server().call('POST', 'logs-wayward.response-default/_rollover');
    expect(resultsOf((await setup()).stdout)).toEqual(['unchanged']);
  });

  it('takes another namespace', async () => {
    const file = configFile({ node: server().url, namespace: 'prod_1' });
    await server().call('POST', 'logs-wayward.alert-prod_1/_doc?op_type=create', { '@timestamp': 0 });
    const { stdout } = await run(['setup', 'elasticsearch', '--config', file]);
    expect(stdout).toContain('data stream         logs-wayward.alert-prod_1');
    for (const namespace of ['a-b', 'A', '', 'a*']) {
      const wrong = await run(['setup', 'elasticsearch', '--config', configFile({ node: server().url, namespace })]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('namespace');
    }
  });

  it('ends with 3 where nobody listens, and with 2 where nothing is configured', async () => {
    const nobody = configFile({ node: `http://127.0.0.1:${await freePort()}` });
    const away = await run(['setup', 'elasticsearch', '--config', nobody]);
    expect(away.code).toBe(3);
    expect(away.stderr).toContain("can't be reached");
    const both = await run(['setup', 'elasticsearch', '--config', configFile({ node: 'http://user:pass@host:9200' })]);
    expect(both.code).toBe(2);
    expect(both.stderr).not.toContain('pass@');
  });
});
