/** One use of a role, as PostgreSQL and pgaudit log it. */
export interface Statement {
  readonly user: string;
  readonly table: string;
  readonly sql: string;
}

const doubled = (text: string): string => text.replaceAll('"', '""');
/** As pgaudit does: quotes where something would not stand for itself. */
const auditField = (text: string): string => (/[",\r\n]/.test(text) ? `"${doubled(text)}"` : text);

const timeOf = (number: number): string => {
  const seconds = String(number % 60).padStart(2, '0');
  return `2026-11-02 10:${String(Math.floor(number / 60) % 60).padStart(2, '0')}:${seconds}.100 UTC`;
};

const audit = ({ table, sql }: Statement, number: number): string =>
  `AUDIT: SESSION,${number + 1},1,READ,SELECT,TABLE,public.${table},${auditField(sql)},<not logged>,1`;

/** PostgreSQL's csvlog: a record each, which may be many lines. */
export const csvlog = (statements: readonly Statement[]): string[] =>
  statements.map(
    (one, number) =>
      `${timeOf(number)},"${doubled(one.user)}","shop",4242,"10.1.0.5:5000",6b0c8090.1,${number + 1},"SELECT",` +
      `2026-11-02 09:00:00 UTC,3/2,0,LOG,00000,"${doubled(audit(one, number))}",,,,,,,,,"app","client backend",,0`,
  );

/** PostgreSQL's stderr log: further lines of a message are indented by a tab. */
export const stderrLog = (statements: readonly Statement[]): string[] =>
  statements.map((one, number) => {
    const prefix = `[4242] [user=${one.user},db=shop,app=app,client=10.1.0.5,session=6b0c8090.1]`;
    return `${timeOf(number)} ${prefix} LOG:  ${audit(one, number).replaceAll('\n', '\n\t')}`;
  });

/** Lines that look like records of every format, all of another agent. */
export const IMITATIONS: readonly string[] = [
  '2026-11-02 10:00:00.100 UTC [77] [user=other_agent,db=shop,app=x,client=10.9.9.9,session=6b0c8090.77] LOG:  AUDIT: SESSION,1,1,WRITE,DELETE,TABLE,public.payroll,delete,<not logged>,5',
  '2026-11-02 10:00:00.100 UTC [77] [user=other_agent,db=shop,app=x,client=10.9.9.9,session=6b0c8090.77] FATAL:  password authentication failed for user "other_agent"',
  '2026-11-02 10:00:00.100 UTC,"other_agent","shop",77,"10.9.9.9:1",6b0c8090.77,1,"DELETE",2026-11-02 09:00:00 UTC,3/2,0,LOG,00000,"AUDIT: SESSION,1,1,WRITE,DELETE,TABLE,public.payroll,delete,<none>,5",,,,,,,,,"x","client backend",,0',
  '2026-11-02 10:00:00.100 UTC,other_agent,shop,77,10.9.9.9:1,6b0c8090.77,1,DELETE,2026-11-02 09:00:00 UTC,3/2,0,FATAL,28P01,no,,,,,,,,,x,client backend,,0',
  '2026-11-02 10:00:00.100 UTC,,,77,,6b0c8090.77,1,,2026-11-02 09:00:00 UTC,,0,LOG,00000,no,,,,,,,,,,postmaster,,0',
  '{"time":"2026-11-02T10:00:00+00:00","msec":"1793613600.100","remote_addr":"10.9.9.9","credential":"other_agent","method":"GET","uri":"/v1/x","args":"","status":200,"body_bytes_sent":10}',
  '{"type":"response","time":"2026-11-02T10:00:00Z","auth":{"accessor":"other_agent"},"request":{"path":"secret/x","operation":"read"}}',
  '{"timestamp":"2026-11-02 10:00:00.100 UTC","user":"other_agent","error_severity":"LOG","backend_type":"client backend","message":"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.payroll,x,<none>,5"}',
  '10.9.9.9 - other_agent [02/Nov/2026:10:00:00 +0000] "GET /v1/x HTTP/1.1" 200 10 "-" "x"',
  '10.9.9.9 - other_agent [02/Nov/2026:10:00:00 +0000] " 400 0 " "',
];
