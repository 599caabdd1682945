import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

/** What response needs of the local store; tables `outbox`, `audit` and `decided` in it, and `closings` and `alerts` to look at. */
export interface ResponseState {
  transaction<T>(work: () => T): T;
  run(sql: string, ...values: SQLInputValue[]): number;
  first(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
  setting(name: string): unknown;
  setSetting(name: string, value: unknown): void;
}

export type Row = Record<string, SQLOutputValue>;
