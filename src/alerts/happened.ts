import type { AttributedUse } from '../attribution/attributed.ts';
import type { Result } from '../event.ts';

/** Actions, places and records that are told one by one; what is beyond is counted. */
const MOST_ACTIONS = 12;
const MOST_OBJECTS = 3;
const MOST_PLACES = 5;
const MOST_EXAMPLES = 3;
const MOST_TEXT = 128;

/** One action within an incident. */
export interface HappenedAction {
  readonly action: string;
  readonly uses: number;
  /** Of these, refused: not allowed, or not authenticated. */
  readonly refused: number;
  /** Event times, milliseconds. */
  readonly first: number;
  readonly last: number;
  /** Who did it had never done it before. */
  readonly isNew: boolean;
  /** What it was done to, as the log names it; redacted. */
  readonly objects: readonly string[];
}

/** An address or a client. */
export interface HappenedPlace {
  readonly name: string;
  readonly uses: number;
  /** Never seen of it before: the address's network, or the client. */
  readonly isNew: boolean;
}

/** A use as an example: what its record says, redacted. */
export interface HappenedExample {
  /** `event.id` */
  readonly id: string;
  readonly time: number;
  readonly action: string;
  readonly result: Result;
  readonly object?: string;
  readonly address?: string;
  readonly client?: string;
  readonly status?: number;
  readonly rows?: number;
  readonly bytes?: number;
}

/** What a principal did from an incident's first finding until it was quiet, normal or not; bounded. */
export interface Happened {
  readonly uses: number;
  readonly refused: number;
  readonly bytes: number;
  readonly rows: number;
  readonly actions: readonly HappenedAction[];
  /** Uses of actions beyond those. */
  readonly otherUses: number;
  readonly addresses: readonly HappenedPlace[];
  readonly clients: readonly HappenedPlace[];
  readonly examples: readonly HappenedExample[];
}

/** What of a use was never seen of its principal before. */
export interface News {
  readonly action: boolean;
  readonly network: boolean;
  readonly client: boolean;
}

export const NO_NEWS: News = { action: false, network: false, client: false };

const NOTHING: Happened = {
  ...{ uses: 0, refused: 0, bytes: 0, rows: 0, actions: [], otherUses: 0, addresses: [], clients: [], examples: [] },
};

/** With one more use. */
export function happenedWith(before: Happened = NOTHING, at: AttributedUse, news: News): Happened {
  const { use } = at;
  const known = before.actions.findIndex(({ action }) => action === textOf(use.action));
  const hasRoom = known >= 0 || before.actions.length < MOST_ACTIONS;
  return {
    uses: before.uses + use.uses,
    refused: before.refused + (isRefused(use.result) ? use.uses : 0),
    bytes: before.bytes + use.bytes,
    rows: before.rows + use.rows,
    actions: hasRoom ? withAction(before.actions, known, at, news.action) : before.actions,
    otherUses: before.otherUses + (hasRoom ? 0 : use.uses),
    addresses: withPlace(before.addresses, use.sourceIp, use.uses, news.network),
    clients: withPlace(before.clients, use.client, use.uses, news.client),
    examples: known < 0 ? withExample(before, at, news.action) : before.examples,
  };
}

const isRefused = (result: Result): boolean => result === 'denied' || result === 'rejected';

const textOf = (text: string): string => text.slice(0, MOST_TEXT);

function withAction(
  actions: readonly HappenedAction[],
  index: number,
  { use }: AttributedUse,
  isNew: boolean,
): readonly HappenedAction[] {
  const known = actions[index];
  const refused = isRefused(use.result) ? use.uses : 0;
  const object = objectOf(use);
  const next: HappenedAction =
    known === undefined
      ? {
          ...{ action: textOf(use.action), uses: use.uses, refused, first: use.time, last: use.time, isNew },
          objects: object === undefined ? [] : [object],
        }
      : {
          ...known,
          uses: known.uses + use.uses,
          refused: known.refused + refused,
          first: Math.min(known.first, use.time),
          last: Math.max(known.last, use.time),
          objects: withObject(known.objects, object),
        };
  return known === undefined ? [...actions, next] : actions.with(index, next);
}

/** What the action's name folds away: the path with its identifiers, or the statement. */
const objectOf = ({ path, statement, action }: AttributedUse['use']): string | undefined => {
  const object = path ?? statement;
  return object === undefined || action.endsWith(object) ? undefined : textOf(object);
};

const withObject = (objects: readonly string[], object: string | undefined): readonly string[] =>
  object === undefined || objects.length >= MOST_OBJECTS || objects.includes(object) ? objects : [...objects, object];

function withPlace(
  places: readonly HappenedPlace[],
  name: string | undefined,
  uses: number,
  isNew: boolean,
): readonly HappenedPlace[] {
  if (name === undefined) return places;
  const text = textOf(name);
  const index = places.findIndex((place) => place.name === text);
  const known = places[index];
  if (known !== undefined) return places.with(index, { ...known, uses: known.uses + uses });
  return places.length < MOST_PLACES ? [...places, { name: text, uses, isNew }] : places;
}

/** The first use of an action; one that was never seen before takes the place of one that was. */
function withExample({ examples, actions }: Happened, at: AttributedUse, isNew: boolean): readonly HappenedExample[] {
  if (examples.length < MOST_EXAMPLES) return [...examples, exampleOf(at)];
  if (!isNew) return examples;
  const isUsual = ({ action }: HappenedExample): boolean => actions.some((one) => one.action === action && !one.isNew);
  const index = examples.findLastIndex(isUsual);
  return index < 0 ? examples : examples.with(index, exampleOf(at));
}

function exampleOf(at: AttributedUse): HappenedExample {
  const { time, action, result, sourceIp, client, status, rows, bytes } = at.use;
  const object = objectOf(at.use);
  return {
    ...{ id: at.id(), time, action: textOf(action), result },
    ...(object !== undefined && { object }),
    ...(sourceIp !== undefined && { address: textOf(sourceIp) }),
    ...(client !== undefined && { client: textOf(client) }),
    ...(status !== undefined && { status }),
    ...(rows > 0 && { rows }),
    ...(bytes > 0 && { bytes }),
  };
}
