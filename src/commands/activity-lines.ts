import { isObject, type JsonObject } from '../formats/json.ts';

const MOST_ACTION = 48;

/** What an alert's `wayward.activity` tells, for a person: actions, from where, with what, and records as examples. */
export function activityLines(activity: unknown): string[] {
  if (!isObject(activity)) return [];
  const actions = objectsIn(activity['actions']);
  const width = Math.min(MOST_ACTION, Math.max(6, ...actions.map((action) => text(action['name']).length)));
  const others = count(activity['other_requests']);
  return [
    '',
    `What happened (${amountsOf(activity)})`,
    ...actions.flatMap((action) => actionLines(action, width)),
    ...(others > 0 ? [`  and ${number(others)} uses of other actions`] : []),
    ...placeLines('from', activity['addresses']),
    ...placeLines('with', activity['clients']),
    ...objectsIn(activity['examples']).flatMap((example, index) => [
      ...(index === 0 ? ['', 'Examples'] : []),
      `  ${exampleLine(example)}`,
    ]),
  ];
}

function actionLines(action: JsonObject, width: number): string[] {
  const { name, requests, denied, first, objects } = action;
  const refused = count(denied) > 0 ? `, ${number(count(denied))} refused` : '';
  const news = action['new'] === true ? ', never done before' : '';
  const line = `  ${text(name).padEnd(width)}  ${number(count(requests))}×${refused}, first ${clock(first)}${news}`;
  const what = textsIn(objects);
  return what.length === 0 ? [line] : [line, ...what.map((object) => `    ${object}`)];
}

const placeLines = (word: string, places: unknown): string[] =>
  objectsIn(places).map(
    (place, index) =>
      `  ${index === 0 ? word : '    '} ${text(place['name'])}  ${number(count(place['requests']))}×${place['new'] === true ? ', never seen before' : ''}`,
  );

const exampleLine = (example: JsonObject): string =>
  [
    ...[clock(example['at']), text(example['action']), text(example['result']), text(example['object'])],
    ...[text(example['address']), text(example['client']), text(example['status'])],
    ...[amountsOf(example), `event ${text(example['event_id'])}`],
  ]
    .filter((part) => part !== '')
    .join('  ');

function amountsOf({ requests, denied, rows, bytes }: JsonObject): string {
  const parts = [
    [count(requests), 'uses'],
    [count(denied), 'refused'],
    [count(rows), 'rows'],
    [count(bytes), 'bytes'],
  ] as const;
  return parts.flatMap(([amount, what]) => (amount > 0 ? [`${number(amount)} ${what}`] : [])).join(', ');
}

export const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const textsIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
export const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const number = (amount: number): string => amount.toLocaleString('en-US');
const clock = (value: unknown): string => text(value).slice(0, 19).replace('T', ' ');
