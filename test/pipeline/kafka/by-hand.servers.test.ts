import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { drillOrders } from '../../../src/drills/orders.ts';
import { withAdmin } from '../../../src/kafka/topics.ts';
import { answerOf } from '../../../src/pipeline/kafka/answers.ts';
import { CONTROL, RESPONSE } from '../../kafka/names.ts';
import { describeWith } from '../../servers/require-server.ts';
import { type Place, responds, until } from './responders.ts';
import { holdRoles, ndjson, newSite, recorded, rotationsOf, startSiteServers, trail } from './site.ts';

const TIMEOUT = 180_000;
/** An id as nobody should choose one, and anybody may. */
const HOSTILE = `cred-'; DROP TABLE outbox; -- \${x} "{{y}}" <b>é`;

const ends = async ({ kafka }: Place): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const topics = await Promise.all([CONTROL, RESPONSE].map((topic) => admin.fetchTopicOffsets(topic)));
    return topics.flatMap((partitions) => partitions.map(({ high }) => high));
  });

/** The same, once the responder has written down how it begins. */
const endsAtRest = async (place: Place): Promise<string[]> => {
  let before: string[] = [];
  await expect
    .poll(
      async () => {
        const now = await ends(place);
        const isAtRest = now.join() === before.join();
        before = now;
        return isAtRest;
      },
      { timeout: 30_000, interval: 1_000 },
    )
    .toBe(true);
  return before;
};

