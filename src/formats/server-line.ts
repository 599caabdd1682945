import type { Ignored } from './format.ts';

const BRACE = 123;
/**
 * nginx (`2026/11/02 10:00:00 [error] 7#7: …`), Apache (`[Mon Nov 02 10:00:00.123456 2026] [core:error] [pid 7…`) and Vault
 * (`2026-11-02T10:00:00.123Z [INFO]  core: …`).
 */
const OWN_LOG =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]{3,9}\] \d{1,10}#\d{1,10}: |\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4}\] \[\w{0,32}:[a-z\d]{3,9}\] \[pid |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d) \[(?:TRACE|DEBUG|INFO|WARN|ERROR)\] )/;
/** What ends a request in an access log: such a line may be one, behind an address that a client made up. */
const ACCESS = /" \d{3} (?:\d|-)/;

/** Whether a line is the server's own: in a container its own log goes where its access or audit log goes. */
export const isServerLine = (line: string): boolean => OWN_LOG.test(line) && !ACCESS.test(line);

/** The same of a record that should have been JSON. */
export const ownLine = (bytes: Buffer, start: number, end: number): Ignored | undefined =>
  bytes[start] !== BRACE && isServerLine(bytes.toString('utf8', start, end)) ? { ignored: 'server-line' } : undefined;
