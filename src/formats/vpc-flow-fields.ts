import { described } from './built-in/described.ts';
import type { Format, Parsed } from './format.ts';

const [WELL_KNOWN, HIGH] = ['0-1023', '1024-65535'];
const ABOUT = {
  switchOn: 'a flow log with a format of its own, to S3: the first line of each file names its fields',
  cannotTell:
    'names of hosts; whose process on a host it was; without `flow-direction`, which end began above port 1023',
  evidence: 'documented: Amazon VPC, flow log records, versions 3 to 7',
};
const PROOF = 'AWS writes whose interface or instance it was';

const rows = described(
  {
    id: 'vpc-flow-fields',
    title: 'Amazon VPC flow logs with fields of their own',
    dataset: 'aws.vpcflow',
    ignore: [{ when: { 'log-status': ['NODATA', 'SKIPDATA'] }, reason: 'no-data' }],
    time: { field: ['end', 'start'], unit: 's' },
    cases: [
      { when: { 'flow-direction': 'ingress', dstport: WELL_KNOWN }, action: "{'accept on port'} {dstport}" },
      // From a service to whoever asked it, whose ports are of no account.
      { when: { srcport: WELL_KNOWN, dstport: HIGH }, action: "{'answer from port'} {srcport}" },
      { when: { 'flow-direction': 'ingress' }, action: "{'traffic from'} {srcaddr}" },
      { action: ["{'connect'} {dstaddr}:{dstport}", "{'connect'} {dstaddr}"] },
    ],
    result: [{ field: 'action', denied: ['REJECT'], success: ['ACCEPT'] }],
    identities: { credential_id: ['interface-id', 'instance-id'] },
    proof: 'verified',
    source_ip: 'srcaddr',
    bytes: 'bytes',
    service: ['vpc-id', 'account-id'],
  },
  { proof: PROOF, about: ABOUT, knownBy: { srcaddr: { exists: true } } },
);

const DEFAULT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
/** More than AWS has. */
const MAX_NAMES = 64;
const NAME = /^[a-z][a-z0-9-]{0,40}$/;

/** The names of the fields, where the line is such a header. */
const namesIn = (line: string): readonly string[] | undefined => {
  const names = line.trim().split(' ');
  const isHeader = names.length <= MAX_NAMES && names.every((name) => NAME.test(name));
  return isHeader && names.includes('srcaddr') && names.includes('dstaddr') ? names : undefined;
};

/** Amazon VPC flow logs in a format that was chosen: a header names what stands in each line. */
export const vpcFlowFields: Format = {
  ...rows,
  framing: 'line',
  detect: (lines) => {
    const first = lines.find((line) => line.trim() !== '')?.trim() ?? '';
    return first !== DEFAULT && namesIn(first) !== undefined ? 1 : 0;
  },
  parser: (context) => {
    const parser = rows.parser(context);
    let names: readonly string[] | undefined;
    const read = (bytes: Buffer, start: number, end: number, as: (record: Buffer) => Parsed): Parsed => {
      const line = bytes.toString('utf8', start, end);
      const header = namesIn(line);
      names = header ?? names;
      if (header !== undefined) return { ignored: 'server-line' };
      if (names === undefined) return { unusable: 'missing-field', detail: 'No line before it names the fields.' };
      const values = line.trim().split(' ');
      if (values.length !== names.length)
        return { unusable: 'missing-field', detail: 'The line has another number of fields than the header names.' };
      return as(Buffer.from(JSON.stringify(Object.fromEntries(names.map((name, at) => [name, values[at]])))));
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
      save: () => names,
      load(saved) {
        names = saved as readonly string[];
      },
    };
  },
};
