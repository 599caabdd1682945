import { type Logger, pino } from 'pino';
import type { Output } from './io.ts';

export type ServiceLog = Logger;

/** The service's own log: one JSON object a line. Nothing that may hold a secret is ever handed to it. */
export const createServiceLog = (output: Output): ServiceLog =>
  pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['*.password', '*.token', '*.secret', 'headers', '*.headers'], censor: '[redacted]' },
    },
    output,
  );
