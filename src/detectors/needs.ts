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

const HAS: Readonly<Record<Needed, (use: CredentialUse) => boolean>> = {
  address: ({ sourceIp }) => sourceIp !== undefined,
  client: ({ client }) => client !== undefined,
  bytes: ({ bytes }) => bytes > 0,
  rows: ({ rows }) => rows > 0,
  tokens: ({ spent }) => spent !== undefined && spent.inputTokens + spent.outputTokens > 0,
  cost: ({ spent }) => spent !== undefined && spent.cost > 0,
  status: ({ status }) => status !== undefined,
  method: ({ method }) => method !== undefined,
  path: ({ path }) => path !== undefined,
  statement: ({ statement }) => statement !== undefined,
  service: ({ service }) => service !== undefined,
};

/** What the events so far have given. Each is looked for until it was there once: then it costs nothing more. */
export class Given {
  events = 0;
  #missing: readonly Needed[] = NEEDED;

  take(use: CredentialUse): void {
    this.events++;
    for (const one of this.#missing) if (HAS[one](use)) this.#missing = this.#missing.filter((other) => other !== one);
  }

  lacks(needed: Needed): boolean {
    return this.#missing.includes(needed);
  }
}
