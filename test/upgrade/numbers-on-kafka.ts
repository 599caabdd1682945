import { fieldsFrom, type Numbers, numbersIn } from './kept/learned.ts';

/** Keys of snapshots that describe their layout begin so. */
const SECOND_FORM = '2/';

/** What the newest form of snapshots that is there has of each principal and group, from the newest message of each key. */
export function numbersOnKafka(newest: ReadonlyMap<string, Buffer>): Record<string, Numbers> {
  const form = newest.has(`${SECOND_FORM}head`) ? SECOND_FORM : '';
  const found: Record<string, Numbers> = {};
  for (const [key, value] of newest) {
    const [, kind, name] = /^(principal|group)\/(.*)$/s.exec(key.startsWith(form) ? key.slice(form.length) : '') ?? [];
    if (kind === undefined) continue;
    const end = form === '' && kind === 'group' ? 0 : 4 + value.readUInt32BE();
    const { layout } = end === 0 ? {} : JSON.parse(value.toString('utf8', 4, end));
    const described = newest.get(`${form}layout/${layout}`);
    const fields = described && fieldsFrom(JSON.parse(described.toString()));
    found[`${kind} ${name}`] = numbersIn(value.subarray(end), fields);
  }
  return found;
}
