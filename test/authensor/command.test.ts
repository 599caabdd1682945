import { beforeEach, expect, test } from 'vitest';
import { historyFolder } from '../backtest/history.ts';
import { run } from '../cli/run.ts';
import { receiptAfter, receipts } from '../formats/receipts.ts';
import { startFakeAuthensor } from '../servers/fake-authensor.ts';
import { describeWith } from '../servers/require-server.ts';

/** Nothing listens there. */
const NOBODY = '127.0.0.1:1';

test.each(['backtest', 'tune', 'scan'])('%s says where the control plane is to be written', async (name) => {
  const { config } = historyFolder(1, []);
  const { code, stdout, stderr } = await run([name, '--config', config, '--authensor']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('--authensor: no control plane is known; write authensor: { url: https://');
});

test.each([
  ['{ url: "https://a:b@authensor.example.com", key: secret://env/KEY }', 'must not hold a user or password'],
  ['{ url: "https://authensor.example.com" }', 'authensor.key'],
  ['{ url: "https://authensor.example.com", key: plain }', 'authensor.key'],
])('authensor: %s is refused', async (written, says) => {
  const { config } = historyFolder(1, [], `authensor: ${written}`);
  const { code, stderr } = await run(['scan', '--config', config, '--authensor']);
  expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
});

test('files alone are read without it, also where it is configured', async () => {
  const { config, log } = historyFolder(1, [], `authensor: { url: "http://${NOBODY}", key: secret://env/KEY }`);
  const { code, stderr } = await run(['scan', '--config', config, '--json', log]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('read 288 records')]);
});

describeWith('receipts of Authensor by a command (a fake)', startFakeAuthensor, (fake) => {
  beforeEach(() => fake().forgetReceipts());

  const setUp = (token: string) => {
    const { config, log } = historyFolder(1, [], `authensor: { url: "${fake().url}", key: secret://env/KEY }`);
    const command = async (...words: string[]) => {
      const found = await run([...words, '--config', config], { env: { KEY: token } });
      expect(found.stdout + found.stderr).not.toContain('canary');
      return found;
    };
    return { log, command };
  };

  test.each(['scan', 'backtest', 'tune'])(
    '%s reads them all, beside a log or alone, with a chain that holds',
    async (name) => {
      const { log, command } = setUp(fake().newKey('admin').token);
      fake().keepReceipts(receipts(450));
      expect(await command(name, '--authensor')).toMatchObject({ code: 0 });
      const { code, stderr } = await command('scan', '--json', '--authensor', log);
      expect([code, stderr]).toEqual([0, expect.stringContaining('read 738 records: 738 events')]);
    },
  );

  test('a receipt that was taken away is told of', async () => {
    const { command } = setUp(fake().newKey('admin').token);
    fake().keepReceipts(receipts(450).filter((_, n) => n !== 200));
    const { stdout } = await command('scan', '--json', '--authensor');
    expect(stdout).toContain('broken-chain');
    fake().forgetReceipts();
    fake().keepReceipts(receipts(450));
    expect((await command('scan', '--json', '--authensor')).stdout).not.toContain('broken-chain');
  });

  test('scan --save goes on behind what was read, and the chain goes on, too', async () => {
    const { command } = setUp(fake().newKey('admin').token);
    const all = receipts(450);
    fake().keepReceipts(all.slice(0, 300));
    expect((await command('scan', '--save', '--json', '--authensor')).stderr).toContain('read 300 records');
    expect((await command('scan', '--save', '--json', '--authensor')).stderr).toContain('read 300 records');
    fake().keepReceipts([...all.slice(300), receiptAfter(all.at(-1), 450)]);
    const more = await command('scan', '--save', '--json', '--authensor');
    expect([more.code, more.stdout, more.stderr]).toEqual([0, '', expect.stringContaining('read 451 records')]);
  });

  test('a key of another role ends with what it needs', async () => {
    const { command } = setUp(fake().newKey('executor').token);
    const { code, stderr } = await command('scan', '--authensor');
    expect([code, stderr]).toEqual([3, expect.stringContaining('authensor.key needs the role admin')]);
  });
});
