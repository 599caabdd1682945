import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { command } from '../../src/revokers/command.ts';
import { failureOf } from './failure.ts';

const CONTEXT = { key: 'key-1', credential: '--cred; $(x)', agent: 'agent 1' };
const folder = mkdtempSync(join(tmpdir(), 'wayward-command-'));
const at = (name: string) => join(folder, name);

let scripts = 0;
/** A small program of its own. */
function script(body: string): string {
  const file = at(`script-${++scripts}`);
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  return file;
}

interface Written {
  readonly run: readonly string[];
  readonly verify?: readonly string[];
  readonly undo?: readonly string[];
  readonly timeout?: string;
  readonly env?: readonly string[];
}

function revocation(written: Written, parameters: Record<string, string> = {}): Revocation {
  const settings = command.settingsSchema.parse({ block: written });
  return command.prepare(settings, { with: 'command', command: 'block', parameters });
}

afterEach(() => {
  delete process.env.WAYWARD_TEST_TOKEN;
});

test('the command gets its arguments as they are, PATH, what is named, and whom it is about; nothing else', async () => {
  process.env.WAYWARD_TEST_TOKEN = 'tok-canary';
  process.env.WAYWARD_TEST_OTHER = 'not for it';
  const out = at('seen');
  const show = script(`printf '%s\\n' "$@" > ${out}; env | sort >> ${out}`);
  const run = [show, '--host={host}', "a b'c", '$(touch pwned)', '{host}/{port}'];
  const step = revocation(
    { run, env: ['WAYWARD_TEST_TOKEN', 'WAYWARD_TEST_UNSET'] },
    { host: 'db.example.com', port: '5432' },
  );
  await step.revoke(CONTEXT);
  const seen = readFileSync(out, 'utf8').split('\n');
  expect(seen.slice(0, 4)).toEqual(['--host=db.example.com', "a b'c", '$(touch pwned)', 'db.example.com/5432']);
  const variables = seen.slice(4).filter((line) => !/^(PWD|SHLVL|OLDPWD|_|)(=|$)/.test(line));
  expect(variables).toEqual([
    `PATH=${process.env.PATH}`,
    'WAYWARD_AGENT=agent 1',
    'WAYWARD_CREDENTIAL=--cred; $(x)',
    'WAYWARD_KEY=key-1',
    'WAYWARD_TEST_TOKEN=tok-canary',
  ]);
  delete process.env.WAYWARD_TEST_OTHER;
});

test('the verify command proves: 0 is dead, 1 is not, anything else is no answer', async () => {
  const state = at('state');
  const run = [script(`touch ${state}`)];
  const step = revocation({ run, verify: [script(`test -e ${state} || exit 1; echo blocked since noon`)] });
  expect(await step.verify(CONTEXT)).toEqual({
    dead: false,
    alive: true,
    proof: '"block" (verify) says that it is not dead',
  });
  await step.revoke(CONTEXT);
  expect(await step.verify(CONTEXT)).toEqual({
    dead: true,
    alive: false,
    proof: '"block" (verify) says that it is dead: blocked since noon',
  });
  for (const code of [2, 126, 127, 255]) {
    const error = await failureOf(revocation({ run, verify: [script(`exit ${code}`)] }).verify(CONTEXT));
    expect(error).toMatchObject({ retryable: true, message: `command "block" (verify) ended with ${code}` });
  }
});

test('what has an undo: can be undone, and only that', async () => {
  const state = at('undone');
  const run = [script(`touch ${state}`)];
  const step = revocation({ run, undo: [script(`rm ${state}`)], verify: [script(`test -e ${state}`)] });
  await step.revoke(CONTEXT);
  await step.restore?.(CONTEXT);
  expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
  expect(await failureOf(step.restore?.(CONTEXT) ?? Promise.resolve())).toMatchObject({ retryable: true });
  expect(revocation({ run }).restore).toBeUndefined();
  const spec = { with: 'command', command: 'block' };
  const settings = (undo?: string[]) => command.settingsSchema.parse({ block: { run: ['/bin/true'], undo } });
  expect(command.reversibleWith?.(settings(['/bin/true']), spec)).toBe(true);
  expect(command.reversibleWith?.(settings(), spec)).toBe(false);
});

