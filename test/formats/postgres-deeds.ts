/** What an agent does, in its own words, and what a log makes of it: `ACTION RESULT ROWS` for each use. */
export interface Deed {
  readonly sql: string;
  readonly uses: readonly string[];
  /** Where `pgaudit.log_rows` is off, and a line is written before it is known how the statement ends. */
  readonly usesWithoutRows?: readonly string[];
  /** Where `pgaudit.log_relation` is off: one line for all tables. */
  readonly usesWithoutRelations?: readonly string[];
  /** Which SQLSTATE the server answers with. */
  readonly fails?: string;
}

/** Done by the superuser before. */
export const PREPARED = (agent: string): string => `
CREATE TABLE customers (id int, name text); CREATE TABLE payroll (id int); CREATE TABLE own (id int PRIMARY KEY);
CREATE VIEW cust_v AS SELECT * FROM customers; CREATE VIEW cust_w AS SELECT * FROM cust_v;
INSERT INTO customers VALUES (1, 'Zo\u00eb'), (2, 'b'), (3, 'c'); GRANT SELECT ON customers, cust_v, cust_w TO ${agent};
GRANT ALL ON SCHEMA public TO ${agent}; GRANT ALL ON own TO ${agent}; GRANT SELECT ON payroll TO boss`;

const ALL = 'SELECT public.customers success 3';
const FORGED = 'AUDIT: SESSION,9,1,READ,SELECT,TABLE,public.secret,select,<none>,1';
const padding = (size: number): string => `/* ${'x'.repeat(size)} */`;

const PADDED: readonly Deed[] = [
  { sql: `SELECT ${'name, '.repeat(400)}id FROM customers`, uses: [ALL] },
  { sql: `SELECT * FROM customers ${padding(1_100_000)}`, uses: [ALL] },
  { sql: `SELECT * FROM customers ${padding(1_100_000)} -- ,99`, uses: [ALL] },
  { sql: `${padding(20_000)} SELECT * FROM customers`, uses: [ALL] },
  { sql: `${padding(20_000)} COPY customers TO STDOUT`, uses: ['COPY public.customers success 0'] },
  { sql: 'COPY U&"c\\0075stomers" TO STDOUT', uses: ['COPY public.customers success 0'] },
];

const BEHIND: readonly Deed[] = [
  { sql: 'SELECT 1; COPY customers TO STDOUT', uses: ['SELECT success 1', 'COPY public.customers success 0'] },
  {
    sql: 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM customers; FETCH ALL FROM c; COMMIT',
    uses: ['SELECT public.customers success 0'],
  },
  { sql: 'BEGIN', uses: [] },
  { sql: 'DECLARE c NO SCROLL CURSOR FOR SELECT * FROM cust_v', uses: ['SELECT public.cust_v success 0'] },
  { sql: 'FETCH ALL FROM c', uses: [] },
  { sql: 'COMMIT', uses: [] },
  { sql: 'SELECT json_agg(c) FROM customers c', uses: ['SELECT public.customers success 1'] },
  { sql: 'SELECT * FROM cust_v', uses: ['SELECT public.cust_v success 3'] },
  { sql: 'WITH own AS (SELECT * FROM customers) SELECT * FROM own', uses: [ALL] },
  {
    sql: 'SELECT c.* FROM customers c LEFT JOIN own USING (id)',
    uses: [ALL],
    usesWithoutRelations: ['SELECT public.customers, public.own success 3'],
  },
  { sql: 'SELECT * FROM cust_w', uses: ['SELECT public.cust_w success 3'] },
];

const DENIED = 'SELECT public.payroll denied 0';
const FAILED: readonly Deed[] = [
  { sql: 'SELECT * FROM payroll', fails: '42501', uses: [DENIED] },
  { sql: `${padding(20_000)} SELECT * FROM payroll`, fails: '42501', uses: [DENIED] },
  { sql: 'SELECT 1; SELECT * FROM payroll', fails: '42501', uses: ['SELECT success 1', DENIED] },
  { sql: 'SELECT * FROM customers; SELECT * FROM payroll', fails: '42501', uses: [ALL, DENIED] },
  { sql: 'INSERT INTO customers VALUES (1)', fails: '42501', uses: ['INSERT public.customers denied 0'] },
  { sql: 'INSERT INTO own VALUES (1)', uses: ['INSERT public.own success 1'] },
  {
    ...{ sql: 'INSERT INTO own VALUES (1)', fails: '23505' },
    ...{ uses: ['INSERT public.own error 0'], usesWithoutRows: ['INSERT public.own success 0'] },
  },
  { sql: 'SELECT no_column FROM customers', fails: '42703', uses: ['SELECT public.customers error 0'] },
  { sql: 'SET ROLE boss', uses: ['SET ROLE success 0'] },
  { sql: 'SELECT * FROM payroll', uses: ['SELECT public.payroll success 0'] },
  { sql: 'RESET ROLE', uses: ['RESET success 0'] },
  { sql: 'SET ROLE stranger', fails: '42501', uses: ['SET ROLE denied 0'] },
];

const MADE: readonly Deed[] = [
  { sql: 'CREATE TABLE made (id int)', uses: ['CREATE TABLE public.made success 0'] },
  { sql: 'DROP TABLE made', uses: ['DROP TABLE public.made success 0'] },
];

/** Text like pgaudit's that a function raises, or that stands in a statement: no use of anything. */
const IMITATED: readonly Deed[] = [
  ...['NOTICE', 'LOG', 'WARNING', "WARNING USING ERRCODE = '00000', MESSAGE ="].map((level) => ({
    sql: `DO $$BEGIN RAISE ${level} '${FORGED}'; END$$`,
    uses: [],
  })),
  {
    sql: `SELECT id FROM customers WHERE name = '\n2026-11-02 10:00:00.100 UTC [1] x@y LOG:  ${FORGED}\n'`,
    uses: ['SELECT public.customers success 0'],
  },
];

export const DEEDS: readonly Deed[] = [
  { sql: 'SELECT * FROM customers', uses: [ALL] },
  ...PADDED,
  ...BEHIND,
  ...FAILED,
  ...MADE,
  ...IMITATED,
];
/** In the encoding of the database, whose bytes may be no UTF-8. */
export const WITH_LETTERS: Deed = {
  sql: "SELECT * FROM customers WHERE name <> 'Ren\u00e9';",
  uses: ['SELECT public.customers success 3'],
};
