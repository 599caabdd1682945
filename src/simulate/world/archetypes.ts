import type { Rhythm } from './rhythms.ts';
import type { System } from './world.ts';

/** Where agents run: one host until the next deployment, pods that come and go in a network, or a provider's functions. */
export type Hosting = 'host' | 'pods' | 'functions';

/** How all agents of one group behave. One entry is one group of a world. */
export interface Archetype {
  readonly id: string;
  readonly about: string;
  readonly system: System;
  readonly members: number;
  readonly rhythm: Rhythm;
  readonly zone: string;
  /** Mean tasks of a working day, of a job, or of a spike. */
  readonly tasks: number;
  /** Different tasks that it has. */
  readonly kinds: number;
  readonly hosting: Hosting;
  /** Mean days between deployments. */
  readonly deployedEvery: number;
  /** Rows and bytes, compared with others. */
  readonly size?: number;
  /** Growth a day, such as 0.02. */
  readonly growth?: number;
  /** The share of the group's members that are born later, one after the other. */
  readonly newborn?: number;
}

const office = { kind: 'office', from: 8, to: 18, weekend: 0.03, late: 0.04 } as const;

export const ARCHETYPES: readonly Archetype[] = [
  {
    id: 'office',
    about: 'with people in Berlin',
    system: 'http',
    members: 8,
    rhythm: office,
    zone: 'Europe/Berlin',
    tasks: 26,
    kinds: 6,
    hosting: 'host',
    deployedEvery: 11,
  },
  {
    id: 'office-new-york',
    about: 'with people in New York',
    system: 'sql',
    members: 6,
    rhythm: office,
    zone: 'America/New_York',
    tasks: 24,
    kinds: 5,
    hosting: 'host',
    deployedEvery: 14,
  },
  {
    id: 'office-kolkata',
    about: 'with people in Kolkata, half an hour off',
    system: 'http',
    members: 6,
    rhythm: { ...office, from: 9.5, to: 18.5 },
    zone: 'Asia/Kolkata',
    tasks: 18,
    kinds: 5,
    hosting: 'pods',
    deployedEvery: 9,
  },
  {
    id: 'office-adelaide',
    about: 'with people in Adelaide, half an hour off, with summer time',
    system: 'sql',
    members: 4,
    rhythm: office,
    zone: 'Australia/Adelaide',
    tasks: 16,
    kinds: 4,
    hosting: 'host',
    deployedEvery: 20,
  },
  {
    id: 'always-on',
    about: 'around the clock',
    system: 'http',
    members: 6,
    rhythm: { kind: 'steady', night: 0.4 },
    zone: 'UTC',
    tasks: 32,
    kinds: 6,
    hosting: 'host',
    deployedEvery: 12,
  },
  {
    id: 'retriever',
    about: 'answers from a database around the clock',
    system: 'sql',
    members: 6,
    rhythm: { kind: 'steady', night: 0.25 },
    zone: 'Europe/Berlin',
    tasks: 40,
    kinds: 4,
    hosting: 'host',
    deployedEvery: 15,
  },
  {
    id: 'poller',
    about: 'asks every few minutes',
    system: 'http',
    members: 4,
    rhythm: { kind: 'poll', everySeconds: 240, jitter: 0.1 },
    zone: 'UTC',
    tasks: 0,
    kinds: 1,
    hosting: 'host',
    deployedEvery: 30,
  },
  {
    id: 'nightly',
    about: 'a job each night',
    system: 'sql',
    members: 4,
    rhythm: { kind: 'job', hour: 2.2 },
    zone: 'Europe/Berlin',
    tasks: 40,
    kinds: 3,
    hosting: 'pods',
    deployedEvery: 21,
  },
  {
    id: 'weekly',
    about: 'a job each Monday',
    system: 'sql',
    members: 3,
    rhythm: { kind: 'job', hour: 7, weekday: 1 },
    zone: 'Europe/Berlin',
    tasks: 60,
    kinds: 3,
    hosting: 'host',
    deployedEvery: 30,
  },
  {
    id: 'monthly',
    about: 'a job on the first of each month',
    system: 'http',
    members: 2,
    rhythm: { kind: 'job', hour: 5, monthday: 1 },
    zone: 'America/New_York',
    tasks: 80,
    kinds: 3,
    hosting: 'host',
    deployedEvery: 60,
  },
  {
    id: 'spiky',
    about: 'nothing for days, then campaigns of tasks at any hour',
    system: 'http',
    members: 6,
    rhythm: { kind: 'spiky' },
    zone: 'UTC',
    tasks: 24,
    kinds: 6,
    hosting: 'pods',
    deployedEvery: 6,
  },
  {
    id: 'pods',
    about: 'pods that come and go',
    system: 'http',
    members: 5,
    rhythm: { kind: 'steady', night: 0.6 },
    zone: 'UTC',
    tasks: 34,
    kinds: 5,
    hosting: 'pods',
    deployedEvery: 4,
  },
  {
    id: 'functions',
    about: "a cloud's functions, at a new address each time",
    system: 'http',
    members: 5,
    rhythm: { kind: 'steady', night: 0.3 },
    zone: 'America/New_York',
    tasks: 28,
    kinds: 3,
    hosting: 'functions',
    deployedEvery: 8,
  },
  {
    id: 'newborns',
    about: 'a fleet that grows by newborn instances',
    system: 'http',
    members: 8,
    rhythm: office,
    zone: 'Europe/Berlin',
    tasks: 22,
    kinds: 5,
    hosting: 'pods',
    deployedEvery: 10,
    newborn: 0.6,
  },
  {
    id: 'growth',
    about: 'used more from day to day',
    system: 'http',
    members: 4,
    rhythm: office,
    zone: 'America/New_York',
    tasks: 12,
    kinds: 5,
    hosting: 'host',
    deployedEvery: 13,
    growth: 0.02,
  },
  {
    id: 'dormant',
    about: 'left there after some days',
    system: 'http',
    members: 3,
    rhythm: { kind: 'left', days: 6 },
    zone: 'UTC',
    tasks: 4,
    kinds: 2,
    hosting: 'host',
    deployedEvery: 90,
  },
  {
    id: 'analytics',
    about: 'few questions, large answers',
    system: 'sql',
    members: 5,
    rhythm: { ...office, weekend: 0.01 },
    zone: 'Europe/Berlin',
    tasks: 9,
    kinds: 6,
    hosting: 'host',
    deployedEvery: 25,
    size: 60,
  },
  {
    id: 'on-call',
    about: 'called up at night in its week',
    system: 'http',
    members: 4,
    rhythm: { kind: 'on-call', from: 8, to: 17 },
    zone: 'Europe/Berlin',
    tasks: 14,
    kinds: 6,
    hosting: 'host',
    deployedEvery: 16,
  },
  {
    id: 'broker',
    about: 'fetches secrets and logins for others',
    system: 'vault',
    members: 4,
    rhythm: { kind: 'steady', night: 0.5 },
    zone: 'UTC',
    tasks: 26,
    kinds: 4,
    hosting: 'pods',
    deployedEvery: 12,
  },
];
