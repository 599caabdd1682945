import { ownNames } from '../../src/kafka/names.ts';

/** `kafka.prefix` of the Wayward that a test file starts. */
export const PREFIX = '';

export const names = ownNames(PREFIX);

export const {
  events: EVENTS,
  ingest: INGEST,
  state: STATE,
  alerts: ALERTS,
  documents: DOCUMENTS,
  deadLetters: DEAD_LETTERS,
  control: CONTROL,
  response: RESPONSE,
} = names.topics;
