import { isObject, type JsonObject } from '../formats/json.ts';
import { activityLines, objectsIn, text, textsIn } from './activity-lines.ts';
import { printable } from './table.ts';

/** A record that an alert rests on. */
export interface FoundRecord {
  readonly file: string;
  /** In bytes from the file's beginning; in what it unpacks to where it is compressed. */
  readonly position: number;
  readonly event: object;
}

/** An alert's document for a person: what happened, what is usual, what to look at. */
export function explainText(alert: JsonObject, records: readonly FoundRecord[] | undefined): string {
  const own = inside(alert, 'wayward');
  const event = inside(alert, 'event');
  const credential = inside(own, 'credential');
  const lines = [
    text(alert['message']),
    text(event['reason']),
    '',
    field('alert', text(event['id'])),
    field('principal', text(own['principal'])),
    field('credentials', textsIn(credential['id']).join(', ')),
    field('owner', textsIn(credential['owner']).join(', ')),
    field('from', text(event['start'])),
    field('to', text(event['end'])),
    ...activityLines(own['activity']),
    ...section('What is usual', objectsIn(own['findings']).flatMap(usualLine)),
    ...section(
      'What to look at',
      textsIn(own['triage']).map((step, index) => `  ${index + 1}. ${step}`),
    ),
    ...section(
      'It may be harmless',
      textsIn(own['false_positives']).map((one) => `  ${one}`),
    ),
    ...(records === undefined
      ? []
      : section('Records', records.map(recordLine), '  none of its records is in these logs')),
  ];
  return `${lines
    .filter((line, index) => line !== '' || index > 0)
    .map(printable)
    .join('\n')}\n`;
}

const inside = (outer: JsonObject, key: string): JsonObject => {
  const inner = outer[key];
  return isObject(inner) ? inner : {};
};

const field = (name: string, value: string): string => `  ${name.padEnd(12)} ${value === '' ? '-' : value}`;

const section = (title: string, lines: readonly string[], none?: string): string[] =>
  lines.length === 0 ? (none === undefined ? [] : ['', title, none]) : ['', title, ...lines];

const usualLine = ({ detector, subject, observed, expected }: JsonObject): string[] =>
  expected === undefined
    ? []
    : [`  ${text(detector)}: ${text(subject)}: ${text(observed)}, usual is ${text(expected)}`];

const recordLine = ({ file, position, event }: FoundRecord): string =>
  `  ${file} at byte ${position}: ${JSON.stringify(event)}`;
