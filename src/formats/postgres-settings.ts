import { z } from 'zod';
import { isZone } from './language/named-zone.ts';
import { logLinePrefixProblem } from './log-line-prefix.ts';

/** What is wrong with the name of a time zone, if anything. */
export const timezoneProblem = (zone: string): string | undefined =>
  isZone(zone) ? undefined : 'is no time zone; write a name such as Europe/Berlin or UTC';

const checked = (problemWith: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = problemWith(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** What is known of a PostgreSQL server whose log is read, by the names of its own settings. */
export const postgresSettings = {
  /** As in postgresql.conf, for a log of stderr whose lines don't say which part of them is the user. */
  log_line_prefix: checked(logLinePrefixProblem).meta({ example: '"%m [%p] %q%u@%d "' }).optional(),
  /** As in postgresql.conf, where the log's times have a name such as CET instead of UTC or an offset. */
  log_timezone: checked(timezoneProblem).meta({ example: 'Europe/Berlin' }).optional(),
};
