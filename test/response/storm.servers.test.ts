import { beforeAll, expect, test } from 'vitest';
import { breakerText } from '../../src/response/breaker-page.ts';
import { resume } from '../../src/response/control.ts';
import { respondTo } from '../../src/response/responder.ts';
import { deliver } from '../../src/webhook.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startReceiver } from '../servers/receiver.ts';
import { describeWith } from '../servers/require-server.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';

const CREDENTIALS = 2_000;
const ALERTS = 5_000;
const LIMIT = 5;
const PER_MINUTE = 60;
const TIMEOUT = 180_000;
const ROLE = `storm_${process.pid.toString(36)}`;

const isProtected = (index: number): boolean => index % 7 === 0;

describeWith(
  'a storm on a real PostgreSQL: 5,000 grave alerts for 2,000 roles within a minute',
  startPostgres,
  (server) => {
    beforeAll(async () => {
      const create = `EXECUTE format('CREATE ROLE ${ROLE}_%s LOGIN', n)`;
      await server().query(`DO $$ BEGIN FOR n IN 0..${CREDENTIALS - 1} LOOP ${create}; END LOOP; END $$`);
    }, TIMEOUT);

    const lockedRoles = async (): Promise<string[]> => {
      const { rows } = await server().query(
        `SELECT rolname FROM pg_roles WHERE rolname LIKE '${ROLE}\\_%' AND NOT rolcanlogin`,
      );
      return rows.map(({ rolname }) => rolname);
    };

    test(
      'the limit holds, nothing protected is touched, and one page comes first and says how to go on',
      async () => {
        const receiver = await startReceiver();
        const credentials = Array.from({ length: CREDENTIALS }, (_, index) =>
          credentialOf({
            id: `cred-${index}`,
            agent: `agent-${index}`,
            peerGroup: `group-${index}`,
            protected: isProtected(index),
            revoke: { with: 'postgres', role: `${ROLE}_${index}` },
          }),
        );
        const webhook = { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY', per_minute: PER_MINUTE };
        const response = responseOf({ mode: 'auto', limits: { credentials: LIMIT }, webhook }, credentials, {
          postgres: { url: await secretOf(server().url) },
        });
        let posts = 0;
        const worker = response.worker({
          deliver: (event) => {
            posts++;
            return deliver({ url: receiver.url, secret: 'key' }, event);
          },
        });

        // As the pipeline hands them over: some at a time, in one transaction, while the worker works.
        for (let first = 0; first < ALERTS; first += 100) {
          response.at(NOW + (first / ALERTS) * 59_000);
          response.store.transaction(() => {
            for (let number = first; number < first + 100; number++) {
              const openedAt = response.now();
              const id = `storm-${number}`;
              respondTo(alertOf({ id, openedAt, credentials: [`cred-${number % CREDENTIALS}`] }), response);
            }
          });
          worker.wake();
          await new Promise((resolve) => setImmediate(resolve));
        }
        await worker.drain();

        const locked = await lockedRoles();
        expect(locked).toHaveLength(LIMIT - 1); // the last place is kept for critical alerts
        expect(locked.filter((role) => isProtected(Number(role.split('_').at(-1))))).toEqual([]);

        const events = receiver.received.map(({ body }) => JSON.parse(body));
        const pages = events.filter(({ type }) => type === 'wayward.breaker');
        expect(pages).toHaveLength(1);
        expect(events.length).toBeLessThanOrEqual(PER_MINUTE + 1);
        expect(events.findIndex(({ type }) => type === 'wayward.breaker')).toBeLessThan(20); // 8 were under way
        expect(pages[0].data).toMatchObject({
          because: expect.stringContaining(
            '4 credentials were revoked automatically within 60 minutes, which is the limit',
          ),
          waiting: { alerts: expect.any(Number), credentials: expect.any(Number) },
          text: expect.stringContaining('wayward halt --off closes the breaker'),
        });

        const touchable = credentials.filter((_, index) => !isProtected(index)).length;
        expect(breakerText(response)).toMatch(
          new RegExp(`Waiting for approval: \\d+ alerts, ${touchable} credentials`),
        );
        expect(response.audit.verify().problems).toEqual([]);

        // Nothing of it is lost: the rest is told later, at the same pace. One that is not answered in time counts, too.
        const before = posts;
        response.at(NOW + 120_000);
        await worker.drain();
        expect(posts - before).toBe(PER_MINUTE);
        expect(receiver.received.length).toBeGreaterThan(events.length);

        // Nobody approves: it expires, and nothing was done about it.
        response.at(NOW + 20 * 60_000);
        for (let round = 0; round < 40; round++) worker.wake();
        await worker.drain();
        expect(response.outbox.waiting()).toEqual([]);
        expect(await lockedRoles()).toHaveLength(LIMIT - 1);
        resume('ann', response);
        expect(breakerText(response)).toBeUndefined();
        await receiver.stop();
      },
      TIMEOUT,
    );
  },
);
