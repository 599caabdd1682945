import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { drillOrders } from '../../../src/drills/orders.ts';
import { withAdmin } from '../../../src/kafka/topics.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import { names } from '../../kafka/names.ts';
import type { LogLine, RunningWayward } from '../../live/wayward.ts';
import { describeWith } from '../../servers/require-server.ts';
import { type Place, responds, until } from './responders.ts';
import { holdRoles, ndjson, newSite, recorded, rotationsOf, startSiteServers, trail } from './site.ts';

const TIMEOUT = 180_000;

/** So many responders, of which one is in charge and will be until it dies. */
async function respondersOf(place: Place, count: number): Promise<RunningWayward[]> {
  const processes = Array.from({ length: count }, (_, at) => place.responder(String(at + 1)));
  await Promise.any(processes.map(responds));
  const group = () => withAdmin(place.kafka, (admin) => admin.describeGroups([names.id('respond')]));
  const seen = async () => (await group()).groups.map(({ state, members }) => [state, members.length]);
  await expect.poll(seen, { timeout: 60_000 }).toEqual([['Stable', count]]);
  return processes;
}
/** The one of them that took such a word. */
async function takerOf(say: string, processes: readonly RunningWayward[]): Promise<RunningWayward> {
  const took = (line: LogLine) => line.msg === 'a person said' && line.say === say;
  return Promise.any(processes.map(async (each) => (await each.line(took)) && each));
}

describeWith('drills and rotations by hand, whose responder dies or sleeps', startSiteServers, (servers) => {
  test(
    'a rotation whose responder is killed in the middle is ended by the next one, once, and the command sees it',
    async () => {
      const site = await newSite(servers(), ['cred-role', 'cred-vault']);
      const { place, proxy, roles } = site;
      const processes = await respondersOf(place, 3);
      const rotate = (id: string) => place.begin('cli', 'rotate', '--credential', id, '--execute', '--as', 'ann').said;

      const held = await holdRoles(servers().postgres.url);
      const atRole = rotate('cred-role');
      await held.isWaitedFor();
      const first = await takerOf('rotate', processes);
      await first.kill();
      await held.letGo(); // its change is made after its death
      expect(await atRole).toMatchObject({ code: 0, stderr: expect.stringContaining('cred-role: verified') });

      const left = processes.filter((each) => each !== first);
      const killed = Promise.withResolvers<void>();
      proxy.strikes = (method, path) => method !== 'GET' && path.includes(`/secret/data/${roles[1]}`);
      const after = async () => {
        await (await takerOf('rotate', left)).kill();
        killed.resolve();
      };
      proxy.faults.push({ kind: 'cut', after });
      const atVault = rotate('cred-vault');
      await killed.promise; // what it stored stands there, and nobody was told
      expect(await atVault).toMatchObject({ code: 0, stderr: expect.stringContaining('cred-vault: verified') });

      for (const role of roles) await site.isRotatedOnce(role);
      expect(rotationsOf(place)).toHaveLength(2);
      expect(recorded(place, 'verified').map(({ credential }) => credential)).toEqual(['cred-role', 'cred-vault']);
      expect(trail(place).verify().problems).toEqual([]);
    },
    TIMEOUT,
  );

  test.each([
    ['before its canary', '/auth/token/create'],
    ['in its revocation', '/auth/token/revoke'],
  ])(
    'a drill whose responder is killed %s has failed and is not held again; the one after it is held by the next responder',
    async (_, path) => {
      const { place, proxy } = await newSite(servers(), [], { drills: [{ with: 'vault' }, { with: 'postgres' }] });
      const processes = await respondersOf(place, 2);
      const hung = () => proxy.requests.filter((request) => request.includes(path)).length;
      proxy.strikes = (_method, url) => url.includes(path);
      proxy.faults.push({ kind: 'hang' });
      const drilled = place.begin('cli', 'drill', '--as', 'ann');
      await until(() => hung() === 1, 'it hangs');
      await (await takerOf('drill', processes)).kill();
      const { code, stdout } = await drilled.said;
      expect(code).toBe(1);
      const lost = 'the process that held this drill has ended';
      const reports = ndjson(stdout);
      expect(reports).toMatchObject([
        { drill: 'vault', passed: false, note: lost },
        { drill: 'postgres', passed: true },
      ]);
      expect(hung()).toBe(1);
      const [failed] = recorded(place, 'drill-failed');
      expect(failed).toMatchObject({ by: 'ann', credential: reports[0]?.canary });
      expect(recorded(place, 'drill-failed', 'drill-passed')).toHaveLength(2);
      const steps = new Outbox(place.replica.store).ofCause(String(failed?.cause));
      expect(steps.filter(({ doneAt }) => doneAt === undefined)).toEqual([]);
      expect(drillOrders(place.replica.store)).toEqual([]);
      expect(trail(place).verify().problems).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'a responder that slept through being replaced holds no drill and makes no rotation when it wakes',
    async () => {
      const site = await newSite(servers());
      const { place, proxy } = site;
      const processes = await respondersOf(place, 2);
      await place.command('a', 'halt');
      const sleeper = await takerOf('halt', processes);
      process.kill(sleeper.pid, 'SIGSTOP');
      const [drilled, rotated] = await Promise.all([
        place.command('a', 'drill', 'vault'),
        place.command('b', 'rotate', '--credential', 'cred-pg', '--execute'),
      ]);
      process.kill(sleeper.pid, 'SIGCONT');
      await sleep(3_000);
      // It reads the words when it wakes, and finds out before it does anything about them.
      const done = ({ lines }: RunningWayward) =>
        lines.flatMap(({ msg }) => (msg === 'drill passed' || msg === 'rotation' ? [msg] : []));
      expect(processes.map((each) => [each === sleeper, done(each).sort()])).toEqual(
        expect.arrayContaining([
          [true, []],
          [false, ['drill passed', 'rotation']],
        ]),
      );
      expect([drilled.code, rotated.code]).toEqual([0, 0]);
      expect(proxy.requests.filter((request) => request.endsWith('/auth/token/create'))).toHaveLength(1);
      await site.isRotatedOnce(site.roles[0] ?? '');
      expect(recorded(place, 'drill-passed', 'drill-failed')).toHaveLength(1);
    },
    TIMEOUT,
  );
});
