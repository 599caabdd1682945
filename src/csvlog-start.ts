/** Enough of a line to see that a record begins there: what stands before its first quote is short. */
const HEAD = 1024;
const DIGIT_2 = 50;
const BYTE_ORDER_MARK = 0xef;

const TIME = String.raw`^(?:\ufeff|\u00ef\u00bb\u00bf)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [^\s",]{1,40},`;
const MAYBE = new RegExp(`${TIME}(?:"|,)`);
const CERTAIN = new RegExp(String.raw`${TIME}(?:[^"\n]*,)?"(?:"")*[^",\r\n]`);

const FIELD = String.raw`(?:[^",\n]*|"[^"]*(?:""[^"]*)*"),`;
/** A whole record: from the user to the session's start, two transactions, severity in any language, SQLSTATE; it ends with a number or a quote. */
const WHOLE = new RegExp(
  String.raw`${TIME}${FIELD}${FIELD}\d*,${FIELD}[\da-f]+\.[\da-f]+,\d+,${FIELD}[^",\n]*,[^",\n]*,\d*,[^\s",]+,[\dA-Z]{5},[^]*[",\d]\r?$`,
);

/** Whether a line looks like the first of a record of PostgreSQL's csvlog. A client can write such a line into a statement. */
export const looksLikeCsvlogStart = (line: string): boolean => MAYBE.test(line);

/**
 * Whether a line is the first of a record of PostgreSQL's csvlog, wherever it was found. Within a record, PostgreSQL doubles
 * every quote that a client wrote, and an odd run of quotes can only end a field: one that begins a field proves that the line
 * is no text of a client.
 */
export const isCsvlogStart = (line: string): boolean => CERTAIN.test(line);

/** The same of `bytes[start, end)`. */
export const isCsvlogStartIn = (bytes: Buffer, start: number, end: number): boolean =>
  (bytes[start] === DIGIT_2 || bytes[start] === BYTE_ORDER_MARK) &&
  isCsvlogStart(bytes.toString('latin1', start, Math.min(end, start + HEAD)));

/** Whether the text is a record of csvlog from its time to its end. */
export const isWholeCsvlogRecord = (text: string): boolean => WHOLE.test(text);
