import { AT, ID_ACTIONS, IDS, type State } from './state.ts';

/**
 * Whether objects are asked for in order of their ids: a crawl goes from one to the next, ordinary use jumps. Each use is evidence for one
 * or the other, by how often this principal's ids follow each other.
 */

/** Uses with an id from which something can be said. */
const LEAST = 50;
/** Of a crawl's uses, this share has an id that follows one of the last; the rest are skipped or done by the agent meanwhile. */
const OF_CRAWL = 0.7;

const placeOf = (state: State, action: number): number => {
  for (let place = 0; place < ID_ACTIONS; place++) if (state.u16[AT.idAction + place] === action + 1) return place;
  const place = state.u16[AT.idNext] as number;
  state.u16[AT.idNext] = (place + 1) % ID_ACTIONS;
  state.u16[AT.idAction + place] = action + 1;
  state.u16[AT.idCount + place] = 0;
  return place;
};

/** The longest number that is added up digit by digit without rounding. */
const EXACT_DIGITS = 15;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The number that a path ends in, or the last one in it: the object that is asked for; -1 where there is none. */
export const idIn = (path: string): number => {
  let end = path.length;
  while (end > 0 && !isDigit(path.charCodeAt(end - 1))) end--;
  let start = end;
  let id = 0;
  let place = 1;
  for (; start > 0; start--) {
    const code = path.charCodeAt(start - 1);
    if (!isDigit(code)) break;
    id += (code - 48) * place;
    place *= 10;
  }
  const isSegment = path.charCodeAt(start - 1) === 47 && (end === path.length || path.charCodeAt(end) === 47);
  if (!isSegment || end === start) return -1;
  return (end - start <= EXACT_DIGITS ? id : Number(path.slice(start, end))) >>> 0;
};

/** Notes an object that was asked for, and how it stands to the last ones; `action` is its index among the principal's actions. */
export const askFor = (state: State, action: number, id: number): 'again' | 'follows' | 'jumps' => {
  const place = placeOf(state, action);
  const first = AT.ids + place * IDS;
  const count = state.u16[AT.idCount + place] as number;
  let follows = false;
  for (let at = first; at < first + Math.min(count, IDS); at++) {
    const before = state.u32[at] as number;
    if (before === id) return 'again';
    if (before === (id - 1) >>> 0 || before === (id - 2) >>> 0 || before === (id + 1) >>> 0) follows = true;
  }
  state.u32[first + (count % IDS)] = id;
  state.u16[AT.idCount + place] = count + 1 < 0xfff0 ? count + 1 : IDS;
  return follows ? 'follows' : 'jumps';
};

/** Whether enough is known to say anything. */
export const isSequenceKnown = (state: State): boolean => (state.f32[AT.asked] as number) > LEAST;

/** Share of its uses whose id follows one of the last. */
export const usuallyInOrder = (state: State): number =>
  ((state.f32[AT.inOrder] as number) + 2) / ((state.f32[AT.asked] as number) + 20);

/** How many times as likely such a use is of a crawl. */
export const likelihoodOfCrawl = (follows: boolean, usually: number): number =>
  follows ? OF_CRAWL / usually : (1 - OF_CRAWL) / (1 - usually);

export const learnAsked = (state: State, follows: boolean): void => {
  state.f32[AT.asked] = (state.f32[AT.asked] as number) + 1;
  if (follows) state.f32[AT.inOrder] = (state.f32[AT.inOrder] as number) + 1;
};

/** The name of that action has made room for another. */
export const forgetIdsOf = (state: State, action: number): void => {
  for (let place = 0; place < ID_ACTIONS; place++)
    if (state.u16[AT.idAction + place] === action + 1) state.u16[AT.idAction + place] = 0;
};
