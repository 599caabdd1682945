import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { NO_VERDICT, RUNNING } from '../../../dashboards/source/incident-terms.ts';
import type { Alert } from '../../../src/alerts/alert.ts';
import { alertDocument } from '../../../src/alerts/document.ts';
import { SHIPPED_DETECTORS } from '../../../src/config/detector-files.ts';
import { ECS_FIELDS, WAYWARD_FIELDS } from '../../../src/sinks/elasticsearch/fields.ts';
import { mappingOf } from '../../../src/sinks/elasticsearch/mappings.ts';
import { Store } from '../../../src/sinks/store.ts';
import { saveAlert } from '../../../src/sinks/store-alerts.ts';
import { appendRequests, historyFolder, LAST_DAY } from '../../backtest/history.ts';
import { run } from '../../cli/run.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { translateKql } from '../../dashboards/kql.ts';
import { spawnWayward, waywardSays } from '../../live/wayward.ts';
import { alertOf } from '../../response/alert-of.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import { describeWith } from '../../servers/require-server.ts';
import { closeInKibana, makeSecurityAlerts, promote, SECURITY_ALERTS } from './as-kibana.ts';
import { ecsOf, keepDocuments } from './ecs-history.ts';

const LATEST = 'wayward-alerts-latest';
const NEW_FIELDS = /^wayward\.(incident|verdict)\./;
const TIMEOUT = 120_000;

/** As the version before verdicts has it in its store, and in Elasticsearch. */
const keptBefore = ({ state, verdict: _, ...alert }: Alert) => ({
  ...alert,
  status: state === 'over' ? 'closed' : 'open',
});
const writtenBefore = (alert: Alert): object => {
  const { wayward, ...document } = alertDocument(alert) as { wayward: Record<string, unknown> };
  const { incident: _incident, verdict: _verdict, ...before } = wayward;
  return { ...document, wayward: before };
};