describeWith('drills and rotations by hand on Kafka', startSiteServers, (servers) => {
  test(
    'a person on another machine rotates and drills: the responder does it, the command shows how it goes and ends',
    async () => {
      const site = await newSite(servers(), [HOSTILE, 'cred-pg'], {
        drills: [{ with: 'postgres' }, { with: 'vault' }],
      });
      const { place, roles } = site;
      await responds(place.responder('responder'));
      const name = 'ann\u001b[31m\n"; DROP TABLE audit; --';

      const before = await endsAtRest(place);
      const plan = await place.command('cli', 'rotate', '--credential', HOSTILE);
      expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('would') });
      expect(ndjson((await place.command('cli', 'rotate', '--due')).stdout)).toHaveLength(2);
      expect(await ends(place)).toEqual(before);

      const rotated = await place.command('cli', 'rotate', '--credential', HOSTILE, '--execute', '--as', name);
      expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining(`${HOSTILE}: verified: `) });
      expect(ndjson(rotated.stdout)).toMatchObject([{ credential: HOSTILE, state: 'verified', by: name }]);
      await site.isRotatedOnce(roles[0] ?? '');
      expect((await site.secretOf(roles[1] ?? '')).version).toBe(1);
      const due = await place.command('cli', 'rotate', '--due', '--execute');
      expect(ndjson(due.stdout)).toMatchObject([{ credential: 'cred-pg', state: 'verified' }]);
      for (const role of roles) await site.isRotatedOnce(role);
      expect(await place.command('cli', 'rotate', '--due', '--execute')).toMatchObject({ code: 0, stdout: '' });

      const drilled = await place.command('cli', 'drill', '--as', name);
      expect(drilled).toMatchObject({ code: 0, stderr: expect.stringMatching(/^postgres: .*vault: passed\n$/s) });
      expect(ndjson(drilled.stdout)).toMatchObject([
        { drill: 'postgres', passed: true, took_ms: expect.any(Number), canary: expect.stringContaining('canary') },
        { drill: 'vault', passed: true, objective_ms: 60_000, steps_ms: { refuse: expect.any(Number) } },
      ]);
      const one = await place.command('cli', 'drill', 'postgres');
      expect(ndjson(one.stdout)).toMatchObject([{ drill: 'postgres', passed: true }]);

      await place.command('cli', 'halt');
      expect(await place.command('cli', 'drill', 'vault')).toMatchObject({ code: 0 });
      const ended = recorded(place, 'verified', 'drill-passed', 'drill-failed');
      expect(ended.filter(({ type }) => type.startsWith('drill')).map(({ by }) => by)).toHaveLength(4);
      expect(ended.filter(({ by }) => by === name).map(({ type }) => type)).toContain('drill-passed');
      const secrets = [(await site.secretOf(roles[0] ?? '')).data.password ?? '', servers().vault.rootToken];
      const all = JSON.stringify([plan, rotated, drilled, one, trail(place).after(0), await place.documents()]);
      for (const secret of secrets) expect(all).not.toContain(secret);
      expect(await place.command('responder', 'audit', 'verify')).toMatchObject({ code: 0 });
    },
    TIMEOUT,
  );

  test(
    'a drill that fails is exit 1 with the step at which it stood; a rotation that fails is exit 3 with the reason',
    async () => {
      const { place, proxy, secretOf, roles } = await newSite(servers());
      await responds(place.responder('responder'));
      proxy.strikes = (_, path) => path.includes('/auth/token/create');
      proxy.faults.push({ kind: 'answer', status: 403 });
      const drilled = await place.command('cli', 'drill', 'vault');
      expect(drilled).toMatchObject({ code: 1, stderr: expect.stringContaining('vault: FAILED') });
      expect(ndjson(drilled.stdout)).toMatchObject([{ passed: false, note: expect.stringMatching(/^create: .*403/) }]);
      await servers().postgres.query(`ALTER ROLE ${roles[0]} PASSWORD 'changed by somebody'`);
      const rotated = await place.command('cli', 'rotate', '--credential', 'cred-pg', '--execute');
      expect(rotated).toMatchObject({ code: 3, stderr: expect.stringContaining('does not log in') });
      expect(ndjson(rotated.stdout)).toMatchObject([{ state: 'failed' }]);
      expect(await secretOf(roles[0] ?? '')).toMatchObject({ version: 1 });
    },
    TIMEOUT,
  );

  test(
    'what nobody knows, or what no name can be, is refused before anything is written',
    async () => {
      const { place } = await newSite(servers());
      const before = await endsAtRest(place);
      const long = 'x'.repeat(300);
      const refused: [string[], string][] = [
        [['drill', 'postgers'], 'no drill "postgers"; write postgres'],
        [['drill', 'postgres', '--as', long], 'the name of who decides (--as, --by) is too big'],
        [['rotate', '--credential', 'cred-pq', '--execute'], 'no credential "cred-pq" in the registry; is it cred-pg?'],
        [['rotate', '--credential', 'cred-pg', '--execute', '--as', ''], 'the name of who decides (--as, --by) is too'],
        [['rotate', '--execute'], 'say what to rotate'],
      ];
      for (const [args, message] of refused)
        expect(await place.command('cli', ...args)).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringContaining(message),
        });
      expect(await ends(place)).toEqual(before);

      await responds(place.responder('responder'));
      const none = await place.command('cli', 'drill');
      expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('wayward.yaml: no drills; write') });
      const oauth = await place.command('cli', 'drill', 'oauth');
      expect(oauth).toMatchObject({ code: 2, stderr: expect.stringContaining('has no { with: oauth }; write one') });
      const byHand = await place.command('cli', 'rotate', '--credential', 'cred-1', '--execute');
      expect(byHand).toMatchObject({ code: 2, stderr: expect.stringContaining('cred-1: NOT rotated: cannot be') });
      expect(recorded(place, 'drill-passed', 'drill-failed', 'verified')).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'without a responder nothing is done: exit 3, and one that starts later takes it for too late',
    async () => {
      const { place, secretOf, roles } = await newSite(servers());
      const stopped = [
        place.begin('c', 'rotate', '--credential', 'cred-pg', '--execute'),
        place.begin('d', 'revoke', '--credential', 'cred-7', '--execute'),
      ];
      const controlEnd = async () => Number((await ends(place))[0]);
      await expect.poll(controlEnd, { timeout: 60_000 }).toBe(stopped.length);
      for (const { pid } of stopped) process.kill(pid, 'SIGINT');
      const said = await Promise.all([
        place.command('a', 'rotate', '--credential', 'cred-pg', '--execute'),
        place.command('b', 'drill', 'postgres'),
      ]);
      for (const each of said)
        expect(each).toMatchObject({
          code: 3,
          stdout: '',
          stderr: expect.stringMatching(/no responder took it within 15 s; none is running .* One that starts within/),
        });
      for (const each of await Promise.all(stopped.map((running) => running.said)))
        expect(each).toMatchObject({ code: 130, stderr: expect.stringMatching(/^Stopped waiting: it was said/) });
      expect(place.issuer.calls).toEqual([]);
      const late = ['rotate', 'drill'].map((say) => ({
        ...{ say, id: randomUUID(), by: 'ann' },
        ...(say === 'rotate' ? { credentials: ['cred-pg'] } : { kind: 'postgres' }),
      }));
      const old = await newSite(servers());
      for (const word of late) await old.place.say(word, Date.now() - 120_000);
      await responds(old.place.responder('late'));
      for (const { id } of late) {
        await until(() => answerOf(old.place.replica.store, id) !== undefined, 'an answer');
        expect(answerOf(old.place.replica.store, id)?.error).toMatch(/^it came 12\d s after it was said/);
      }
      expect(drillOrders(old.place.replica.store)).toEqual([]);
      expect(rotationsOf(old.place)).toEqual([]);
      expect((await secretOf(roles[0] ?? '')).version).toBe(1);
    },
    TIMEOUT,
  );

  test(
    'words that are none are passed over and counted; a word that comes twice is obeyed once',
    async () => {
      const site = await newSite(servers());
      const { place, proxy } = site;
      const responder = place.responder('responder');
      await responds(responder);
      const garbled = [
        { say: 'rotate', id: randomUUID(), by: 'eve', credentials: [] },
        { say: 'rotate', id: randomUUID(), by: 'eve', credentials: 'cred-pg' },
        { say: 'rotate', id: randomUUID(), by: 'eve', credentials: ['x'.repeat(2_000)] },
        { say: 'rotate', id: 'no id', by: 'eve', credentials: ['cred-pg'] },
        { say: 'drill', id: randomUUID(), by: '', kind: 'vault' },
        { say: 'drill', id: randomUUID(), by: 'eve', kind: 7 },
        { say: 'drill', id: randomUUID(), by: 'eve', kind: 'v'.repeat(100) },
      ];
      for (const word of garbled) await place.say(word);
      const rotate = {
        say: 'rotate',
        id: randomUUID(),
        by: 'ann',
        credentials: ['cred-pg', 'cred-pg', 'cred-nobody'],
      };
      const drill = { say: 'drill', id: randomUUID(), by: 'ann', kind: 'vault' };
      const wrong = { say: 'drill', id: randomUUID(), by: 'ann', kind: 'valt' };
      for (const word of [rotate, drill, rotate, wrong, drill]) await place.say(word);
      await until(() => recorded(place, 'drill-passed').length === 1, 'the drill');
      await until(() => recorded(place, 'verified').some(({ credential }) => credential === 'cred-pg'), 'rotation');
      expect(answerOf(place.replica.store, rotate.id)).toMatchObject({
        rotations: rotationsOf(place),
        refused: [{ credential: 'cred-nobody', because: "the responder's registry does not have it" }],
      });
      await until(() => answerOf(place.replica.store, wrong.id) !== undefined, 'an answer');
      expect(answerOf(place.replica.store, wrong.id)).toEqual({ error: 'no drill "valt"; write vault' });
      // What was said twice has been read twice once what was said last is answered.
      const last = { ...wrong, id: randomUUID() };
      await place.say(last);
      await until(() => answerOf(place.replica.store, last.id) !== undefined, 'an answer to what was said last');
      const passedOver = responder.lines.filter(({ topic, count: told }) => topic === CONTROL && told !== undefined);
      expect(passedOver).toHaveLength(garbled.length);
      expect(rotationsOf(place)).toHaveLength(1);
      await site.isRotatedOnce(site.roles[0] ?? '');
      expect(proxy.requests.filter((request) => request.endsWith('/auth/token/create'))).toHaveLength(1);
      expect(recorded(place, 'drill-passed', 'drill-failed')).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'Ctrl-C ends the watching only, and says so',
    async () => {
      // Each drill that waits for the roles lasts for seconds.
      const drills = Array.from({ length: 4 }, () => ({ with: 'postgres' }));
      const site = await newSite(servers(), ['cred-pg'], { drills });
      const { place } = site;
      await responds(place.responder('responder'));
      const held = await holdRoles(servers().postgres.url);
      const [drilled, rotated] = [
        place.begin('a', 'drill'),
        place.begin('b', 'rotate', '--credential', 'cred-pg', '--execute'),
      ];
      await until(() => drilled.stderr().includes('postgres: began'), 'the drill is shown');
      process.kill(drilled.pid, 'SIGINT');
      await until(() => rotated.stderr().includes('cred-pg: calling'), 'the rotation is shown');
      process.kill(rotated.pid, 'SIGINT');
      for (const each of await Promise.all([drilled.said, rotated.said]))
        expect(each).toMatchObject({
          code: 130,
          stdout: '',
          stderr: expect.stringContaining('Stopped watching: it goes on in the process that responds'),
        });
      await held.letGo();
      await until(() => recorded(place, 'drill-passed', 'drill-failed').length === drills.length, 'the drills end');
      await until(() => recorded(place, 'verified').some(({ credential }) => credential === 'cred-pg'), 'rotation');
      await site.isRotatedOnce(site.roles[0] ?? '');
    },
    TIMEOUT,
  );
});
