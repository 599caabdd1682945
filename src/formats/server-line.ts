/** nginx (`2026/11/02 10:00:00 [error] 7#7: …`) and Apache (`[Mon Nov 02 10:00:00.123456 2026] [core:error] [pid 7…`). */
const ERROR_LOG =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]{3,9}\] \d{1,10}#\d{1,10}: |\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4}\] \[\w{0,32}:[a-z\d]{3,9}\] \[pid )/;
/** What ends a request in an access log: such a line may be one, behind an address that a client made up. */
const ACCESS = /" \d{3} (?:\d|-)/;

/** Whether a line is the web server's own: in a container its error log goes where its access log goes. */
export const isServerLine = (line: string): boolean => ERROR_LOG.test(line) && !ACCESS.test(line);
