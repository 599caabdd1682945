import { NamedZone } from './language/named-zone.ts';
import { parseTime } from './time.ts';

/** A time with the short name that PostgreSQL shows for its zone, such as `CET`, which may mean several. */
const NAMED = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) ([A-Z]{2,6})$/;
/** Names of summer time, to tell the hour that comes twice when it ends. */
const SUMMER = /^(?:[A-Z]*DT|[CEW]EST|BST|IST)$/;

/** Milliseconds since the epoch; NaN where the text does not tell. */
export type ReadTime = (text: string) => number;

/** Reads the times of a log whose `log_timezone` is this one; without it, those in UTC and with offsets. */
export const postgresTime = (timezone: string | undefined): ReadTime => {
  if (timezone === undefined) return parseTime;
  const zone = new NamedZone(timezone);
  return (text) => {
    const usual = parseTime(text);
    if (!Number.isNaN(usual)) return usual;
    const [, local, name = ''] = NAMED.exec(text) ?? [];
    return local === undefined ? Number.NaN : zone.toUtc(parseTime(`${local} UTC`), SUMMER.test(name));
  };
};
