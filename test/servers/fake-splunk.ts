import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SplunkEvent {
  readonly time: number;
  readonly source: string;
  readonly sourcetype: string;
  readonly index?: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface FakeSplunk {
  readonly url: string;
  readonly token: string;
  /** Events that it has taken, each time that it took them. */
  readonly events: SplunkEvent[];
  /** From now on. */
  readonly is: {
    busy: boolean;
    /** The token has indexer acknowledgement; what it takes is stored once it was asked for so often. */
    acknowledgesAfter: number | undefined;
    mostBytes: number;
    tokenIsDisabled: boolean;
  };
  stop(): Promise<void>;
}

/** Status, code and text as Splunk documents them under "Possible error codes" of the HTTP Event Collector, 9.4. */
const ANSWERS = {
  success: [200, 0, 'Success'],
  disabled: [403, 1, 'Token disabled'],
  tokenRequired: [401, 2, 'Token is required'],
  unauthorized: [401, 3, 'Invalid authorization'],
  invalidToken: [403, 4, 'Invalid token'],
  noData: [400, 5, 'No data'],
  invalidFormat: [400, 6, 'Invalid data format'],
  wrongIndex: [400, 7, 'Incorrect index'],
  busy: [503, 9, 'Server is busy'],
  noChannel: [400, 10, 'Data channel is missing'],
  noEvent: [400, 12, 'Event field is required'],
  blankEvent: [400, 13, 'Event field cannot be blank'],
  noAcks: [400, 14, 'ACK is disabled'],
} as const;

/**
 * Stands in for Splunk's HTTP Event Collector, which cannot be had here: it takes events of the documented form and refuses what that
 * refuses, with its codes. One token, and the indexes `main` and `agents`.
 */
export async function startFakeSplunk(): Promise<FakeSplunk> {
  const token = '6f4c1a52-8f3e-4d43-9a67-3f2d1c0b9e77';
  const events: SplunkEvent[] = [];
  const is: FakeSplunk['is'] = {
    busy: false,
    acknowledgesAfter: undefined,
    mostBytes: 1_000_000,
    tokenIsDisabled: false,
  };
  const asked = new Map<number, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const send = (status: number, content: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    const say = (answer: keyof typeof ANSWERS, more: object = {}): void => {
      const [status, code, text] = ANSWERS[answer];
      send(status, { text, code, ...more });
    };
    if (request.method !== 'POST' || !PATHS.has(request.url ?? '')) return send(404, { text: 'Not found', code: 404 });
    const refused = whoAsks(request, token);
    if (refused !== undefined) return say(refused);
    if (is.tokenIsDisabled) return say('disabled');
    if (is.acknowledgesAfter !== undefined && !CHANNEL.test(String(request.headers['x-splunk-request-channel'])))
      return say('noChannel');
    if (request.url === '/services/collector/ack') {
      if (is.acknowledgesAfter === undefined) return say('noAcks');
      const { acks }: { acks: number[] } = JSON.parse(body.toString());
      const isStored = (id: number): boolean => {
        const times = (asked.get(id) ?? 0) + 1;
        asked.set(id, times);
        return times > (is.acknowledgesAfter ?? 0);
      };
      return send(200, { acks: Object.fromEntries(acks.map((id) => [id, isStored(id)])) });
    }
    if (is.busy) return say('busy');
    if (body.length > is.mostBytes) return send(413, { text: 'Request entity too large', code: 27 });
    const read = eventsIn(body.toString());
    if (typeof read === 'string') return say(read, { 'invalid-event-number': 0 });
    events.push(...read);
    say('success', is.acknowledgesAfter === undefined ? {} : { ackId: events.length });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    events,
    is,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const PATHS = new Set(['/services/collector/event', '/services/collector/ack']);
const CHANNEL = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const INDEXES = new Set([undefined, 'main', 'agents']);

function whoAsks({ headers: { authorization } }: IncomingMessage, token: string): keyof typeof ANSWERS | undefined {
  if (authorization === undefined) return 'tokenRequired';
  const [scheme, given] = authorization.split(' ');
  if (scheme !== 'Splunk') return 'unauthorized';
  return given === token ? undefined : 'invalidToken';
}

/** Objects one after the other, each with an event that is not blank, at a time that is a number. */
function eventsIn(body: string): SplunkEvent[] | keyof typeof ANSWERS {
  if (body.trim() === '') return 'noData';
  const events: SplunkEvent[] = [];
  for (const line of body.split('\n')) {
    let event: SplunkEvent;
    try {
      event = JSON.parse(line);
    } catch {
      return 'invalidFormat';
    }
    if (event.event === undefined || event.event === null) return 'noEvent';
    if (Object.keys(event.event).length === 0) return 'blankEvent';
    if (typeof event.time !== 'number' || typeof event.sourcetype !== 'string') return 'invalidFormat';
    if (Object.values(event.fields ?? {}).some((value) => typeof value === 'object')) return 'invalidFormat';
    if (!INDEXES.has(event.index)) return 'wrongIndex';
    events.push(event);
  }
  return events;
}
