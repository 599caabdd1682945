import { readFileSync } from 'node:fs';
import { customFormat } from '../../src/formats/custom.ts';
import { customFormatSchema } from '../../src/formats/custom-spec.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { type Format, isEvent, type Parsed, type ParserContext } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { readable } from '../../src/pipeline/as-read.ts';
import { framerOf } from '../../src/sources/framer-of.ts';

export const FIXTURES = new URL('../fixtures/', import.meta.url);
export const redactor = createRedactor(Buffer.from('a key for tests, 32 bytes long!!'));

export const sample = (name: string): Buffer => readFileSync(new URL(`logs/${name}`, FIXTURES));
export const sampleLines = (name: string): string[] => sample(name).toString('utf8').split('\n').slice(0, -1);

/** The records of a log, as its format cuts them; what is refused or too long is left out. */
export const recordsOf = (framing: Format['framing'], log: Buffer): Buffer[] => {
  const records: Buffer[] = [];
  const record = (bytes: Buffer, start: number, end: number) => records.push(Buffer.from(bytes.subarray(start, end)));
  const framer = framerOf(framing, { record, unusable() {}, tooLong() {} }, 0, false);
  framer.push(log);
  framer.end();
  return records;
};

/** The format of a recorded log, as a source's is found: by its lines, or by the elements of an array that it is. */
export const formatOf = (name: string, candidates: readonly Format[]): Format | undefined =>
  detectFormat(sampleLines(name), candidates) ??
  detectFormat(
    recordsOf('json', sample(name)).map((record) => record.toString()),
    candidates,
  );

/** Every record of a log, parsed; what framing alone refuses is there as unusable, and of what is too long the beginning is read. */
export const parseAll = (format: Format, log: Buffer, settings: Partial<ParserContext> = {}): Parsed[] => {
  const parser = format.parser({ redactor, ...settings });
  const parsed: Parsed[] = [];
  const framer = framerOf(
    format.framing,
    {
      record(bytes, start, end) {
        const one = (from: number, to: number) => parsed.push(parser.parse(bytes, from, to));
        if (parser.batch?.(bytes, start, end, one) !== true) one(start, end);
      },
      unusable: (reason) => parsed.push({ unusable: reason }),
      tooLong({ head, outline, tail, length }) {
        const text = readable(outline ?? head);
        parsed.push(parser.parse(text, 0, text.length, length, tail));
      },
    },
    0,
    false,
  );
  framer.push(log);
  framer.end();
  return parsed;
};

export const parseOne = (format: Format, record: string): Parsed => {
  const bytes = Buffer.from(record);
  return format.parser({ redactor }).parse(bytes, 0, bytes.length);
};

/** A built-in format by its id. */
export const builtIn = (id: string): Format => {
  const format = formatById(id);
  if (format === undefined) throw new Error(`no format ${id}`);
  return format;
};

/** A record of a built-in format: a text, or an object as JSON. */
export const readAs = (id: string, record: object | string): Parsed =>
  parseOne(builtIn(id), typeof record === 'string' ? record : JSON.stringify(record));

/** What an analyst needs of each event of a recorded log: action, result, proof, who. */
export const told = (id: string, log: string): string[] =>
  parseAll(builtIn(id), sample(log))
    .filter(isEvent)
    .map(({ action, result, proof, identities }) =>
      [action, result, proof.state, ...identities.map(({ value }) => value)].join(' '),
    );

/** Envoy's JSON access log, as a user would write it down. */
export const envoy = customFormat(
  customFormatSchema.parse({
    id: 'envoy',
    dataset: 'envoy.access',
    time: { field: 'start_time', unit: 'iso' },
    action: '{method} {path(path)}',
    result: { field: 'response_code', rejected: [401, 407], denied: [403], error: ['4xx', '5xx'] },
    identities: { credential_id: 'credential' },
    source_ip: 'downstream_remote_address',
    client: 'user_agent',
    bytes: 'bytes_sent',
    status: 'response_code',
    method: 'method',
    path: 'path',
    session: 'session',
  }),
);

export const CADDY_SPEC = {
  id: 'caddy',
  dataset: 'caddy.access',
  when: { msg: 'handled request' },
  time: { field: 'ts', unit: 's' },
  action: '{request.method} {path(request.uri)}',
  result: { field: 'status', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
  identities: { credential_id: 'user_id' },
  source_ip: 'request.remote_ip',
  client: 'request.headers.User-Agent.0',
  bytes: 'size',
  status: 'status',
  method: 'request.method',
  path: 'request.uri',
  session: 'request.headers.X-Agent-Session.0',
};

/** Caddy's JSON access log. */
export const caddy = customFormat(customFormatSchema.parse(CADDY_SPEC));