describeWith('verdicts in Elasticsearch', startElasticsearch, (server) => {
  const call: ReturnType<typeof server>['call'] = (...request) => server().call(...request);

  async function found(kql: string): Promise<string[]> {
    await call('POST', `${LATEST}/_refresh`);
    const { body } = await call('POST', `${LATEST}/_search`, { query: translateKql(kql).query, size: 100 });
    return (body.hits.hits as { _id: string }[]).map(({ _id }) => _id).toSorted();
  }

  /** An index and a store of the version before, which had closed `closed` for a person. */
  async function before(): Promise<string> {
    const fields = { ...ECS_FIELDS, ...WAYWARD_FIELDS };
    const known = Object.fromEntries(Object.entries(fields).filter(([name]) => !NEW_FIELDS.test(name)));
    const missing = new Set(['match_only_text', 'constant_keyword'] as const);
    await call('DELETE', LATEST);
    const made = await call('PUT', LATEST, { mappings: mappingOf(known, missing) });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state'), { mode: 0o700 });
    const store = new Store(join(folder, 'state'));
    onTestFinished(() => store.close());
    for (const alert of [
      alertOf({ id: 'closed', state: 'over', revision: 4 }),
      alertOf({ id: 'over', state: 'over', revision: 3 }),
      alertOf({ id: 'open', revision: 2 }),
      alertOf({ id: 'other', state: 'over', revision: 2 }),
    ]) {
      saveAlert(store, alert);
      store.run('UPDATE alerts SET document = ? WHERE id = ?', JSON.stringify(keptBefore(alert)), alert.id);
      const path = `${LATEST}/_doc/${alert.id}?version=${alert.revision}&version_type=external`;
      expect((await call('PUT', path, writtenBefore(alert))).status).toBe(201);
    }
    store.run("INSERT INTO closings (alert, verdict, because, by, at) VALUES ('closed', 'true', 'a theft', 'bob', 5)");
    writeFileSync(join(folder, 'quiet.json'), '');
    const config = { sources: [{ file: 'quiet.json', format: 'nginx-json' }], elasticsearch: { node: server().url } };
    writeFileSync(join(folder, 'wayward.yaml'), JSON.stringify({ ...config, state: 'state' }));
    return join(folder, 'wayward.yaml');
  }

  test(
    'setup teaches an index of the version before; alerts of it are found, and so are verdicts, also on what is over',
    async () => {
      const config = await before();
      const { code, stdout, stderr } = await run(['setup', 'elasticsearch', '--config', config]);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^updated +index +wayward-alerts-latest$/m);
      expect(await found(NO_VERDICT)).toEqual(['closed', 'open', 'other', 'over']);
      expect(await found(RUNNING)).toEqual(['open']);

      const wayward = spawnWayward(config);
      onTestFinished(() => wayward.kill());
      await expect.poll(() => found('wayward.verdict.value: "confirmed"'), { timeout: 60_000 }).toEqual(['closed']);
      await waywardSays(config, [
        'alerts',
        'close',
        'over',
        '--as',
        'benign',
        '--because',
        'new release',
        '--by',
        'ann',
      ]);
      await expect.poll(() => found('wayward.verdict.by: "ann"'), { timeout: 60_000 }).toEqual(['over']);
      expect(await found(NO_VERDICT)).toEqual(['open', 'other']);
      expect(await found('wayward.incident.state: "over" and wayward.verdict.because: "new release"')).toEqual([
        'over',
      ]);
      await waywardSays(config, [
        'alerts',
        'close',
        'over',
        '--as',
        'confirmed',
        '--because',
        'it was not',
        '--by',
        'eve',
      ]);
      await expect.poll(() => found('wayward.verdict.by: "eve"'), { timeout: 60_000 }).toEqual(['over']);
      expect(await wayward.stop()).toBe(0);

      const { body } = await call('GET', `${LATEST}/_doc/over`);
      const listed = (await waywardSays(config, ['alerts', 'list', '--verdict', 'confirmed'])).trimEnd().split('\n');
      const { event, ...document } = body._source;
      const { ingested: _, ...rest } = event;
      expect(listed.map((line) => JSON.parse(line))).toContainEqual({ ...document, event: rest });
      expect([body._version, document.wayward.revision, document.wayward.status]).toEqual([5, 5, 'closed']);
      expect(Date.parse(document.wayward.verdict.at)).toBeGreaterThan(Date.now() - TIMEOUT);
      const notices = await call('GET', 'logs-wayward.alert-default/_count?ignore_unavailable=true');
      expect(notices.body.count).toBe(0); // nobody is called again
    },
    TIMEOUT,
  );

  test(
    'closing in Elastic Security is a verdict, tune makes a file of it, and once that is loaded the same is no alert any more, after a restart neither',
    async () => {
      const DAY = 86_400_000;
      const NOON = LAST_DAY(8) + DAY / 2;
      const deleted = { agent: 'shop', time: NOON, method: 'DELETE', path: '/v1/customers' };
      const { config, folder, log } = historyFolder(8, [deleted]);
      mkdirSync(join(folder, 'detectors', 'local'), { recursive: true });
      const settings = (follow: boolean) => ({
        ...{ credentials: 'credentials.yaml', state: 'state' },
        sources: [{ file: 'gateway.jsonl', identity: 'from-key-map', follow }],
        elasticsearch: { node: server().url, verdicts: SECURITY_ALERTS },
      });
      writeFileSync(config, JSON.stringify(settings(true)));
      await makeSecurityAlerts(call);
      expect((await run(['setup', 'elasticsearch', '--config', config])).code).toBe(0);
      const notices = async () => {
        await call('POST', 'logs-wayward.alert-*/_refresh');
        const { body } = await call('POST', 'logs-wayward.alert-*/_search', { query: { match_all: {} } });
        return (body.hits?.hits ?? []) as { _source: { event: { id: string; severity: number } } }[];
      };
      const list = async (...more: string[]) =>
        (await run(['alerts', 'list', '--config', config, ...more])).stdout.split('\n').filter((line) => line !== '');

      const first = spawnWayward(config);
      onTestFinished(() => first.kill());
      await expect.poll(async () => (await notices()).length, { timeout: 60_000 }).toBe(1);
      const [
        {
          _source: { event },
        } = { _source: { event: { id: '', severity: 0 } } },
      ] = await notices();
      await promote(call, 'not-ours', event.id, 'another-product');
      await closeInKibana(call, 'not-ours', { reason: 'true_positive' });
      await promote(call, 'stranger', 'an-alert-of-another-wayward');
      await closeInKibana(call, 'stranger', { reason: 'true_positive' });
      await promote(call, 'ours', event.id);
      await closeInKibana(call, 'ours', { reason: 'false_positive' });
      await expect.poll(() => list('--verdict', 'benign'), { timeout: 30_000 }).toHaveLength(1);
      expect(JSON.parse((await list('--verdict', 'benign'))[0] ?? '')).toMatchObject({
        event: { id: event.id },
        wayward: { verdict: { value: 'benign', by: 'u_ann in Elastic Security' } },
      });
      expect(await list('--verdict', 'confirmed')).toEqual([]);

      const common = ['--config', config, '--identity', 'from-key-map', log];
      expect((await run(['tune', ...common, '--write'])).stderr).toContain('tuned-new-action.yaml: written');
      const { difference } = JSON.parse(
        (await run(['backtest', ...common, '--against', SHIPPED_DETECTORS, '--json'])).stdout,
      );
      expect(difference.severity).toMatchObject([
        { before: { event: { id: event.id, severity: 47 } }, after: { event: { severity: 21 } } },
      ]);

      await waywardSays(config, ['reload']);
      // Another agent does what was medium by the detectors as they were.
      const other = { agent: 'report', time: NOON + DAY + 60_000, method: 'DELETE', path: '/v1/products' };
      appendRequests(log, [{ ...deleted, time: NOON + DAY }, other]);
      await expect.poll(async () => (await notices()).length, { timeout: 30_000 }).toBe(2);
      expect(await first.stop()).toBe(0);
      writeFileSync(config, JSON.stringify(settings(false)));
      await waywardSays(config, ['run']);
      const left = (await list()).map((line) => JSON.parse(line));
      expect(left).toMatchObject([{ event: { severity: 21 }, gen_ai: { agent: { id: 'report' } } }]);
      expect(await list('--all')).toHaveLength(2);
      expect(await notices()).toHaveLength(2);
    },
    TIMEOUT,
  );

  test(
    'backtest finds in the documents of Elasticsearch what it finds in a file of them; a scan that is kept goes on behind them',
    async () => {
      const NOON = LAST_DAY(8) + 43_200_000;
      const deleted = { agent: 'shop', time: NOON, method: 'DELETE', path: '/v1/customers' };
      const { config, folder, log } = historyFolder(8, [deleted], `elasticsearch: { node: "${server().url}" }`);
      const documents = ecsOf(log);
      const later = { agent: 'report', time: NOON, method: 'DELETE', path: '/v1/products' };
      const file = join(folder, 'ecs.jsonl');
      // Among them what a client may have put there, what has no time, and what Wayward wrote itself.
      const hostile = '{"@timestamp":"2026-09-09T12:00:00Z","event":{"kind":"event"},"__proto__":{"a":1},"x":"\\n{}"}';
      const lines = [...documents.map((document) => JSON.stringify(document)), hostile];
      writeFileSync(file, `${lines.join('\n')}\n`);
      const half = documents.length / 2;
      const keep = (index: string, kept: readonly object[]) => keepDocuments(server(), index, kept);
      await keep('history-a', documents.slice(0, half));
      await keep('history-b', [
        ...documents.slice(half),
        { '@timestamp': new Date(NOON), event: { module: 'wayward' } },
      ]);
      await call('PUT', 'history-c', {
        mappings: { dynamic: false, properties: { '@timestamp': { type: 'date_nanos' } } },
      });
      await fetch(`${server().url}/history-c/_doc?refresh=true`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: hostile },
      });
      await keep('history-d', [{ message: 'no time' }]);

      const command = (...words: string[]) => run([...words, '--config', config, '--json']);
      const fromFile = await command('backtest', '--format', 'ecs', file);
      const found = await command('backtest', '--elasticsearch', 'history-*');
      expect(found.stderr).toContain('no-timestamp 1');
      expect([found.code, JSON.parse(found.stdout)]).toEqual([0, JSON.parse(fromFile.stdout)]);
      expect(JSON.parse(found.stdout).set.alerts).toBeGreaterThan(0);

      const scanned = await command('scan', '--save', '--elasticsearch', 'history-*');
      expect(scanned.stdout.split('\n')).toHaveLength(2);
      const again = await command('scan', '--save', '--elasticsearch', 'history-*');
      expect([again.code, again.stdout]).toEqual([0, '']);
      appendRequests(log, [later]);
      await keep('history-b', ecsOf(log).slice(-1));
      const more = await command('scan', '--save', '--elasticsearch', 'history-*');
      expect(
        more.stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toMatchObject([{ gen_ai: { agent: { id: 'report' } } }]);

      for (const [name, code, says] of [
        ['nothing-here', 2, 'there is no such index; write an index'],
        ['nothing-*', 4, 'no index fits this pattern'],
        ['', 2, 'Elasticsearch does not take this name'],
      ] as const)
        expect(await command('backtest', '--elasticsearch', name)).toMatchObject({
          ...{ code, stderr: expect.stringContaining(`--elasticsearch ${name}: ${says}`) },
        });
      await call('DELETE', 'history-a,history-b,history-c,history-d');
    },
    TIMEOUT,
  );
});
