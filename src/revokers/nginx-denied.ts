import { CallError } from '../errors.ts';
import { isGatewayId } from './gateway-entry.ts';

/** Ends the lines that Wayward wrote, so that it takes back no others. */
const OURS = '# wayward';

const LINE = /^\s*(?:"([^"]*)"|([^\s"';#]+))\s+"?1"?\s*;\s*(#.*)?$/;

interface Entry {
  readonly id: string;
  readonly isOurs: boolean;
}

/** nginx compares without regard to case: https://nginx.org/en/docs/http/ngx_http_map_module.html#map */
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Whether a file of `"ID" 1;` lines denies an id, whoever wrote the line.
 * @throws CallError for a line that is neither such one nor a comment
 */
export const denies = (text: string, id: string): boolean => entriesOf(text).some((entry) => isSame(entry.id, id));

/** The text with a line for the id, unless there is one. @throws CallError as `denies` does */
export function denying(text: string, id: string): string {
  if (denies(text, id)) return text;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}"${id}" 1; ${OURS}\n`;
}

/** The text without Wayward's line for the id. @throws CallError as `denies` does, and where somebody else denies the id */
export function allowing(text: string, id: string): string {
  const isIt = (entry: Entry | undefined): entry is Entry => entry !== undefined && isSame(entry.id, id);
  if (entriesOf(text).some((entry) => isIt(entry) && !entry.isOurs))
    throw new CallError(`nginx's map has a line for "${id}" that Wayward did not write: remove it by hand`, false);
  return text
    .split('\n')
    .filter((line, index) => !isIt(entryOf(line, index + 1)))
    .join('\n');
}

const entriesOf = (text: string): Entry[] => text.split('\n').flatMap((line, index) => entryOf(line, index + 1) ?? []);

/** The line itself is not shown: it may hold a key. */
function entryOf(line: string, number: number): Entry | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const [, quoted, bare, comment = ''] = LINE.exec(line) ?? [];
  const id = quoted ?? bare;
  if (id === undefined || !isGatewayId(id)) {
    throw new CallError(
      `line ${number} of nginx's map of denied ids is neither a comment nor an id and 1 ("ID" 1;): other directives belong into the map block`,
      false,
    );
  }
  return { id, isOurs: comment.trimEnd() === OURS };
}
