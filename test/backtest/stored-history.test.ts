import { expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { historyFolder } from './history.ts';

/** Nothing listens there. */
const NOBODY = '127.0.0.1:1';

test.each(['backtest', 'tune', 'scan'])(
  '%s says where the server of --elasticsearch is to be written',
  async (name) => {
    const { config } = historyFolder(1, []);
    const { code, stdout, stderr } = await run([name, '--config', config, '--elasticsearch', 'logs-*']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--elasticsearch logs-*: no server is known; write elasticsearch: { node:');
  },
);

test.each(['backtest', 'tune'])('%s says where the topics of --kafka are to be written', async (name) => {
  const { config } = historyFolder(1, [], `kafka: { brokers: ["${NOBODY}"] }`);
  const { code, stdout, stderr } = await run([name, '--config', config, '--kafka']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('--kafka: no topics are known; write kafka:');
});

test('an Elasticsearch that is away is said to be, and its key is not said', async () => {
  const env = { KEY: 'c2VjcmV0LW9mLXRoZS1rZXk=' };
  const settings = `elasticsearch: { node: "http://${NOBODY}", api_key: "secret://env/KEY" }`;
  const { config, log } = historyFolder(1, [], settings);
  const { code, stderr } = await run(['backtest', '--config', config, '--elasticsearch', 'logs-*', log], { env });
  expect(code).toBe(3);
  expect(stderr).toContain("Elasticsearch can't be reached");
  expect(stderr).not.toContain(env.KEY);
});

test('files alone are read without either, also where both are configured', async () => {
  const settings = `elasticsearch: { node: "http://${NOBODY}" }\nkafka: { brokers: ["${NOBODY}"], topics: [{ topic: a, format: ecs }] }`;
  const { config, log } = historyFolder(1, [], settings);
  const { code, stderr } = await run(['scan', '--config', config, '--json', log]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('read 288 records')]);
});
