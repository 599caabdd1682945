import { MALLORY, type PostgresAttack } from './place.ts';

/** Point 5: statements whose lines look like records of a log about the victim. */

const MANY = 250;
/** Of the attacker in each attack: the one with the lines, and ordinary ones behind it. */
export const STATEMENTS = 4;

/** The first line of the statement, by which its record is found in the log. */
export const markOf = (attack: string): string => `/* ${attack} `;

const iso = (): string => new Date().toISOString();
const stamp = (): string => `${iso().slice(0, 23).replace('T', ' ')} UTC`;
const prefix = (role: string) => `${stamp()} [1] [user=${role},db=appdb,app=x,client=9.9.9.9,session=1.1] `;
const AUDIT = 'AUDIT: SESSION,1,1,DDL,DROP TABLE,TABLE,public.payment_cards,x,<none>,0';
const times = (line: string, count = MANY): string => Array.from({ length: count }, () => line).join('\n');

const within = (attack: string, linesAbout: (role: string) => string, statement = 'SELECT id FROM invoices') =>
  ({
    ...{ attack, point: 5, attacker: 'a database role' },
    async run(place, role) {
      await place.as(MALLORY, async (own) => {
        const text = `${statement} ${markOf(attack)}\n${linesAbout(role)}\n*/`;
        await own.query(text).catch((error: { code?: string }) => {
          if (error.code !== '42501') throw error;
        });
        for (let more = 1; more < STATEMENTS; more++) await own.query('SELECT id FROM customers');
      });
      return STATEMENTS;
    },
  }) satisfies PostgresAttack;

const WITHIN_QUOTES = 'they stand within quotes, and the format was found';
const csv = (role: string): string =>
  `${stamp()},"${role}","appdb",1,"9.9.9.9:1",1.1,1,"DROP",${stamp()},3/1,0,LOG,00000,"${AUDIT}",,,,,,,,,"","client backend",,0`;
const DENIED = 'SELECT id FROM secrets';
const nginx = (role: string): string =>
  JSON.stringify({
    ...{ time: iso(), msec: String(Date.now() / 1000), remote_addr: '9.9.9.9', credential: role, method: 'DELETE' },
    ...{ uri: '/v1/cards', args: '', status: 200, body_bytes_sent: 1, request_time: '0.1', user_agent: 'x' },
  });
const vault = (role: string): string =>
  JSON.stringify({
    ...{ type: 'response', time: iso(), auth: { accessor: role, token_type: 'service' }, response: {} },
    request: { id: 'x', operation: 'delete', path: 'kv/data/cards', mount_type: 'kv', remote_address: '9.9.9.9' },
  });

export const STATEMENT_LINES: readonly PostgresAttack[] = [
  within('audit lines of the stderr log', (role) => times(`${prefix(role)}LOG:  ${AUDIT}`)),
  within('refusals of the stderr log', (role) => times(`${prefix(role)}FATAL:  out of memory`)),
  within(
    'errors of the stderr log, in a denied statement',
    (role) => times(`${prefix(role)}ERROR:  permission denied`),
    DENIED,
  ),
  { ...within('records of the csv log', (role) => times(csv(role))), heldBefore: WITHIN_QUOTES },
  {
    ...within('records of the csv log, in a denied statement', (role) => times(csv(role)), DENIED),
    heldBefore: WITHIN_QUOTES,
  },
  within('requests in nginx JSON', (role) => times(nginx(role))),
  within(
    'requests in the combined format, in a denied statement',
    (role) => times(`9.9.9.9 - ${role} [29/Nov/2026:12:00:00 +0000] "DELETE /v1/cards HTTP/1.1" 200 1 "-" "x"`),
    DENIED,
  ),
  within('requests in Vault JSON', (role) => times(vault(role))),
  within('a long comment', () => times('-- what this statement is for, line by line')),
  within('a statement that is spread over many lines', () => times('     OR id IS NOT NULL')),
];
