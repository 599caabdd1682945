import { hostname } from 'node:os';
import { healthDocuments } from '../documents/health.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import { VERSION } from '../version.ts';

export type Measurements = Parameters<typeof healthDocuments>[0];

/** How often a process tells how it is, milliseconds. */
export const HEALTH_EVERY = 10_000;
const PROCESS = `${hostname()}/${process.pid}`;

/** How this process is, for the dashboard Pipeline. */
export const ownHealth = (measurements: Measurements): OutgoingDocument[] =>
  healthDocuments(measurements, { process: PROCESS, version: VERSION, time: Date.now() });
