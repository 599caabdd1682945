import { expect, test } from 'vitest';
import { haltOf } from '../../../src/response/context.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import { closingsAfter } from '../../../src/sinks/store-alerts.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { newPlace, type Place, responds, until } from './responders.ts';

const TIMEOUT = 180_000;

const states = ({ replica }: Place, cause: string) =>
  new Outbox(replica.store).ofCause(cause).map(({ state }) => state);
const linesOf = (text: string) => text.trimEnd().split('\n');

describeWith('commands around response on Kafka', startKafka, (server) => {
  test(
    'a person reads, halts, approves, revokes and closes on another machine than the responder',
    async () => {
      const place = await newPlace(server().broker, {});
      await responds(place.responder('responder'));
      const cli = (...args: string[]) => place.command('cli', ...args);

      const began = Date.now();
      expect(await cli('halt', '--as', 'ann')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('Automatic response is halted.'),
      });
      await until(() => haltOf(place.replica.store)?.by === 'ann', 'halted');
      expect(Number(haltOf(place.replica.store)?.at) - began).toBeLessThan(10_000);
      await place.alert([1, 2]);
      await until(() => states(place, 'alert-2')[0] === 'planned', 'they wait');

      const list = await cli('alerts', 'list', '--status', 'open');
      expect(linesOf(list.stdout).map((line) => JSON.parse(line).event.id)).toEqual(['alert-1', 'alert-2']);
      expect(linesOf((await cli('approve')).stdout)).toHaveLength(2);

      const approved = await cli('approve', 'alert-1', '--as', 'ann');
      expect(approved).toMatchObject({ code: 0, stderr: expect.stringContaining('cred-1: verified') });
      expect(JSON.parse(approved.stdout)).toMatchObject({ credential: 'cred-1', state: 'verified', by: 'ann' });
      expect(await cli('approve', 'alert-1')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('nothing waits for approval because of alert-1 (its steps are verified)'),
      });

      const closed = await cli('alerts', 'close', 'alert-2', '--as', 'benign', '--because', 'a drill', '--by', 'bob');
      expect(closed.code).toBe(0);
      expect(closingsAfter(place.replica.store, 0)).toMatchObject([
        { alert: 'alert-2', because: 'a drill', by: 'bob' },
      ]);
      expect(states(place, 'alert-2')).toEqual(['expired']);
      const shown = JSON.parse((await cli('alerts', 'show', 'alert-2')).stdout);
      expect(shown).toMatchObject({ closing: { verdict: 'benign' }, response: { steps: [{ state: 'expired' }] } });

      const revoked = await cli('revoke', '--agent', 'agent-5', '--execute', '--as', 'ann');
      expect(revoked).toMatchObject({ code: 0, stderr: expect.stringContaining('cred-5: verified') });
      const again = await cli('revoke', '--agent', 'agent-5', '--execute');
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('cred-5: is dead already') });
      const restored = await cli('restore', '--credential', 'cred-5', '--execute');
      expect(restored).toMatchObject({ code: 2, stderr: expect.stringContaining('cred-5: NOT restored') });

      expect((await cli('halt', '--off')).stderr).toContain('Automatic response goes on (it was halted by ann).');
      await place.alert([3]);
      await until(() => states(place, 'alert-3')[0] === 'verified', 'automatic again');
      for (const machine of ['cli', 'responder', 'third'])
        expect(await place.command(machine, 'audit', 'verify')).toMatchObject({ code: 0 });
      expect(place.issuer.calls.map(({ credential }) => credential)).toEqual(['cred-1', 'cred-5', 'cred-3']);
    },
    TIMEOUT,
  );

  test(
    'without a responder: a halt waits for the next one, a revocation is done from where it is said',
    async () => {
      const place = await newPlace(server().broker, {});
      const [halt, revoke, close] = await Promise.all([
        place.command('a', 'halt'),
        place.command('b', 'revoke', '--credential', 'cred-7', '--execute', '--as', 'ann'),
        place.command('c', 'alerts', 'close', 'alert-1', '--as', 'true', '--because', 'x'),
      ]);
      expect(halt.code).toBe(3);
      expect(halt.stderr).toMatch(/no responder took it within 15 s; .* The next one that starts will obey it\./);
      expect(revoke).toMatchObject({ code: 0, stderr: expect.stringContaining('doing it from here') });
      expect(JSON.parse(revoke.stdout)).toMatchObject({ credential: 'cred-7', state: 'verified', by: 'ann' });
      expect(close).toMatchObject({ code: 2, stderr: expect.stringContaining('no alert begins with "alert-1"') });

      await responds(place.responder('late'));
      await until(() => haltOf(place.replica.store) !== undefined, 'the halt is obeyed');
      await place.alert([1]);
      await until(() => states(place, 'alert-1')[0] === 'planned', 'it waits');
      expect(place.issuer.calls.map(({ credential }) => credential)).toEqual(['cred-7']);
      expect(await place.command('b', 'audit', 'verify')).toMatchObject({ code: 0 });
    },
    TIMEOUT,
  );
});
