import type { CredentialUse } from '../event.ts';
import { noteClient } from './guest-client.ts';
import { add } from './level.ts';
import type { Name, Names } from './names.ts';
import { note } from './note.ts';
import type { Observation } from './observation.ts';
import { isPublic } from './origin.ts';
import { peersOf } from './peers.ts';
import { ageInDays, daysOf, groupAge, type Principal, presentMembers } from './principal.ts';
import { at, HOUR, MINUTE } from './series.ts';
import { ADDRESSES, AT, type State } from './state.ts';
import { chanceOfNew, isKnown, learnThing, ORDINARY, rateOfNew } from './usual-things.ts';

/**
 * From where a principal is used. A move (another cloud network, a new egress) never comes back to the old place; a thief works beside the
 * owner, who does. So a foreign network is held until it is one or the other.
 */

/** A foreign network and the old one used within this time: both are in use. */
const AT_ONCE = 6 * HOUR;
const LEAST_DAYS = 3;
/** Uses and days that say where a principal lives. */
const FIRST_USES = 20;
const FIRST_DAYS = 1.5;
/** Uses from a foreign network that are no accident. */
const SOME_USES = 3;
/** Returns within this time of the last one that counted are the same handing over: a deployment, whose old host ends its work beside the new one. */
const APART = MINUTE;
/** Days after which a foreign network without a return was a move, and after which it is usual whatever happens. */
const MOVED_DAYS = 3;
const STEADY_DAYS = 7;
/** A name that no address has: "some public address", among regions. */
const ANY_PUBLIC = 'public';

const learnPlace = (principal: Principal, ip: string, names: Names, seen: Observation, isNews: boolean): void => {
  if (learnThing(principal, AT.networks, names.network(ip), seen.day, isNews)) seen.network = 'new';
  learnThing(principal, AT.regions, names.region(ip), seen.day, isNews);
  if (isPublic(ip)) learnThing(principal, AT.regions, names.region(ANY_PUBLIC), seen.day, false);
};

const isForeignName = ({ u32 }: State, { low, high }: Name): boolean =>
  u32[AT.foreign] === low && u32[AT.foreignHigh] === high;

const beginForeign = (state: State, { low, high }: Name): void => {
  state.u32[AT.foreign] = low;
  state.u32[AT.foreignHigh] = high;
  state.f32[AT.foreignUses] = 0;
  for (const field of [AT.foreignDays, AT.foreignReturns, AT.foreignDay, AT.foreignNow]) state.u16[field] = 0;
};

/** How many members, itself included, have moved to this network without coming back. */
const movedThere = (principal: Principal, name: Name): number =>
  [principal, ...peersOf(principal)].filter(
    ({ state }) => isForeignName(state, name) && (state.u16[AT.foreignReturns] as number) === 0,
  ).length;

/** One that failed was no use; some of them with a proof, by somebody with another client or beside the owner, come from who has the credential. */
const hasUsed = (state: State, { result, proof }: CredentialUse, isAnother: boolean): boolean =>
  result !== 'error' || (isAnother && proof.state === 'verified' && (state.f32[AT.foreignUses] as number) >= SOME_USES);

const useForeign = (principal: Principal, ip: string, use: CredentialUse, names: Names, seen: Observation) => {
  const { client } = use;
  const { state } = principal;
  const name = names.network(ip);
  const ofNetworks = chanceOfNew(principal, AT.networks);
  const isFarAway = !isKnown(principal, AT.regions, names.region(ip));
  const chance = ofNetworks >= ORDINARY && isFarAway ? chanceOfNew(principal, AT.regions) : ofNetworks;
  const counts = chance < ORDINARY && daysOf(state) >= LEAST_DAYS;
  const hasNewClient =
    client !== undefined &&
    !isKnown(principal, AT.clients, names.client(client)) &&
    rateOfNew(state, AT.clients) < ORDINARY;
  seen.foreign = true;
  const isFirst = !isForeignName(state, name);
  if (isFirst) {
    beginForeign(state, name);
    seen.network = 'new';
    if (hasNewClient) seen.client = 'new';
  }
  state.f32[AT.foreignUses] = (state.f32[AT.foreignUses] as number) + 1;
  state.u16[AT.foreignNow] = 1;
  state.f64[AT.foreignAt] = seen.time;
  if (state.u16[AT.foreignDay] !== seen.day) {
    state.u16[AT.foreignDay] = seen.day;
    state.u16[AT.foreignDays] = (state.u16[AT.foreignDays] as number) + 1;
  }
  const isBeside = (state.u16[AT.foreignReturns] as number) >= 1 && (state.f32[AT.foreignUses] as number) >= SOME_USES;
  const leftPrivate = isPublic(ip) && isFarAway && !isKnown(principal, AT.regions, names.region(ANY_PUBLIC));
  if (counts && hasUsed(state, use, hasNewClient || isBeside)) {
    if (hasNewClient) seen.source = 'network-and-client';
    else if (isBeside) seen.source = 'beside';
    else if (leftPrivate && movedThere(principal, name) < 2) seen.source = 'left-private';
    else if (isFirst) seen.source = 'network';
  }
  const days = state.u16[AT.foreignDays] as number;
  const moved = days >= MOVED_DAYS && (state.u16[AT.foreignReturns] as number) === 0;
  const together = movedThere(principal, name) >= Math.max(3, 0.5 * presentMembers(principal, seen.time));
  if (!(moved || together || chance >= ORDINARY || days >= STEADY_DAYS)) return;
  seen.foreign = false;
  learnPlace(principal, ip, names, seen, true);
  if (client !== undefined) learnThing(principal, AT.clients, names.client(client), seen.day, true);
  beginForeign(state, { low: 0, high: 0, legacy: 0 });
};

