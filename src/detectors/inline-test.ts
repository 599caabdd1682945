import { z } from 'zod';
import type { AttributedUse } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import type { CredentialUse, Reading } from '../event.ts';
import { IDENTITY_KEYS, NOTHING_ELSE, SHAPES } from '../event.ts';
import type { IdentitySource } from '../formats/http.ts';
import { PROOF } from '../proof.ts';
import type { Detector } from './detector.ts';
import { Engine } from './engine.ts';
import { type Finding, SEVERITIES, type Severity, severityRank } from './finding.ts';

/** A use in a test: whatever is left out is ordinary. */
const useSchema = z.strictObject({
  action: z.string().default('GET /v1/orders/{id}'),
  result: z.enum(['success', 'error', 'denied', 'rejected']).default('success'),
  ip: z.string().default('10.4.1.7'),
  client: z.string().default('agent/1.0'),
  bytes: z.number().int().min(0).default(500),
  rows: z.number().int().min(0).default(0),
  tokens: z.number().int().min(0).exactOptional(),
  dataset: z.string().default('test.access'),
  shape: z.enum(SHAPES).exactOptional(),
  leak: z.string().exactOptional(),
  /** The record could not be read, for this reason. */
  unreadable: z.string().exactOptional(),
  unknown: z.boolean().default(false),
  /** Ids of the objects in the path of each use. */
  ids: z.enum(['in-order', 'scattered']).exactOptional(),
});

const clock = z.string().regex(/^\d\d:\d\d$/, 'is not a time of day; write such as 10:00');

/** History in one line: this many days of use, in those hours, one call of each action every so many minutes. */
const historySchema = z.strictObject({
  days: z.number().int().min(0).max(365),
  from: clock.default('08:00'),
  to: clock.default('18:00'),
  every: z.number().positive().default(5),
  actions: z.array(z.string()).min(1).default(['GET /v1/orders/{id}']),
  ids: z.enum(['in-order', 'scattered']).exactOptional(),
  /** What each of its peers does meanwhile, at the same times. */
  peers: z.array(z.array(z.string()).min(1)).max(10).default([]),
  /** From this day on, each day has so many times the uses of the day before. */
  grows: z.number().min(1).max(2).default(1),
  grows_from: z.number().int().min(0).default(0),
});

const eventsSchema = useSchema.extend({
  /** Time of day on the day after the history. */
  at: clock.default('10:00'),
  /** Whose credential it is: the agent's, or that of another one by number, with nothing before and no peers. */
  agent: z.number().int().min(1).max(20).default(1),
  /** Days after the end of the history; 0 is the first day without it. */
  day: z.number().int().min(0).max(400).default(0),
  times: z.number().int().min(1).max(100_000).default(1),
  /** Seconds between them. */
  apart: z.number().positive().default(1),
});

const IDENTITY_SOURCES = ['from-key-map', 'authenticated'] as const satisfies readonly IdentitySource[];

const matchSchema = z
  .partialRecord(z.enum(IDENTITY_KEYS), z.union([z.string(), z.array(z.string()).min(1)]))
  .meta({ example: 'match: { db_user: billing_agent }' });

const writtenTest = z.strictObject({
  name: z.string().min(1),
  history: historySchema.default(historySchema.parse({ days: 30 })),
  usual: useSchema.default(useSchema.parse({})),
  /**
   * Days since issue, and until expiry (negative: ago), on the day after the history; what Wayward did to it, and when on that day; scopes,
   * networks and hours as in the registry.
   */
  credential: z
    .strictObject({
      age_days: z.number().exactOptional(),
      rotate_days: z.number().exactOptional(),
      expires_in_days: z.number().exactOptional(),
      max_lifetime_hours: z.number().positive().exactOptional(),
      revoked_at: clock.exactOptional(),
      restored_at: clock.exactOptional(),
      rotated_at: clock.exactOptional(),
      scopes: z.array(z.string()).exactOptional(),
      networks: z.array(z.string()).exactOptional(),
      hours: z.string().exactOptional(),
      honeytoken: z.literal(true).exactOptional(),
      /** Of `lines`: whose uses are the agent's; without it, those of every identity that a line proves or declares. */
      match: matchSchema.exactOptional(),
    })
    .default({}),
  events: z.array(eventsSchema).default([]),
  /** Records as a server writes them, of any format; the history ends on the day of the first. */
  lines: z.array(z.string().min(1).max(65_536)).max(1_000).default([]),
  /** Of `lines`, where it is not found from them, and what `sources:` says of it. */
  format: z.string().exactOptional(),
  identity: z.enum(IDENTITY_SOURCES).exactOptional(),
  /** The highest severity that this detector gives must be at least this (`none`: no finding at all) … */
  expect: z.enum(['none', ...SEVERITIES]),
  /** … and at most this. */
  at_most: z.enum(SEVERITIES).exactOptional(),
});

