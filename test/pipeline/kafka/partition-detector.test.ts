import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert } from '../../../src/alerts/alert.ts';
import type { Deed } from '../../../src/attribution/deed.ts';
import { createRegistry } from '../../../src/attribution/registry.ts';
import { NOTHING_ELSE } from '../../../src/event.ts';
import { Core } from '../../../src/pipeline/core.ts';
import { decodeEvents, type EventsMessage, encodeEvents } from '../../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../../src/pipeline/kafka/partition-detector.ts';
import { PendingUse } from '../../../src/pipeline/ordered.ts';
import { PROOF } from '../../../src/proof.ts';
import { shippedDetectors } from '../../quality/measure.ts';
import { credentialOf, NOW } from '../../response/response-of.ts';

const MINUTE = 60_000;
const ID = 'cred-billing-pg';
const DETECTORS = shippedDetectors().filter(({ kind }) => kind.id === 'revoked');

const message = (from: string, part: Partial<EventsMessage>): EventsMessage =>
  decodeEvents(
    Buffer.from(
      encodeEvents({
        ...{ from, of: { gateway: 1 }, watermark: null, high: null, live: true, events: [], closings: [] },
        ...part,
      }),
    ),
  );

const did = (kind: Deed['did'], minute: number): EventsMessage =>
  message('wayward.control/0', { deeds: [{ credential: ID, did: kind, at: NOW + minute * MINUTE }] });

/** A use at that minute, and nothing before it is yet to come. */
function used(minute: number): EventsMessage {
  const time = NOW + minute * MINUTE;
  const use = {
    ...NOTHING_ELSE,
    ...{
      time,
      format: 'nginx-json',
      dataset: 'nginx.access',
      action: 'GET /v1/orders/{id}',
      result: 'success' as const,
      proof: PROOF.keyMap,
    },
    identities: [{ key: 'credential_id' as const, value: ID }],
  };
  const events = [PendingUse.of(use, time, false, `event-${minute}`)];
  return message('gateway/0', { events, watermark: time + 1, high: time });
}

/** The revisions of alerts that come of these messages, where the process dies after so many of them and another goes on from its snapshot. */
function revisions(messages: readonly EventsMessage[], dies = messages.length): string[] {
  const said: string[] = [];
  const start = () => {
    const credential = credentialOf({ match: { credential_id: [ID] } });
    const core = new Core(createRegistry([credential]), DETECTORS, ({ id, revision, end }: Alert) =>
      said.push(`${id} ${revision} ${end - NOW}`),
    );
    return { core, detector: new PartitionDetector(core) };
  };
  const { core, detector } = start();
  for (const each of messages.slice(0, dies)) detector.take(each);
  const saved = structuredClone({ detector: detector.save(), core: core.save() });
  const next = start();
  next.detector.load(saved.detector, saved.core);
  for (const each of messages.slice(dies)) next.detector.take(each);
  return said;
}

test('a snapshot holds what was done to credentials: wherever a process dies, the same alerts are said', () => {
  const messages = [
    ...[used(0), did('revoked', 1), used(1.5), used(5), used(6), used(11), did('restored', 12), used(13)],
    ...[did('rotated', 14), did('revoked', 20), used(20.5), used(30), did('revoked', 1), did('restored', 12), used(36)],
  ];
  const whole = revisions(messages);
  const times = whole.map((said) => Number(said.split(' ')[2]) / MINUTE);
  expect(times).toEqual([5, 11, 30, 36]); // told again after five minutes
  for (let dies = 0; dies < messages.length; dies++) expect(revisions(messages, dies)).toEqual(whole);
});

test('said again, or in another order, it is the same', () => {
  const deeds = [did('revoked', 1), did('restored', 5), did('revoked', 10), did('rotated', 2)];
  const uses = [used(12), used(30)];
  const whole = revisions([...deeds, ...uses]);
  expect(whole).toHaveLength(2);
  fc.assert(
    fc.property(fc.shuffledSubarray([...deeds, ...deeds, ...deeds], { minLength: 10 }), (some) => {
      expect(revisions([...some, ...uses])).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

/** A person's word on the only alert that there is, as ingestion hands it on. */
function verdictOn(before: readonly EventsMessage[], part: Omit<EventsMessage['closings'][number], 'alert'>) {
  const said: Alert[] = [];
  const credential = credentialOf({ match: { credential_id: [ID] } });
  const detector = new PartitionDetector(
    new Core(createRegistry([credential]), DETECTORS, (alert) => said.push(alert)),
  );
  for (const each of before) detector.take(each);
  const [alert] = said;
  if (alert === undefined) throw new Error('no alert');
  detector.take(message('wayward.control/0', { closings: [{ alert, ...part }] }));
  detector.take(message('wayward.control/0', { closings: [{ alert, ...part }] }));
  return said.slice(1);
}

test('a verdict on a running incident ends it, in one revision that says who gave it, when and why', () => {
  const misuse = [did('revoked', 1), used(5)];
  const said = { by: 'ann', at: NOW, because: 'a theft' };
  for (const verdict of ['true', 'confirmed'] as const)
    expect(verdictOn(misuse, { verdict, said })).toMatchObject([
      { state: 'over', revision: 2, verdict: { value: 'confirmed', ...said } },
    ]);
  const [fromEarlier] = verdictOn(misuse, { verdict: 'benign' });
  expect(fromEarlier).toMatchObject({ state: 'over', revision: 2 });
  expect(fromEarlier).not.toHaveProperty('verdict'); // the responder adds it
});

test('a verdict that no Wayward handed on is none', () => {
  const closing = { verdict: 'benign', alert: { id: 'a', principal: 'p', start: 1, end: 2 } };
  const said = { by: 'ann', at: NOW, because: '' };
  const decoded = (part: object) => () =>
    decodeEvents(
      Buffer.from(
        JSON.stringify({
          ...{ v: 2, from: 'x/0', of: {}, watermark: null, high: null, live: true, events: [] },
          closings: [{ ...closing, ...part }],
        }),
      ),
    );
  expect(decoded({ said })().closings).toHaveLength(1);
  for (const part of [
    { verdict: 'new' },
    { said: 1 },
    { said: { ...said, at: 8.64e15 + 1 } },
    { said: { ...said, by: {} } },
  ])
    expect(decoded(part)).toThrow('it is no message of events');
});
