const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [^\s",]{1,40}`;
const PLAIN = String.raw`[^",\n]*`;
/** From the time to the SQLSTATE: twelve columns, none of which the extension quotes. In csvlog the severity stands before the SQLSTATE. */
const SESSION = String.raw`${TIME},${PLAIN},${PLAIN},\d*,${PLAIN},[\da-f]+\.[\da-f]+,\d+,${PLAIN},${PLAIN},${PLAIN},\d*,[\dA-Z]{5},(?![\dA-Z]{5},)`;
const START = new RegExp(`^(?:\ufeff|\u00ef\u00bb\u00bf)?${SESSION}`);
const AUDIT = /^(?:SESSION|OBJECT),\d+,\d+,/;
/** A quote that begins a field: within one, pgaudit doubles every quote of a client. */
const FIELD_QUOTE = /(?:^|,)"(?:"")*[^",\r\n]/;

/** How the first line of a record of pgauditlogtofile's CSV begins, before its version 1.7. */
export interface AuditFileStart {
  /** Where the message begins. */
  readonly at: number;
  /** Whether the message is pgaudit's: of its fields those with commas, quotes or line ends are quoted. */
  readonly isAudit: boolean;
  /** Whether no text of a client can look so, wherever the line was found. */
  readonly isCertain: boolean;
}

export const auditFileStart = (line: string): AuditFileStart | undefined => {
  const at = START.exec(line)?.[0].length;
  if (at === undefined) return undefined;
  const message = line.slice(at);
  const isAudit = AUDIT.test(message);
  return { at, isAudit, isCertain: isAudit && FIELD_QUOTE.test(message) };
};