export const inlineTestSchema = writtenTest.refine(({ events, lines }) => events.length + lines.length > 0, {
  error: 'has neither events nor lines; write events: [{ action: "GET /v1/export/all" }], or lines: of a log',
});
export type InlineTest = z.infer<typeof inlineTestSchema>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday: the first day of a test without lines. */
const START = Date.UTC(2026, 0, 5);

/** The first day of the history, so that it ends before the first of the lines. */
const startOf = ({ history }: InlineTest, lines: readonly AttributedUse[]): number => {
  const [first] = lines;
  return first === undefined ? START : (Math.floor(first.orderTime / DAY) - history.days) * DAY;
};

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** The credential of the test's agent; `start` is the first day of the history. */
export const credentialOf = ({ credential, history }: InlineTest, agent = 'agent-1', start = START): Credential => {
  const today = start + history.days * DAY;
  const timeOf = (clock: string): number => today + minutes(clock) * 60_000;
  return {
    id: `cred-${agent}`,
    agent,
    peerGroup: history.peers.length === 0 ? agent : 'agents',
    slot: 'api',
    kind: 'api-key',
    owner: undefined,
    match: {},
    issuedAt: credential.age_days === undefined ? undefined : today - credential.age_days * DAY,
    expiresAt: credential.expires_in_days === undefined ? undefined : today + credential.expires_in_days * DAY,
    rotateEvery: credential.rotate_days === undefined ? undefined : credential.rotate_days * DAY,
    ...(credential.max_lifetime_hours !== undefined && { maxLifetime: credential.max_lifetime_hours * HOUR }),
    scopes: credential.scopes,
    networks: credential.networks,
    hours: credential.hours,
    protected: false,
    ...(credential.honeytoken && { honeytoken: true }),
    parent: undefined,
    revoke: undefined,
    ...(credential.revoked_at !== undefined && { revokedAt: timeOf(credential.revoked_at) }),
    ...(credential.restored_at !== undefined && { restoredAt: timeOf(credential.restored_at) }),
    ...(credential.rotated_at !== undefined && { rotatedAt: timeOf(credential.rotated_at) }),
  };
};

/** How a log says once a day that it was read. */
const ALL_READ = '';

type Use = z.infer<typeof useSchema>;

/** 7919 is prime: ids that far apart never follow each other within the range. */
const idOf = (ids: 'in-order' | 'scattered', count: number): number =>
  ids === 'in-order' ? 1_000 + count : 1_000 + ((count * 7_919) % 50_000);

const useOf = (use: Use, time: number, count: number): CredentialUse => ({
  ...NOTHING_ELSE,
  time,
  format: 'test',
  dataset: use.dataset,
  action: use.action,
  result: use.result,
  proof: use.result === 'rejected' ? PROOF.failed : PROOF.keyMap,
  identities: [{ key: 'credential_id', value: use.unknown ? 'unknown-key' : 'cred-agent-1' }],
  sourceIp: use.ip,
  client: use.client,
  bytes: use.bytes,
  path: use.ids === undefined ? undefined : `/v1/orders/${idOf(use.ids, count)}`,
  rows: use.rows,
  ...(use.tokens !== undefined && { spent: { inputTokens: use.tokens, outputTokens: 0, cost: 0 } }),
  ...(use.shape !== undefined && { shape: use.shape }),
  leaks: use.leak === undefined ? [] : [{ kind: use.leak, field: 'url.query' }],
  ...(use.unreadable !== undefined && { proof: PROOF.unreadable, uses: 0, reading: readingOf(use.unreadable) }),
});

const readingOf = (reason: string): Reading => ({
  read: 100,
  unreadable: reason === ALL_READ ? undefined : { reason, count: 1 },
});

interface Step {
  readonly use: Use;
  readonly time: number;
  readonly live: boolean;
  /** Place of the peer who does it; undefined where it is the agent. */
  readonly peer: number | undefined;
  /** By number, where it is one that has no history. */
  readonly other?: number;
}