/** Back at a place that it knows. */
const useKnown = (principal: Principal, ip: string, names: Names, seen: Observation, isLearning: boolean): void => {
  const { state } = principal;
  learnPlace(principal, ip, names, seen, !isLearning);
  if (state.u16[AT.foreignNow] === 0 || seen.time - (state.f64[AT.foreignAt] as number) >= AT_ONCE) return;
  state.u16[AT.foreignNow] = 0;
  const returns = (state.u16[AT.foreignReturns] as number) + 1;
  state.u16[AT.foreignReturns] = returns;
  if (returns >= 2 && chanceOfNew(principal, AT.networks) < ORDINARY && daysOf(state) >= LEAST_DAYS)
    seen.source = 'returned';
};

/** Place of an address among those used last, or the one that it takes. */
const addressPlace = (state: State, { low, high }: Name): readonly [place: number, isKnown: boolean] => {
  let oldest = 0;
  for (let place = 0; place < ADDRESSES; place++) {
    if (state.u32[AT.address + place] === low && state.u32[AT.addressHigh + place] === high) return [place, true];
    if ((state.f64[AT.addressAt + place] as number) < (state.f64[AT.addressAt + oldest] as number)) oldest = place;
  }
  return [oldest, false];
};

/** Two hosts that take turns: each return to an address that was in use shortly before counts, one of many at once. */
const switchAddress = (principal: Principal, ip: string, names: Names, seen: Observation, counts: boolean): void => {
  const { state } = principal;
  const name = names.address(ip);
  const [place, isKnownAddress] = addressPlace(state, name);
  const now = state.u16[AT.addressNow] as number;
  const isBack =
    isKnownAddress && now > 0 && now !== place + 1 && seen.time - (state.f64[AT.addressAt + place] as number) < AT_ONCE;
  const isCounted = isBack && counts && seen.time - (state.f64[AT.levelAt + at('switches')] as number) >= APART;
  if (isCounted) note(principal, seen, at('switches'), add(state, at('switches'), seen.time, 1));
  state.u32[AT.address + place] = name.low;
  state.u32[AT.addressHigh + place] = name.high;
  state.f64[AT.addressAt + place] = seen.time;
  state.u16[AT.addressNow] = place + 1;
};

export const noteSource = (principal: Principal, use: CredentialUse, names: Names, seen: Observation): void => {
  const { state, recent } = principal;
  const { sourceIp: ip, client } = use;
  const uses = state.u16[AT.firstUses] as number;
  if (uses < FIRST_USES) state.u16[AT.firstUses] = uses + 1;
  const isSame = ip === recent.ip && client === recent.client && uses >= FIRST_USES;
  if (isSame && state.u16[AT.foreignNow] === 0 && state.u16[AT.guestNow] === 0) {
    const place = state.u16[AT.addressNow] as number;
    if (place > 0 && ip !== undefined) state.f64[AT.addressAt + place - 1] = seen.time;
    return;
  }
  const isLearning =
    uses < FIRST_USES || (ageInDays(state, seen.time) < FIRST_DAYS && groupAge(principal, seen.time) < FIRST_DAYS);
  let isForeign = false;
  if (ip !== undefined) {
    isForeign = !isLearning && !isKnown(principal, AT.networks, names.network(ip));
    if (isForeign) useForeign(principal, ip, use, names, seen);
    else useKnown(principal, ip, names, seen, isLearning);
    switchAddress(principal, ip, names, seen, !isServerFault(use));
  }
  if (client !== undefined && !isForeign) noteClient(principal, use, client, names, seen, isLearning);
  recent.ip = ip;
  recent.client = client;
};

/** The server's own doing, not the agent's. */
export const isServerFault = ({ status }: CredentialUse): boolean => status !== undefined && status >= 500;
