import type { CredentialUse } from '../event.ts';
import { type Name, type Names, NEVER_LEGACY } from './names.ts';
import type { Observation } from './observation.ts';
import { peersOf } from './peers.ts';
import { daysOf, type Principal, presentMembers } from './principal.ts';
import { countNew } from './repertoire.ts';
import { HOUR } from './series.ts';
import { AT, type State } from './state.ts';
import { chanceOfNew, isKnown, learnThing, ORDINARY } from './usual-things.ts';

/**
 * A client that an agent never had, at one of its own places. A change of its program ends the old client; a tool that somebody else holds its
 * credential with works beside it. So it is held until it is one or the other.
 */

/** Own days that say what it is used with. */
const LEAST_DAYS = 7;
/** Clients used within this time are both in use. */
const AT_ONCE = 6 * HOUR;
/** Uses that are no slip. */
const SOME_USES = 3;
/** Uses after which a return of its own client is worth telling. */
const MANY_USES = 8;
/** Days after which it was a change, where the old one did not return, and after which it is usual whatever happens. */
const CHANGED_DAYS = 3;
const STEADY_DAYS = 7;
const NOBODY: Name = { low: 0, high: 0, legacy: NEVER_LEGACY };

const isGuest = ({ u32 }: State, { low, high }: Name): boolean => u32[AT.guest] === low && u32[AT.guestHigh] === high;

const beginGuest = ({ u32, u16, f64 }: State, { low, high }: Name): void => {
  u32[AT.guest] = low;
  u32[AT.guestHigh] = high;
  f64[AT.guestAt] = 0;
  for (const field of [AT.guestDay, AT.guestDays, AT.guestUses, AT.guestReturns, AT.guestNow]) u16[field] = 0;
};

const learn = (principal: Principal, name: Name, day: number, isNews: boolean): boolean => {
  if (isGuest(principal.state, name)) beginGuest(principal.state, NOBODY);
  return learnThing(principal, AT.clients, name, day, isNews);
};

/** A person has said that it is in order. */
export const acceptGuest = (principal: Principal, isWithin: (day: number) => boolean): void => {
  const { u32, u16 } = principal.state;
  const day = u16[AT.guestDay] as number;
  if (day === 0 || !isWithin(day)) return;
  learn(
    principal,
    { low: u32[AT.guest] as number, high: u32[AT.guestHigh] as number, legacy: NEVER_LEGACY },
    day,
    false,
  );
};

/** How many members, itself included, have changed to it, and none back. */
const changedToIt = (principal: Principal, name: Name): number =>
  [principal, ...peersOf(principal)].filter(({ state }) => isGuest(state, name) && state.u16[AT.guestReturns] === 0)
    .length;

const useGuest = (principal: Principal, name: Name, seen: Observation): void => {
  const { f64, u16 } = principal.state;
  f64[AT.guestAt] = seen.time;
  u16[AT.guestNow] = 1;
  if (u16[AT.guestDay] !== seen.day) u16[AT.guestDays] = (u16[AT.guestDays] as number) + 1;
  u16[AT.guestDay] = seen.day;
  const uses = Math.min(MANY_USES, (u16[AT.guestUses] as number) + 1);
  u16[AT.guestUses] = uses;
  if (u16[AT.guestReturns] === 1 && uses >= SOME_USES) seen.source = 'client-beside';
  const days = u16[AT.guestDays] as number;
  const isChange = u16[AT.guestReturns] === 0 && days >= CHANGED_DAYS;
  const isTogether = changedToIt(principal, name) >= Math.max(3, 0.5 * presentMembers(principal, seen.time));
  if (isChange || isTogether || days >= STEADY_DAYS) learn(principal, name, seen.day, true);
};

/** Its own client again. */
const useOwn = ({ state: { f64, u16 } }: Principal, seen: Observation): void => {
  if (u16[AT.guestNow] === 0 || seen.time - (f64[AT.guestAt] as number) >= AT_ONCE) return;
  u16[AT.guestNow] = 0;
  u16[AT.guestReturns] = 1;
  if ((u16[AT.guestUses] as number) >= MANY_USES) seen.source ??= 'client-returned';
};

/** Takes the client of a use at a place of its own into account. */
export const noteClient = (
  principal: Principal,
  { result }: CredentialUse,
  client: string,
  names: Names,
  seen: Observation,
  isLearning: boolean,
): void => {
  const { state } = principal;
  const name = names.client(client);
  if (isGuest(state, name) && !isKnown(principal, AT.clients, name)) {
    if (result !== 'error') useGuest(principal, name, seen);
    return;
  }
  const isNews =
    !isLearning &&
    daysOf(state) >= LEAST_DAYS &&
    !isKnown(principal, AT.clients, name) &&
    chanceOfNew(principal, AT.clients) < ORDINARY;
  if (!isNews) {
    if (learn(principal, name, seen.day, !isLearning)) seen.client = 'new';
    else useOwn(principal, seen);
    return;
  }
  seen.client = 'new';
  countNew(state, AT.clients, seen.day);
  beginGuest(state, name);
  if (result !== 'error') useGuest(principal, name, seen);
};
