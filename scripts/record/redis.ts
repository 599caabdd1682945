import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../test/servers/find-program.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { startServerProcess } from '../../test/servers/server-process.ts';
import { watchedFolder } from '../../test/servers/watched.ts';

const USERS = `user admin on >pw-admin ~* &* +@all
user agent-billing on >pw-billing ~orders:* &* +@read +@write +@transaction +@connection -@dangerous
user agent-tools on >pw-tools ~tools:* +get +ping
user default off
`;

/** What users ask for that they are not allowed, and logins that fail: that is all that ACL LOG has. */
const CALLS: readonly (readonly [name: string, password: string, command: string])[] = [
  ['agent-billing', 'pw-billing', 'SET orders:1 ok'],
  ['agent-billing', 'pw-billing', 'GET secrets:8812'],
  ['agent-billing', 'pw-billing', 'CONFIG GET dir'],
  ['agent-billing', 'wrong', 'GET orders:1'],
  ['agent-ghost', 'x', 'GET orders:1'],
  ['agent-tools', 'pw-tools', 'SET tools:1 x'],
];

/** `ACL LOG` of Valkey, as its command line gives it in JSON. Redis says when an entry was made since 7.2. */
export async function recordRedis(): Promise<Record<string, string>> {
  const binary = findProgram('valkey-server', 'valkey-server');
  const cli = findProgram('redis-cli', 'redis-tools');
  const folder = watchedFolder('valkey');
  const port = await freePort();
  writeFileSync(join(folder, 'users.acl'), USERS);
  const call = (name: string, password: string, ...command: string[]): string =>
    execFileSync(
      cli,
      ['-h', '127.0.0.1', '-p', String(port), '--user', name, '--pass', password, '--no-auth-warning', ...command],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  const ready = async (): Promise<void> => {
    if (call('admin', 'pw-admin', 'PING').trim() !== 'PONG') throw new Error('not ready');
  };
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const args = [...settings, '--aclfile', join(folder, 'users.acl')];
  const server = await startServerProcess({ name: 'Valkey', binary, args, folder }, ready);
  try {
    for (const [name, password, command] of CALLS) call(name, password, ...command.split(' '));
    return { 'redis-acl-log.json': call('admin', 'pw-admin', '--json', 'ACL', 'LOG') };
  } finally {
    await server.stop();
  }
}
