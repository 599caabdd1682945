import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { answerOf } from '../../../src/pipeline/kafka/answers.ts';
import { Replica } from '../../../src/pipeline/kafka/replica.ts';
import { AuditTrail } from '../../../src/response/audit.ts';
import { openBreaker } from '../../../src/response/limits.ts';
import { Outbox, type StepState } from '../../../src/response/outbox.ts';
import { closingsAfter, listAlerts } from '../../../src/sinks/store-alerts.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { missesBroker, type RunningWayward } from '../../live/wayward.ts';
import { startOwnKafka } from '../../servers/kafka.ts';
import { startReceiver } from '../../servers/receiver.ts';
import { describeWith } from '../../servers/require-server.ts';
import { metAgain, newPlace, type Place, responds, until } from './responders.ts';

const TIMEOUT = 180_000;

const standsBy = (process: RunningWayward) => process.line(({ msg }) => msg === 'working', 60_000);

const steps = ({ replica }: Place) => new Outbox(replica.store).ofCause.bind(new Outbox(replica.store));
const states = (place: Place, number: number): StepState[] => steps(place)(`alert-${number}`).map(({ state }) => state);
const inState = (place: Place, state: StepState): number =>
  Number(place.replica.store.first('SELECT count(*) AS steps FROM outbox WHERE state = ?', state)?.steps);
const recorded = (place: Place, type: string): number =>
  Number(
    place.replica.store.first("SELECT count(*) AS entries FROM audit WHERE json_extract(entry, '$.type') = ?", type)
      ?.entries,
  );
const isWhole = ({ replica }: Place): readonly string[] =>
  new AuditTrail(replica.store, '/nowhere', { get: () => 0, set() {}, safe: () => 0 }).verify().problems;