function* usesOf(test: InlineTest, start: number): Generator<Step> {
  const { history, usual } = test;
  const isRead = test.events.some(({ unreadable }) => unreadable !== undefined);
  for (let day = 0; day < history.days; day++) {
    if (isRead)
      yield { use: { ...usual, unreadable: ALL_READ }, time: start + day * DAY, live: false, peer: undefined };
    const end = start + day * DAY + minutes(history.to) * 60_000;
    const every = (history.every * 60_000) / history.grows ** Math.max(0, day - history.grows_from);
    let call = 0;
    for (let time = start + day * DAY + minutes(history.from) * 60_000; time < end; time += every) {
      const action = history.actions[call++ % history.actions.length] as string;
      const ids = history.ids ?? usual.ids;
      const use = { ...usual, ...(ids !== undefined && { ids }) };
      yield { use: { ...use, action }, time: Math.round(time), live: false, peer: undefined };
      for (const [peer, actions] of history.peers.entries())
        yield {
          use: { ...use, action: actions[call % actions.length] as string },
          time: Math.round(time),
          live: false,
          peer,
        };
    }
  }
  const events = test.events.flatMap((use) => {
    const first = start + (history.days + use.day) * DAY + minutes(use.at) * 60_000;
    return Array.from({ length: use.times }, (_, index) => ({
      use,
      time: first + index * use.apart * 1_000,
      live: true,
      peer: undefined,
      ...(use.agent > 1 && { other: use.agent }),
    }));
  });
  yield* events.sort((a, b) => a.time - b.time);
}

/** How a test inside a detector's file went; `problem` is undefined where it passed. */
export interface InlineResult {
  readonly name: string;
  readonly problem: string | undefined;
}

/**
 * Runs one test of one detector through the same engine as everything else.
 * @param lines what became of its lines, in order of time
 */
export const runInlineTest = (
  detector: Detector,
  test: InlineTest,
  lines: readonly AttributedUse[] = [],
): InlineResult => {
  const findings: Finding[] = [];
  let live = false;
  // The agent of a test stands for those that the detector is for.
  const engine = new Engine([{ ...detector, appliesTo: () => true }], ({ finding }) => {
    if (live) findings.push(finding);
  });
  const start = startOf(test, lines);
  const credential =
    lines.find(({ attribution }) => attribution.credential)?.attribution.credential ??
    credentialOf(test, undefined, start);
  const peers = test.history.peers.map((_, peer) => credentialOf({ ...test, credential: {} }, `agent-${peer + 2}`));
  const rest = [...lines];
  const others = new Map(
    test.events.map(({ agent }) => {
      const name = `other-agent-${agent}`;
      return [agent > 1 ? agent : undefined, { ...credentialOf({ ...test, credential: {} }, name), peerGroup: name }];
    }),
  );
  others.delete(undefined);
  let count = 0;
  const takeUntil = (time: number): void => {
    live = true;
    for (const at of rest.splice(0, rest.filter(({ orderTime }) => orderTime <= time).length)) engine.process(at);
  };
  for (const item of usesOf(test, start)) {
    if (rest.length > 0) takeUntil(item.time);
    live = item.live;
    const other = others.get(item.other);
    const who = other ?? (item.peer === undefined ? credential : (peers[item.peer] as Credential));
    engine.process(attributed(item.use, item.time, who, count++));
  }
  takeUntil(Number.POSITIVE_INFINITY);
  engine.decide(Number.POSITIVE_INFINITY);
  return { name: test.name, problem: problemOf(test, findings) };
};

const attributed = (use: Use, time: number, credential: Credential, count: number): AttributedUse => ({
  use: useOf(use, time, count),
  id: () => `test-${count}`,
  late: false,
  lateMs: 0,
  orderTime: time,
  attribution:
    use.result === 'rejected' || use.unreadable !== undefined
      ? { method: 'claimed', confidence: 0, principal: undefined, credential: undefined, ambiguous: undefined }
      : use.unknown
        ? {
            method: 'unregistered',
            confidence: 0.3,
            principal: 'unregistered/credential_id:unknown-key',
            credential: undefined,
            ambiguous: undefined,
          }
        : {
            method: 'credential_id',
            confidence: 0.95,
            principal: `${credential.agent}/api`,
            credential,
            ambiguous: undefined,
          },
});

const problemOf = ({ expect, at_most }: InlineTest, findings: readonly Finding[]): string | undefined => {
  const worst = findings.reduce<Severity | undefined>(
    (so, { severity }) => (so === undefined || severityRank(severity) > severityRank(so) ? severity : so),
    undefined,
  );
  const reasons = findings
    .map(({ reason }) => `  ${reason}`)
    .slice(0, 5)
    .join('\n');
  const got = worst === undefined ? 'got no finding' : `got ${worst}:\n${reasons}`;
  if (expect === 'none') return worst === undefined ? undefined : `expected none, ${got}`;
  if (worst === undefined || severityRank(worst) < severityRank(expect)) return `expected ${expect} or more, ${got}`;
  return at_most !== undefined && severityRank(worst) > severityRank(at_most)
    ? `expected at most ${at_most}, ${got}`
    : undefined;
};
