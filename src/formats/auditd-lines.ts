import { auditd } from './built-in/auditd.ts';
import { type Format, isEvent, type Parsed, type ParserContext } from './format.ts';
import { fractionOf } from './json.ts';

const LINE = /^(?:node=(\S{1,255}) )?type=([A-Z][A-Z0-9_]{1,31}) msg=audit\((\d{1,12}\.\d{3}:\d{1,20})\): ?(.*)$/s;
/** Between a line's own fields and those that auditd adds: a group separator. */
const ENRICHED = String.fromCharCode(29);
const FIELD = /(?:^| )([A-Za-z][\w-]{0,31})=(?:"([^"]*)"|([^ "]*))/g;
const HEX = /^(?:[0-9A-F]{2})+$/;
/** What the kernel writes in hexadecimal where it holds a space, a quote, or bytes that are no ASCII. */
const MAY_BE_HEX = new Set(['name', 'cwd', 'exe', 'comm', 'key']);

/** Calls whose other lines are still to come: several processors write at a time. */
const MOST_OPEN = 64;
const MOST_PATHS = 16;
const MAX_LINE = 65_536;

type Fields = Readonly<Record<string, string>>;
interface Call {
  readonly node: string | undefined;
  readonly call: Fields;
  cwd: string;
  readonly paths: Fields[];
}
type Saved = readonly (readonly [id: string, call: Call])[];

const fieldsOf = (text: string): Fields => {
  const fields: Record<string, string> = {};
  for (const [, name = '', quoted, plain = ''] of text.slice(0, MAX_LINE).replaceAll(ENRICHED, ' ').matchAll(FIELD)) {
    const isHex = quoted === undefined && MAY_BE_HEX.has(name) && HEX.test(plain);
    // The kernel's own stand first: nothing behind them replaces one.
    fields[name] ??= quoted ?? (isHex ? (Buffer.from(plain, 'hex').toString().split('\0')[0] ?? '') : plain);
  }
  return fields;
};

const placeOf = (name: string, cwd: string): string =>
  name.startsWith('/') || cwd === '' ? name : `${cwd.replace(/\/$/, '')}/${name}`;

/** As LAUREL would write the call. */
const eventOf = (id: string, { node, call, cwd, paths }: Call): object => ({
  ID: id,
  NODE: node,
  SYSCALL: { ...call },
  PATH: paths
    .toSorted((a, b) => Number(a['item']) - Number(b['item']))
    .map(({ name = '', ...path }) => ({ ...path, name: placeOf(name, cwd) })),
});

/** Lines of one call come one after the other, PROCTITLE last; what they say together is one use. */
class Calls {
  #open = new Map<string, Call>();

  /** The call that has ended with this line; a reason where it has not. */
  take(line: string): { readonly id: string; readonly call: Call } | Parsed {
    const [, node, type = '', id = '', rest = ''] = LINE.exec(line) ?? [];
    if (id === '') return { unusable: 'invalid-audit', detail: 'The line does not begin as those of auditd do.' };
    const key = `${node ?? ''} ${id}`;
    if (type === 'SYSCALL') {
      this.#open.set(key, { node, call: fieldsOf(rest), cwd: '', paths: [] });
      const oldest = this.#open.size > MOST_OPEN ? this.#open.keys().next().value : undefined;
      if (oldest !== undefined) this.#open.delete(oldest);
      return { ignored: 'part-of-a-call' };
    }
    const call = this.#open.get(key);
    if (call === undefined) return { ignored: 'server-line' };
    if (type === 'CWD') call.cwd = fieldsOf(rest)['cwd'] ?? '';
    else if (type === 'PATH' && call.paths.length < MOST_PATHS) call.paths.push(fieldsOf(rest));
    if (type !== 'PROCTITLE' && type !== 'EOE') return { ignored: 'part-of-a-call' };
    this.#open.delete(key);
    return { id, call };
  }

  save(): Saved | undefined {
    return this.#open.size === 0 ? undefined : [...this.#open];
  }

  load(saved: Saved): void {
    this.#open = new Map(saved);
  }
}

const parserOf = (context: ParserContext): ReturnType<Format['parser']> => {
  const parser = auditd.parser(context);
  const calls = new Calls();
  const asOurs = (parsed: Parsed): Parsed => (isEvent(parsed) ? { ...parsed, format: 'auditd-lines' } : parsed);
  const read = (bytes: Buffer, start: number, end: number, as: (record: Buffer) => Parsed): Parsed => {
    const taken = calls.take(bytes.toString('utf8', start, end));
    if (!('call' in taken)) return taken;
    return asOurs(as(Buffer.from(JSON.stringify(eventOf(taken.id, taken.call)))));
  };
  return {
    parse: (bytes, start, end) => read(bytes, start, end, (record) => parser.parse(record, 0, record.length)),
    explain: (bytes, start, end, note) =>
      read(
        bytes,
        start,
        end,
        (record) => parser.explain?.(record, 0, record.length, note) ?? parser.parse(record, 0, record.length),
      ),
    save: () => calls.save(),
    load: (saved) => calls.load(saved as Saved),
  };
};

/** Linux's audit log as auditd itself writes it, several lines a call. */
export const auditdLines: Format = {
  ...auditd,
  id: 'auditd-lines',
  title: 'Linux auditd, its own log',
  framing: 'line',
  about: {
    switchOn:
      'auditd with `log_format = ENRICHED`, and rules such as `-a always,exit -F arch=b64 -S openat,unlinkat,renameat2,execve -F uid=agent`',
    cannotTell:
      'bytes; what is read of a file that is open already; further files of a call than the second; calls without a PROCTITLE line',
    evidence: "documented: the kernel's audit records and auditd's manual, 2026",
  },
  detect: (lines) => fractionOf(lines, (line) => LINE.test(line)),
  parser: parserOf,
};
