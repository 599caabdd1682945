import { describe, expect, test } from 'vitest';
import { run } from './run.ts';

describe('the command line', () => {
  test('says what it can do, on stdout, when asked or called with nothing', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['parse', 'credentials', 'fingerprint']) expect(help.stdout).toContain(`\n  ${command}`);
    expect(await run([])).toEqual(help);
  });

  test('prints its version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test.each([['parse'], ['fingerprint'], ['credentials', 'list']])(
    '%s --help teaches with an example',
    async (...command) => {
      const { code, stdout } = await run([...command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}\$ .*wayward/);
      expect((await run(['help', ...command])).code).toBe(0);
    },
  );

  test.each([
    [['prase'], "unknown command 'prase'"],
    [['parse', '--fromat', 'x'], '(Did you mean --format?)'],
    [['parse', '--since', 'yesterday', '-'], 'Write a time with its zone, such as 2026-09-01T00:00:00Z, or 7d.'],
    [['credentials'], 'list'],
    [
      ['credentials', 'list', '--config', '/nowhere/wayward.yaml'],
      '/nowhere/wayward.yaml: there is no such file; check the path',
    ],
  ])('wrong usage is exit 2 and says what to do: %j', async (args, expected) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('the stack of an error is only shown when asked for', async () => {
    const args = ['credentials', 'list', '--credentials', '/nowhere'];
    expect((await run(args)).stderr).toBe('/nowhere: there is no such file; check the path\n');
    expect((await run(args, { env: { WAYWARD_DEBUG: '1' } })).stderr).toMatch(/\n\s+at /);
  });
});
