import { described } from './described.ts';

const NAMES = [
  ...['version', 'account', 'interface', 'source', 'destination', 'source_port', 'destination_port', 'protocol'],
  ...['packets', 'bytes', 'start_at', 'end_at', 'decision', 'status'],
];
/** The nth of a line's parts. */
const nth = (at: number) => ({ field: 'line', extract: `${'* '.repeat(at)}{}${at < NAMES.length - 1 ? ' *' : ''}` });
const [WELL_KNOWN, HIGH] = ['0-1023', '1024-65535'];

/**
 * Amazon VPC flow logs, version 2 as text: where the traffic of a network interface went. It belongs to whoever owns the interface: register its id,
 * `eni-…`, as `credential_id`.
 */
export const vpcFlowLogs = described(
  {
    id: 'vpc-flow-logs',
    title: 'Amazon VPC flow logs, version 2',
    dataset: 'aws.vpcflow',
    input: 'text',
    fields: Object.fromEntries(NAMES.map((name, at) => [name, nth(at)])),
    ignore: [
      { when: { interface: { not: 'eni-*' } }, reason: 'server-line' },
      { when: { status: ['NODATA', 'SKIPDATA'] }, reason: 'no-data' },
    ],
    time: { field: 'end_at', unit: 's' },
    cases: [
      // From a service to whoever asked it, whose ports are of no account.
      { when: { source_port: WELL_KNOWN, destination_port: HIGH }, action: "{'answer from port'} {source_port}" },
      { action: "{'connect'} {destination}:{destination_port}" },
    ],
    result: [{ field: 'decision', denied: ['REJECT'], success: ['ACCEPT'] }],
    identities: { credential_id: 'interface' },
    proof: 'verified',
    source_ip: 'source',
    bytes: 'bytes',
    service: 'account',
  },
  {
    proof: 'AWS writes whose interface it was',
    about: {
      switchOn: 'a flow log of the VPC, subnet or interface, with the default format, to S3 or CloudWatch Logs',
      cannotTell: 'names of hosts; whose process on a host it was; which end began, above port 1023',
      evidence: 'documented: Amazon VPC, flow log records, version 2',
    },
    knownBy: { line: { pattern: '2 * eni-* * * * * * * * * * * *' } },
  },
);
