import type { CredentialUse } from '../event.ts';

/** What not every log has, and some detectors need. */
export const NEEDED = [
  'address',
  'client',
  'bytes',
  'rows',
  'tokens',
  'cost',
  'status',
  'method',
  'path',
  'statement',
  'service',
] as const;
export type Needed = (typeof NEEDED)[number];

/** One of each entry must be there. */
export type Needs = readonly (readonly Needed[])[];

const bit = (needed: Needed): number => 1 << NEEDED.indexOf(needed);

const [ADDRESS, CLIENT, BYTES, ROWS, STATUS] = [
  bit('address'),
  bit('client'),
  bit('bytes'),
  bit('rows'),
  bit('status'),
];
const [TOKENS, COST] = [bit('tokens'), bit('cost')];
const [METHOD, PATH, STATEMENT, SERVICE] = [bit('method'), bit('path'), bit('statement'), bit('service')];

/** What a use has, one bit each: written out, since it is asked of every event. */
const hasOf = ({ sourceIp, client, bytes, rows, spent, status, method, path, statement, service }: CredentialUse) =>
  (sourceIp === undefined ? 0 : ADDRESS) |
  (client === undefined ? 0 : CLIENT) |
  (bytes > 0 ? BYTES : 0) |
  (rows > 0 ? ROWS : 0) |
  (spent !== undefined && spent.inputTokens + spent.outputTokens > 0 ? TOKENS : 0) |
  (spent !== undefined && spent.cost > 0 ? COST : 0) |
  (status === undefined ? 0 : STATUS) |
  (method === undefined ? 0 : METHOD) |
  (path === undefined ? 0 : PATH) |
  (statement === undefined ? 0 : STATEMENT) |
  (service === undefined ? 0 : SERVICE);

/** What the events so far have given. */
export class Given {
  events = 0;
  #given = 0;

  take(use: CredentialUse): void {
    this.events++;
    this.#given |= hasOf(use);
  }

  lacks(needed: Needed): boolean {
    return (this.#given & bit(needed)) === 0;
  }
}
