import { kafkaToLend } from './kafka.ts';
import { mariaDbToLend } from './mariadb.ts';
import { motoToLend } from './moto.ts';
import { postgresToLend } from './postgres.ts';

/**
 * What the run's pool has. Not in it: Vault, which starts in a third of a second and holds too much to be cleaned with certainty;
 * nginx and Envoy, which start as fast, each with a configuration of its own; Elasticsearch, whose distribution for tests has no API
 * that deletes a data stream.
 */
export const KINDS = {
  kafka: kafkaToLend,
  mariadb: mariaDbToLend,
  moto: motoToLend,
  postgres: postgresToLend,
} as const;

export type Kind = keyof typeof KINDS;
export const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text);
