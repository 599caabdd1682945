import type { Credential } from '../attribution/credential.ts';
import type { FirstSeen, HourActivity } from '../baselines/activity.ts';
import { isAddress } from '../ecs.ts';
import { agentFields, idOf, iso, makeDocument } from './make.ts';
import type { OutgoingDocument } from './outgoing.ts';

const WEEKDAYS = ['1 Mon', '2 Tue', '3 Wed', '4 Thu', '5 Fri', '6 Sat', '7 Sun'];

const tenth = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 10) / 10;

const whoFields = (principal: string, credential: Credential | undefined): Readonly<Record<string, unknown>> => ({
  principal,
  slot: credential?.slot,
  peer_group: credential?.peerGroup,
});

/** One hour of one principal: what was observed and what was expected. */
export const hourDocument = (hour: HourActivity): OutgoingDocument =>
  makeDocument('activity', idOf('hour', hour.principal, hour.start), iso(hour.start), {
    event: { kind: 'metric' },
    gen_ai: agentFields(hour.credential?.agent),
    wayward: {
      ...whoFields(hour.principal, hour.credential),
      activity: {
        requests: hour.requests,
        bytes: hour.bytes,
        rows: hour.rows,
        denied: hour.denied,
        errors: hour.errors,
        expected: tenth(hour.expected),
        expected_low: tenth(hour.expectedLow),
        expected_high: tenth(hour.expectedHigh),
        hour_of_day: String(hour.hourOfWeek % 24).padStart(2, '0'),
        weekday: WEEKDAYS[Math.floor(hour.hourOfWeek / 24)],
        baseline_age_days: hour.baselineAgeDays,
      },
    },
  });

/** An action, network or client that a principal has never shown before. */
export const firstSeenDocument = (seen: FirstSeen): OutgoingDocument =>
  makeDocument('activity', idOf('first-seen', seen.principal, seen.what, seen.event), iso(seen.time), {
    event: { kind: 'event', action: 'first-seen', outcome: seen.succeeded ? 'success' : 'failure' },
    gen_ai: agentFields(seen.credential?.agent),
    source: sourceFields(seen.sourceIp),
    user_agent: { original: seen.client },
    wayward: {
      ...whoFields(seen.principal, seen.credential),
      proof: seen.proof,
      first_seen: { kind: seen.what, value: seen.value, event_id: seen.event },
    },
  });

/** `source.ip` takes addresses only; a host name or a socket stands in `source.address`. */
const sourceFields = (source: string | undefined): Readonly<Record<string, unknown>> | undefined =>
  source === undefined ? undefined : isAddress(source) ? { ip: source } : { address: source };
