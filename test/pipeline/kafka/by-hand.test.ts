import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { drillOrders } from '../../../src/drills/orders.ts';
import { withAdmin } from '../../../src/kafka/topics.ts';
import { answerOf } from '../../../src/pipeline/kafka/answers.ts';
import { CONTROL, RESPONSE } from '../../../src/pipeline/kafka/topics.ts';
import { AuditTrail } from '../../../src/response/audit.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import type { LogLine, RunningWayward } from '../../live/wayward.ts';
import { type FaultyProxy, startFaultyProxy } from '../../servers/faulty-proxy.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { startVaultWithPostgres } from '../../servers/vault-with-postgres.ts';
import { newPlace, type Place, responds, until } from './responders.ts';

const TIMEOUT = 180_000;
const DAY = 86_400_000;
/** An id as nobody should choose one, and anybody may. */
const HOSTILE = `cred-'; DROP TABLE outbox; -- \${x} "{{y}}" <b>é`;

/** So many responders, of which one is in charge and will be until it dies. */
async function respondersOf(place: Place, count: number): Promise<RunningWayward[]> {
  const processes = Array.from({ length: count }, (_, at) => place.responder(String(at + 1)));
  await Promise.any(processes.map(responds));
  const group = () => withAdmin(place.kafka, (admin) => admin.describeGroups(['wayward-respond']));
  const seen = async () => (await group()).groups.map(({ state, members }) => [state, members.length]);
  await expect.poll(seen, { timeout: 60_000 }).toEqual([['Stable', count]]);
  return processes;
}
/** The one of them that took such a word. */
async function takerOf(say: string, processes: readonly RunningWayward[]): Promise<RunningWayward> {
  const took = (line: LogLine) => line.msg === 'a person said' && line.say === say;
  return Promise.any(processes.map(async (each) => (await each.line(took)) && each));
}
const ndjson = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
const trail = ({ replica }: Place) =>
  new AuditTrail(replica.store, '/nowhere', { get: () => 0, set() {}, safe: () => 0 });
const recorded = (place: Place, ...types: string[]) =>
  trail(place)
    .after(0)
    .filter(({ type }) => types.includes(type));
const rotationsOf = ({ replica }: Place) =>
  replica.store.all("SELECT key FROM outbox WHERE action = 'rotate'").map(({ key }) => String(key));
const ends = async ({ kafka }: Place): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const topics = await Promise.all([CONTROL, RESPONSE].map((topic) => admin.fetchTopicOffsets(topic)));
    return topics.flatMap((partitions) => partitions.map(({ high }) => high));
  });

