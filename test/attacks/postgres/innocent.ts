import type pg from 'pg';
import { whileFull } from './packets.ts';
import type { PostgresAttack } from './place.ts';

/** Point 7: nobody attacks; an agent with declared scopes makes one mistake. */

const mistake = (attack: string, code: string, work: (own: pg.Client) => Promise<unknown>): PostgresAttack => ({
  ...{ attack, point: 7, attacker: 'no attacker' },
  async run(place, role) {
    await place.as(role, async (own) => {
      await own.query('SELECT id FROM invoices');
      await fails(code, () => work(own));
    });
    return 1;
  },
});

async function fails(code: string, work: () => Promise<unknown>): Promise<void> {
  const found = await work().then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );
  if (found !== code) throw new Error(`the server answered with ${found} instead of ${code}`);
}

export const INNOCENT: readonly PostgresAttack[] = [
  mistake('a typo in the name of a table', '42P01', (own) => own.query('SELECT id FROM invoicse')),
  mistake('a column that is not there', '42703', (own) => own.query('SELECT totla FROM invoices')),
  mistake('a division by zero', '22012', (own) => own.query('SELECT total / 0 FROM invoices')),
  mistake('a syntax error', '42601', (own) => own.query('SELEC id FROM invoices')),
  mistake('a statement that takes too long', '57014', async (own) => {
    await own.query("SET statement_timeout = '50ms'");
    await own.query('SELECT pg_sleep(5) FROM invoices');
  }),
  {
    ...{ attack: 'a login while all connections are taken', point: 7, attacker: 'no attacker' },
    async run(place, role) {
      const logIn = () => place.as(role, async () => '').catch(({ code }: { code?: string }) => code ?? '');
      await whileFull(place, { user: 'super', database: 'appdb' }, 1, logIn);
      return 1;
    },
  },
];