test('without a verify command nobody can be asked for a proof', async () => {
  expect(await revocation({ run: [script('exit 0')] }).verify(CONTEXT)).toBeUndefined();
});

test('a failure says how it ended and what it printed, without secrets', async () => {
  process.env.WAYWARD_TEST_TOKEN = 'tok-canary';
  const run = [script('echo "no route, $WAYWARD_TEST_TOKEN"; echo "password=hunter2hunter2" >&2; exit 3')];
  const error = await failureOf(revocation({ run, env: ['WAYWARD_TEST_TOKEN'] }).revoke(CONTEXT));
  expect(error.retryable).toBe(true);
  expect(error.message).toContain('command "block" (run) ended with 3: no route,');
  expect(error.message).not.toMatch(/canary|hunter2/);
});

test('one that hangs is killed with everything it started, and may work later', async () => {
  const [pids, survived] = [at('pids'), at('survived')];
  const run = [script(`trap '' TERM INT; (sleep 30; touch ${survived}) & echo $! > ${pids}; sleep 30`)];
  const error = await failureOf(revocation({ run, timeout: '1500ms' }).revoke(CONTEXT));
  expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('did not end within 1.5 s') });
  const child = Number(readFileSync(pids, 'utf8'));
  await expect.poll(() => isRunning(child)).toBe(false);
  expect(existsSync(survived)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('huge output neither stops it nor fills the record', async () => {
  const run = [script('yes "line of output" | head -c 20000000; yes oops | head -c 20000000 >&2; exit 1')];
  const error = await failureOf(revocation({ run }).revoke(CONTEXT));
  expect(error.message).toContain('ended with 1: line of output');
  expect(error.message.length).toBeLessThan(300);
});

test('one that leaves something running in the background counts as ended', async () => {
  await revocation({ run: [script('sleep 5 & exit 0')], timeout: '4s' }).revoke(CONTEXT);
});

test('one that is killed has not answered', async () => {
  const error = await failureOf(revocation({ run: [script('kill -9 $$')] }).revoke(CONTEXT));
  expect(error).toMatchObject({ retryable: true, message: 'command "block" (run): was killed by SIGKILL' });
});

test('a program that is not there, or may not be run, is no reason to try again', async () => {
  writeFileSync(at('not-executable'), '#!/bin/sh\n', { mode: 0o600 });
  for (const [file, code] of [
    [at('missing'), 'ENOENT'],
    [at('not-executable'), 'EACCES'],
  ] as const) {
    const error = await failureOf(revocation({ run: [file] }).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining(`cannot be started (${code})`) });
  }
});

test('the registry can only name what the configuration lists, with the parameters that it asks for', async () => {
  const out = at('never');
  const settings = command.settingsSchema.parse({ block: { run: [script(`touch ${out}`), '{host}'] } });
  const attempt = (spec: object) =>
    failureOf(command.prepare(settings, { with: 'command', command: 'block', ...spec }).revoke(CONTEXT));
  for (const name of ['unblock', 'constructor', '__proto__']) {
    expect((await attempt({ command: name })).message).toContain(
      `there is no command "${name}" under revokers.command`,
    );
  }
  expect((await attempt({})).message).toContain('needs the parameter "host"');
  expect((await attempt({ parameters: { host: 'a', user: 'b' } })).message).toContain('has no {user}');
  expect(existsSync(out)).toBe(false);
});

test.each([
  '',
  '-rf',
  '--help',
  '../etc',
  'a/../b',
  'a b',
  'a;b',
  '$(x)',
  '`x`',
  'a\nb',
  "a'b",
  'a|b',
  'é',
  'x'.repeat(129),
])('a parameter that could be more than a value is refused: %j', (host) => {
  const spec = { with: 'command', command: 'block', parameters: { host } };
  expect(command.specSchema.safeParse(spec).success).toBe(false);
});

test.each([
  { run: [] },
  { run: 'rm -rf /' },
  { run: ['{program}'] },
  { run: ['a\0b'] },
  { run: ['a'], timeout: '1m' },
  { run: ['a'], shell: true },
  { run: ['a'], env: ['A=B'] },
])('a wrong command is refused: %j', (written) => {
  expect(command.settingsSchema.safeParse({ block: written }).success).toBe(false);
});
