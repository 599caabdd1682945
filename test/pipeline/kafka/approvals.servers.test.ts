import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { answerOf } from '../../../src/pipeline/kafka/answers.ts';
import { AuditTrail } from '../../../src/response/audit.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import { ask, press } from '../../approvals/place.ts';
import { freePort } from '../../servers/free-port.ts';
import { startKafka } from '../../servers/kafka.ts';
import { startReceiver } from '../../servers/receiver.ts';
import { describeWith } from '../../servers/require-server.ts';
import { newPlace, type Place, responds, until } from './responders.ts';

const TIMEOUT = 180_000;
const yes = { decision: 'approve', by: 'Ann' };

const stepsOf = ({ replica }: Place, cause: string) =>
  new Outbox(replica.store).ofCause(cause).filter(({ action }) => action === 'revoke');
const trail = ({ replica }: Place) =>
  new AuditTrail(replica.store, '/nowhere', { get: () => 0, set() {}, safe: () => 0 });

describeWith('links to approve on Kafka', startKafka, (server) => {
  async function newLinks() {
    const [receiver, port] = await Promise.all([startReceiver(), freePort()]);
    onTestFinished(() => receiver.stop());
    const place = await newPlace(server().broker, {
      mode: 'approve',
      webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' },
      approvals: { url: `http://127.0.0.1:${port}`, key: 'secret://env/APPROVAL_KEY' },
    });
    const linkOf = async (alert: string): Promise<string> => {
      const found = () =>
        receiver.received
          .flatMap(({ body }) => JSON.parse(body).data.approvals ?? [])
          .find((approval) => approval.alert === alert)?.url;
      await until(() => found() !== undefined, `the notification of ${alert}`);
      return found();
    };
    return { place, linkOf, http: { port } };
  }

  test(
    'one process responds and another takes the click; the record names who, and everything happens once',
    async () => {
      const { place, linkOf, http } = await newLinks();
      const responder = place.responder('responder');
      await responds(responder);
      const front = place.process('front', 'detect', { http });
      await front.line(({ msg }) => msg === 'working', 60_000);
      await place.alert([1, 2, 3]);
      const [first, second, third] = [await linkOf('alert-1'), await linkOf('alert-2'), await linkOf('alert-3')];

      for (let time = 0; time < 2; time++) expect((await ask(first)).text).toContain('cred-1');
      expect((await ask(`${first.slice(0, -1)}${first.endsWith('A') ? 'B' : 'A'}`)).status).toBe(404);
      expect(stepsOf(place, 'alert-1').map(({ state }) => state)).toEqual(['planned']);

      const came = await Promise.all(['Ann', 'Bob', 'Cy'].map((by) => press(first, { ...yes, by })));
      expect(came.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      await until(() => stepsOf(place, 'alert-1')[0]?.state === 'verified', 'it is dead');
      expect((await press(second, { decision: 'refuse', by: 'Bob' })).status).toBe(200);
      expect((await press(second, yes)).status).toBe(409);

      const approved = await place.command('cli', 'approve', 'alert-3', '--as', 'cli-user');
      expect(approved.code).toBe(0);
      await expect.poll(async () => (await press(third, yes)).status).toBe(409);
      expect((await ask(third)).text).toContain('Approved by <bdi>cli-user</bdi>');

      expect(place.issuer.calls.map(({ credential }) => credential)).toEqual(['cred-1', 'cred-3']);
      const decided = [1, 2]
        .flatMap((number) => trail(place).ofCause(`alert-${number}`))
        .filter(({ via }) => via === 'link');
      expect(decided.map(({ type }) => type)).toEqual(['approved', 'refused']);
      expect(trail(place).verify().problems).toEqual([]);
      expect(JSON.stringify(await place.documents())).toContain('approved by a signed link');
      const all = JSON.stringify([front.lines, responder.lines, await place.documents(), trail(place).after(0)]);
      for (const link of [first, second, third]) expect(all).not.toContain(link.slice(-43));
    },
    TIMEOUT,
  );

  test('what is said about another plan than the one that waits, or too late, changes nothing', async () => {
    const { place, linkOf } = await newLinks();
    await responds(place.responder('responder'));
    await place.alert([1]);
    const [alert = '', expiresAt, digest = ''] = (await linkOf('alert-1')).split('/').slice(-4);
    const right = { alert, expiresAt: Number(expiresAt), digest };
    const said = async (approval: object, at?: number) => {
      const id = randomUUID();
      await place.say({ say: 'decide', id, by: 'Eve', decision: 'approve', approval }, at);
      await until(() => answerOf(place.replica.store, id) !== undefined, 'an answer');
      return answerOf(place.replica.store, id)?.error;
    };
    expect(await said({ ...right, digest: digest.toLowerCase() })).toContain('is superseded');
    expect(await said({ ...right, expiresAt: right.expiresAt + 1 })).toContain('is superseded');
    expect(await said({ ...right, alert: 'alert-2' })).toContain('is superseded');
    expect(await said(right, Date.now() - 120_000)).toMatch(/^it came 12\d s after it was said/);
    expect(stepsOf(place, 'alert-1').map(({ state }) => state)).toEqual(['planned']);
    expect(await said(right)).toBeUndefined();
    expect(await said(right)).toMatch(/ is (?:approved|done)$/);
    expect(place.issuer.calls.length).toBeLessThanOrEqual(1);
  });

  test(
    'where nobody responds, the click is told so, and whoever responds next within a minute does it, once',
    async () => {
      const { place, linkOf, http } = await newLinks();
      const first = place.process('first', 'respond', { http });
      await responds(first);
      await place.alert([1]);
      const link = await linkOf('alert-1');
      expect((await ask(link)).status).toBe(200); // the one that responds serves, too
      await first.kill();
      const front = place.process('front', 'detect', { http });
      await front.line(({ msg }) => msg === 'working', 60_000);
      const { status, text } = await press(link, yes);
      expect([status, text]).toEqual([503, expect.stringContaining('No process that responds has taken it yet')]);
      await responds(place.responder('next'));
      await until(() => stepsOf(place, 'alert-1')[0]?.state === 'verified', 'it is dead');
      expect((await press(link, yes)).status).toBe(409);
      expect(place.issuer.calls).toHaveLength(1);
    },
    TIMEOUT,
  );
});