describeWith('responders on Kafka', startOwnKafka, (server) => {
  test('a copy of the record that is closed keeps nobody waiting', async () => {
    const { kafka } = await newPlace(server().broker, {});
    const replica = await Replica.open(kafka, temporaryFolder());
    const waiting = replica.reaches('nobody writes it', async () => {}, new AbortController().signal);
    await Promise.all([replica.close(), expect(waiting).rejects.toThrow('the replica is closed')]);
  });

  test(
    'killed at any point, the next one goes on: every alert is decided once and every credential dies once',
    async () => {
      const place = await newPlace(server().broker, {});
      const { issuer } = place;
      const points: [string, () => Promise<void>][] = [
        ['decided', () => until(() => states(place, 0).length > 0, 'the decision is on the topic')],
        [
          'before the effect',
          () => until(() => issuer.calls.some(({ credential }) => credential === 'cred-1'), 'call'),
        ],
        ['after the effect', () => until(() => issuer.dead.has('cred-2'), 'effect')],
        ['recorded', () => until(() => states(place, 3)[0] === 'verified', 'the proof is on the topic')],
      ];
      let active = place.responder('0');
      await responds(active);
      for (const [number, [point, reached]] of points.entries()) {
        const next = place.responder(String(number + 1));
        await standsBy(next);
        issuer.hold(point === 'before the effect' || point === 'after the effect' ? point : 'nothing');
        await place.alert([number, number + 4]);
        await reached();
        await active.kill();
        issuer.hold('nothing');
        await responds(next);
        active = next;
      }
      await place.alert([8]);
      await until(() => inState(place, 'verified') === 9, 'all are proven');
      const asked = Map.groupBy(issuer.calls, ({ credential }) => credential);
      expect([...issuer.dead].sort()).toEqual(Array.from({ length: 9 }, (_, at) => `cred-${at}`));
      // Asked again only where the first call had no effect, and with the same key.
      expect(asked.get('cred-2')).toHaveLength(1);
      expect(asked.get('cred-3')).toHaveLength(1);
      for (const calls of asked.values()) expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
      expect(listAlerts(place.replica.store)).toHaveLength(9);
      expect([recorded(place, 'decided'), recorded(place, 'verified')]).toEqual([9, 9]);
      expect(isWhole(place)).toEqual([]);
      expect(await place.documents()).toHaveLength(18);
    },
    TIMEOUT,
  );

  test(
    'one limit for all processes, and the breaker outlives the one that opened it',
    async () => {
      const place = await newPlace(server().broker, { limits: { credentials: 4, peer_group_percent: 100 } });
      const first = place.responder('a');
      await responds(first);
      const others = [place.responder('b'), place.responder('c')];
      await Promise.all(others.map(standsBy));
      await place.alert([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await until(() => inState(place, 'verified') === 3 && inState(place, 'planned') === 7, '3 of 10');
      await first.kill();
      await Promise.any(others.map(responds));
      await place.alert([10, 11]);
      await until(() => inState(place, 'planned') === 9, 'the new ones wait, too');
      expect(openBreaker(place.replica.store)?.because).toContain('3 credentials were revoked automatically');
      expect(place.issuer.dead.size).toBe(3);
      await place.alert([11], 0, 'critical'); // the same alert is critical by now: one place was kept for it
      await until(() => inState(place, 'verified') === 4, 'the theft is stopped');
      expect(isWhole(place)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'history that the first responder finds is told of once, also where another one takes over in the middle',
    async () => {
      const receiver = await startReceiver();
      onTestFinished(() => receiver.stop());
      const webhook = { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' };
      const place = await newPlace(server().broker, { webhook });
      await place.alert([0, 1, 2], 21 * 86_400_000);
      const first = place.responder('a');
      await responds(first);
      await until(() => recorded(place, 'decided') === 3, 'three are decided');
      await first.kill();
      const next = place.responder('b');
      await responds(next);
      await place.alert([3, 4], 20 * 86_400_000);
      await until(() => recorded(place, 'history') === 1, 'a minute without any', 120_000);
      await place.alert([5]); // of today
      await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBeGreaterThan(1);
      const told = receiver.received.map(({ body }) => JSON.parse(body));
      expect(told.map(({ type }) => type)).toEqual(['wayward.history', 'wayward.alert']);
      expect(told[0].data.alerts).toEqual({ high: 5 });
      expect(place.issuer.calls.filter(({ credential }) => credential !== 'cred-5')).toEqual([]);
      expect(isWhole(place)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'one that slept through being replaced does nothing when it wakes',
    async () => {
      const place = await newPlace(server().broker, {});
      const both = [place.responder('a'), place.responder('b')];
      await Promise.all(both.map(standsBy));
      await place.alert([0]);
      await until(() => states(place, 0)[0] === 'verified', 'it works');
      // When the second came, the group may have given it what the first one did.
      const sleeper = both.find(({ lines }) => lines.some(({ credential }) => credential === 'cred-0'));
      if (sleeper === undefined) throw new Error('one of them did it');
      process.kill(sleeper.pid, 'SIGSTOP');
      await place.alert([1, 2, 3]);
      await until(() => inState(place, 'verified') === 4, 'the other one does it');
      const awake = metAgain(sleeper);
      process.kill(sleeper.pid, 'SIGCONT');
      await place.alert([4]);
      await until(() => inState(place, 'verified') === 5, 'and goes on');
      await awake();
      expect(place.issuer.calls.map(({ credential }) => credential).sort()).toEqual(
        [0, 1, 2, 3, 4].map((number) => `cred-${number}`),
      );
      expect(sleeper.lines.filter(({ credential }) => credential !== undefined && credential !== 'cred-0')).toEqual([]);
      expect(isWhole(place)).toEqual([]);
    },
    TIMEOUT,
  );

  test('what people say on the control topic is done once, and what is not theirs is passed over', async () => {
    const place = await newPlace(server().broker, {});
    await responds(place.responder('a'));
    const said = (word: object) => {
      const id = randomUUID();
      return { id, ...word };
    };
    const answered = async (word: { id: string }) => {
      await until(() => answerOf(place.replica.store, word.id) !== undefined, 'an answer');
      return answerOf(place.replica.store, word.id);
    };

    const halt = said({ say: 'halt', by: 'ann' });
    await place.say('no word');
    await place.say({ say: 'revoke', id: randomUUID(), by: 'eve', credentials: [] });
    await place.say({ ...halt, by: '' });
    await place.say(halt);
    await place.say(halt);
    expect(await answered(halt)).toEqual({});
    await place.alert([0, 1]);
    await until(() => inState(place, 'planned') === 2, 'they wait');

    const approval = said({ say: 'approve', by: 'ann', alert: 'alert-0' });
    await place.say(approval);
    expect(await answered(approval)).toEqual({ cause: 'alert-0' });
    const vain = said({ say: 'approve', by: 'ann', alert: 'alert-9' });
    await place.say(vain);
    expect((await answered(vain))?.error).toContain('nothing waits for approval because of alert-9');

    const order = said({ say: 'revoke', by: 'ann', credentials: ['cred-5', 'cred-unknown'] });
    await place.say(order);
    await place.say(order);
    expect((await answered(order))?.refused).toEqual([
      { credential: 'cred-unknown', because: "the responder's registry does not have it" },
    ]);
    const alert = { id: 'alert-1', principal: 'p', start: 1, end: 2 };
    const closing = said({ say: 'close', by: 'ann', because: 'a drill', verdict: 'benign', alert });
    await place.say(closing);
    await place.say(closing);
    await answered(closing);
    expect(closingsAfter(place.replica.store, 0)).toMatchObject([{ alert: 'alert-1', verdict: 'benign', by: 'ann' }]);
    expect(states(place, 1)).toEqual(['expired']);

    await place.say(said({ say: 'resume', by: 'bob' }));
    await until(() => recorded(place, 'resumed') === 1, 'resumed');
    await place.alert([2]);
    await until(() => inState(place, 'verified') === 3, 'automatic again');
    expect([...place.issuer.dead].sort()).toEqual(['cred-0', 'cred-2', 'cred-5']);
    expect(recorded(place, 'halted')).toBe(1);
  });

  test('old alerts and words that nobody took in time cause nothing', async () => {
    const place = await newPlace(server().broker, {});
    const late = { say: 'revoke', id: randomUUID(), by: 'ann', credentials: ['cred-5'] };
    const halt = { say: 'halt', id: randomUUID(), by: 'ann' };
    await place.say(late, Date.now() - 120_000);
    await place.alert([0], 21 * 86_400_000);
    await responds(place.responder('a'));
    await until(() => answerOf(place.replica.store, late.id) !== undefined, 'an answer');
    expect(answerOf(place.replica.store, late.id)?.error).toMatch(/it came 1[2-9]\d s after it was said; say it again/);
    await until(() => states(place, 0)[0] === 'planned', 'a person is asked');
    await place.say(halt, Date.now() - 120_000);
    await until(() => recorded(place, 'halted') === 1, 'a halt is never too late');
    expect(place.issuer.calls).toEqual([]);
  });

  test(
    'brokers that go away and come back: what was decided is done, once',
    async () => {
      const place = await newPlace(server().broker, {});
      const responder = place.responder('a');
      await responds(responder);
      await place.alert([0]);
      await until(() => states(place, 0)[0] === 'verified', 'it works');
      place.issuer.hold('after the effect');
      await place.alert([1]);
      await until(() => place.issuer.dead.has('cred-1'), 'its call is under way');
      const missed = missesBroker(responder);
      await server().kill();
      place.issuer.hold('nothing');
      await missed;
      await server().restart();
      await place.alert([2]);
      await until(() => inState(place, 'verified') === 3, 'all are proven', 120_000);
      expect(place.issuer.calls.map(({ credential }) => credential).sort()).toEqual(['cred-0', 'cred-1', 'cred-2']);
      expect([recorded(place, 'decided'), recorded(place, 'verified')]).toEqual([3, 3]);
      expect(isWhole(place)).toEqual([]);
    },
    TIMEOUT,
  );
});
