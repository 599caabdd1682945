import { csvFields } from './csv.ts';

/** Where pgaudit's fields begin: `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.orders,…`. */
const AUDIT = /(?:^|\s)AUDIT: (?=(?:SESSION|OBJECT),\d)/;
const COMMAND = 4;
const OBJECT = 6;

/** `SELECT public.orders` of an audit line; undefined where the text holds none. */
export const pgauditAction = (text: string): string | undefined => {
  const found = AUDIT.exec(text);
  if (found === null) return undefined;
  const fields = csvFields(text, found.index + found[0].length, OBJECT + 1);
  const command = fields[COMMAND] ?? '';
  const object = fields[OBJECT] ?? '';
  if (!/^[A-Z][A-Z ]{1,48}$/.test(command)) return undefined;
  return object === '' ? command : `${command} ${object}`;
};
