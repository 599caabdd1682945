import { execFile } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SEVERITY_OF: Readonly<Record<number, string>> = { 21: 'low', 47: 'medium', 73: 'high', 99: 'critical' };
const TIMEOUT = 240_000;

/** A clone of its own: the demo keeps its state in it. */
function newClone(): string {
  const folder = temporaryFolder();
  for (const name of ['bin', 'src', 'demo', 'detectors', 'package.json', 'package-lock.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const said = async (folder: string, program: string, ...args: string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout;

/** When, how severe and whose, as the demo's table says. */
const printedBy = (story: string): string[] =>
  [...story.matchAll(/^(\d{4}-\d\d-\d\d \d\d:\d\d) {2}(low|medium|high|critical) +(\S+)/gm)].map(
    ([, opened, severity, principal]) => `${opened} ${severity} ${principal}`,
  );

test(
  'after npm start, the command that the demo advises lists every alert that it has just printed',
  async () => {
    const clone = newClone();
    // Without the script before it, which would install into the folder that is linked.
    const story = await said(clone, 'npm', 'start', '--silent', '--ignore-scripts');
    const printed = printedBy(story);
    const [, count] = /: (\d+) alerts \(/.exec(story) ?? [];
    expect(printed).toHaveLength(Number(count));

    const [, args = ''] = /^ {2}npx wayward (alerts list .*?) {2,}/m.exec(story) ?? [];
    const listed = (await said(clone, process.execPath, join('bin', 'wayward.js'), ...args.split(' ')))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const asPrinted = listed.map(
      ({ '@timestamp': opened, event, wayward }) =>
        `${opened.slice(0, 16).replace('T', ' ')} ${SEVERITY_OF[event.severity]} ${wayward.principal}`,
    );
    expect(asPrinted.toSorted()).toEqual(printed.toSorted());
    expect(new Set(listed.map(({ wayward }) => wayward.incident.state))).toContain('over');

    const table = await run(['alerts', 'list', '--config', join(clone, 'demo', 'wayward.yaml')], { isTTY: true });
    for (const { event } of listed) expect(table.stdout).toContain(event.id.slice(0, 12));
    expect(table.stdout.split('\n')[0]).toMatch(/^OPENED \(UTC\) +SEVERITY +PRINCIPAL +INCIDENT +VERDICT +ID +WHY$/);
  },
  TIMEOUT,
);
