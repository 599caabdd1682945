import { type Logger, pino } from 'pino';
import { cleanForLog } from './clean-log.ts';
import type { Output } from './io.ts';

/** Without `child`: what a child is bound to would be written uncleaned. */
export type ServiceLog = Pick<Logger, 'info' | 'warn' | 'error'>;

/** The service's own log: one JSON object a line. Secrets are kept out of it, whoever logs what. */
export const createServiceLog = (output: Output): ServiceLog =>
  pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => error }, // cleaned already
      hooks: {
        logMethod([first, ...rest], log) {
          const fields: unknown = first instanceof Error ? { err: first } : first;
          log.apply(this, [cleanForLog(fields), ...rest.map((part) => cleanForLog(part))] as Parameters<typeof log>);
        },
      },
    },
    output,
  );