describeWith(
  'drills and rotations by hand on Kafka',
  async () => {
    const [kafka, { vault, postgres, stop }] = await Promise.all([startKafka(), startVaultWithPostgres()]);
    return { kafka, vault, postgres, stop: async () => void (await Promise.all([kafka.stop(), stop()])) };
  },
  (servers) => {
    let count = 0;

    interface Site {
      readonly place: Place;
      readonly proxy: FaultyProxy;
      /** Roles of PostgreSQL, and their credentials. */
      readonly roles: readonly string[];
      readonly ids: readonly string[];
      secretOf(role: string): Promise<{ readonly data: Record<string, string>; readonly version: number }>;
    }

    /** Each role's password is in Vault, which is reached over a proxy. */
    async function newSite(ids: readonly string[] = ['cred-pg'], settings: object = {}): Promise<Site> {
      const { kafka, vault, postgres } = servers();
      const roles = ids.map(() => `agent_${++count}`);
      for (const role of roles) {
        await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD 'old'`);
        await vault.call(vault.rootToken, 'POST', `secret/data/${role}`, { data: { password: 'old' } });
      }
      const proxy = await startFaultyProxy(vault.url);
      onTestFinished(() => proxy.stop());
      const credentials = ids.map((id, at) => ({
        ...{ id, agent: `agent ${id}`, slot: 'pg', kind: 'database-role', match: { db_user: roles[at] } },
        issued_at: new Date(Date.now() - 100 * DAY).toISOString(),
        rotate: {
          with: 'postgres-password',
          role: roles[at],
          secret: `secret://vault/secret/data/${roles[at]}#password`,
        },
      }));
      const place = await newPlace(
        kafka.broker,
        {},
        {
          credentials,
          settings,
          revokers: {
            postgres: { url: 'secret://env/PG_URL' },
            vault: { url: proxy.url, token: 'secret://env/VAULT_ROOT' },
          },
          env: { PG_URL: postgres.url, VAULT_ROOT: vault.rootToken },
        },
      );
      return {
        ...{ place, proxy, roles, ids },
        async secretOf(role) {
          const { body } = await vault.call(vault.rootToken, 'GET', `secret/data/${role}`);
          const kept = body?.data as { data: Record<string, string>; metadata: { version: number } } | undefined;
          return { data: kept?.data ?? {}, version: kept?.metadata.version ?? 0 };
        },
      };
    }

    const login = async (role: string, password = ''): Promise<void> => {
      const client = new pg.Client({ connectionString: servers().postgres.urlFor(role, password) });
      await client.connect();
      await client.end();
    };
    /** One new password was made, and it is the one that is kept and that logs in. */
    const isRotatedOnce = async ({ secretOf }: Site, role: string): Promise<void> => {
      const { data, version } = await secretOf(role);
      expect({ fields: Object.keys(data), version }).toEqual({ fields: ['password'], version: 3 });
      await login(role, data.password);
      await expect(login(role, 'old')).rejects.toThrow('authentication failed');
    };
    /** No role can be changed until it is let go. */
    async function holdRoles(): Promise<{ isWaitedFor(): Promise<void>; letGo(): Promise<void> }> {
      const holder = new pg.Client({ connectionString: servers().postgres.url });
      await holder.connect();
      onTestFinished(() => holder.end());
      await holder.query('BEGIN; LOCK TABLE pg_authid IN EXCLUSIVE MODE');
      return {
        isWaitedFor: async () => {
          await expect
            .poll(async () => (await holder.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount, {
              timeout: 60_000,
            })
            .toBe(1);
        },
        letGo: async () => void (await holder.query('ROLLBACK')),
      };
    }

    test(
      'a person on another machine rotates and drills: the responder does it, the command shows how it goes and ends',
      async () => {
        const site = await newSite([HOSTILE, 'cred-pg'], { drills: [{ with: 'postgres' }, { with: 'vault' }] });
        const { place, roles } = site;
        await responds(place.responder('responder'));
        const name = 'ann\u001b[31m\n"; DROP TABLE audit; --';

        const before = await ends(place);
        const plan = await place.command('cli', 'rotate', '--credential', HOSTILE);
        expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('would') });
        expect(ndjson((await place.command('cli', 'rotate', '--due')).stdout)).toHaveLength(2);
        expect(await ends(place)).toEqual(before);

        const rotated = await place.command('cli', 'rotate', '--credential', HOSTILE, '--execute', '--as', name);
        expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining(`${HOSTILE}: verified: `) });
        expect(ndjson(rotated.stdout)).toMatchObject([{ credential: HOSTILE, state: 'verified', by: name }]);
        await isRotatedOnce(site, roles[0] ?? '');
        expect((await site.secretOf(roles[1] ?? '')).version).toBe(1);
        const due = await place.command('cli', 'rotate', '--due', '--execute');
        expect(ndjson(due.stdout)).toMatchObject([{ credential: 'cred-pg', state: 'verified' }]);
        for (const role of roles) await isRotatedOnce(site, role);
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
        const { place, proxy, secretOf, roles } = await newSite();
        await responds(place.responder('responder'));
        proxy.strikes = (_, path) => path.includes('/auth/token/create');
        proxy.faults.push({ kind: 'answer', status: 403 });
        const drilled = await place.command('cli', 'drill', 'vault');
        expect(drilled).toMatchObject({ code: 1, stderr: expect.stringContaining('vault: FAILED') });
        expect(ndjson(drilled.stdout)).toMatchObject([
          { passed: false, note: expect.stringMatching(/^create: .*403/) },
        ]);
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
        const { place } = await newSite();
        const before = await ends(place);
        const long = 'x'.repeat(300);
        const refused: [string[], string][] = [
          [['drill', 'postgers'], 'no drill "postgers"; write postgres'],
          [['drill', 'postgres', '--as', long], 'the name of who decides (--as, --by) is too big'],
          [
            ['rotate', '--credential', 'cred-pq', '--execute'],
            'no credential "cred-pq" in the registry; is it cred-pg?',
          ],
          [
            ['rotate', '--credential', 'cred-pg', '--execute', '--as', ''],
            'the name of who decides (--as, --by) is too',
          ],
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
        const { place, secretOf, roles } = await newSite();
        const stopped = [
          place.begin('c', 'rotate', '--credential', 'cred-pg', '--execute'),
          place.begin('d', 'revoke', '--credential', 'cred-7', '--execute'),
        ];
        const controlEnd = async () => Number((await ends(place))[0]);
        await expect.poll(controlEnd, { timeout: 10_000 }).toBe(stopped.length);
        for (const { pid } of stopped) process.kill(pid, 'SIGINT');
        const said = await Promise.all([
          place.command('a', 'rotate', '--credential', 'cred-pg', '--execute'),
          place.command('b', 'drill', 'postgres'),
        ]);
        for (const each of said)
          expect(each).toMatchObject({
            code: 3,
            stdout: '',
            stderr: expect.stringMatching(
              /no responder took it within 15 s; none is running .* One that starts within/,
            ),
          });
        for (const each of await Promise.all(stopped.map((running) => running.said)))
          expect(each).toMatchObject({ code: 130, stderr: expect.stringMatching(/^Stopped waiting: it was said/) });
        expect(place.issuer.calls).toEqual([]);
        const late = ['rotate', 'drill'].map((say) => ({
          ...{ say, id: randomUUID(), by: 'ann' },
          ...(say === 'rotate' ? { credentials: ['cred-pg'] } : { kind: 'postgres' }),
        }));
        const old = await newSite();
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
        const site = await newSite();
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
        await sleep(2_000);
        const passedOver = responder.lines.filter(({ topic, count: told }) => topic === CONTROL && told !== undefined);
        expect(passedOver).toHaveLength(garbled.length);
        expect(rotationsOf(place)).toHaveLength(1);
        await isRotatedOnce(site, site.roles[0] ?? '');
        expect(proxy.requests.filter((request) => request.endsWith('/auth/token/create'))).toHaveLength(1);
        expect(recorded(place, 'drill-passed', 'drill-failed')).toHaveLength(1);
      },
      TIMEOUT,
    );

    test(
      'a rotation whose responder is killed in the middle is ended by the next one, once, and the command sees it',
      async () => {
        const site = await newSite(['cred-role', 'cred-vault']);
        const { place, proxy, roles } = site;
        const processes = await respondersOf(place, 3);
        const rotate = (id: string) =>
          place.begin('cli', 'rotate', '--credential', id, '--execute', '--as', 'ann').said;

        const held = await holdRoles();
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

        for (const role of roles) await isRotatedOnce(site, role);
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
        const { place, proxy } = await newSite([], { drills: [{ with: 'vault' }, { with: 'postgres' }] });
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
        const site = await newSite();
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
        await isRotatedOnce(site, site.roles[0] ?? '');
        expect(recorded(place, 'drill-passed', 'drill-failed')).toHaveLength(1);
      },
      TIMEOUT,
    );

    test(
      'Ctrl-C ends the watching only, and says so',
      async () => {
        // Each drill that waits for the roles lasts for seconds.
        const drills = Array.from({ length: 4 }, () => ({ with: 'postgres' }));
        const site = await newSite(['cred-pg'], { drills });
        const { place } = site;
        await responds(place.responder('responder'));
        const held = await holdRoles();
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
        await isRotatedOnce(site, site.roles[0] ?? '');
      },
      TIMEOUT,
    );
  },
);
