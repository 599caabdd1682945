import { AT, get, ID_ACTIONS, IDS, type State } from './state.ts';

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
  const place = get(state.u16, AT.idNext);
  state.u16[AT.idNext] = (place + 1) % ID_ACTIONS;
  state.u16[AT.idAction + place] = action + 1;
  state.u16[AT.idCount + place] = 0;
  return place;
};

export interface Asked {
  /** Undefined while too few are known. */
  readonly bits: number | undefined;
  readonly follows: boolean;
  /** Share of its uses whose id usually follows one of the last. */
  readonly usually: number;
}

/** Notes an object that was asked for; `action` is its index among the principal's actions. */
export const askFor = (state: State, action: number, id: number): Asked | undefined => {
  const place = placeOf(state, action);
  const first = AT.ids + place * IDS;
  const count = get(state.u16, AT.idCount + place);
  let follows = false;
  for (let at = first; at < first + Math.min(count, IDS); at++) {
    const before = get(state.u32, at);
    if (before === id) return undefined;
    if (before === (id - 1) >>> 0 || before === (id - 2) >>> 0 || before === (id + 1) >>> 0) follows = true;
  }
  state.u32[first + (count % IDS)] = id;
  state.u16[AT.idCount + place] = count + 1 < 0xfff0 ? count + 1 : IDS;
  const asked = get(state.f32, AT.asked);
  const usually = (get(state.f32, AT.inOrder) + 2) / (asked + 20);
  if (asked <= LEAST) return { bits: undefined, follows, usually };
  const bits = follows ? Math.log2(OF_CRAWL / usually) : Math.log2((1 - OF_CRAWL) / (1 - usually));
  return { bits, follows, usually };
};

export const learnAsked = (state: State, follows: boolean): void => {
  state.f32[AT.asked] = get(state.f32, AT.asked) + 1;
  if (follows) state.f32[AT.inOrder] = get(state.f32, AT.inOrder) + 1;
};

/** The name of that action has made room for another. */
export const forgetIdsOf = (state: State, action: number): void => {
  for (let place = 0; place < ID_ACTIONS; place++)
    if (state.u16[AT.idAction + place] === action + 1) state.u16[AT.idAction + place] = 0;
};
