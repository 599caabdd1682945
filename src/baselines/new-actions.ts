import type { CredentialUse } from '../event.ts';
import { learnedAction } from '../learned-action.ts';
import { inEarlierVersions } from './api-version.ts';
import { areaOf } from './area.ts';
import { forgetBusy } from './busy-actions.ts';
import { add } from './level.ts';
import type { Name, Names } from './names.ts';
import type { Observation } from './observation.ts';
import { peersOf } from './peers.ts';
import { ageInDays, daysOf, groupAge, type Principal } from './principal.ts';
import {
  admit,
  adopt,
  count,
  countNew,
  find,
  findNow,
  flagThing,
  hasShown,
  isFlaggedThing,
  type Known,
  knows,
  seeAt,
} from './repertoire.ts';
import { forgetIdsOf } from './sequence.ts';
import { at, HOUR } from './series.ts';
import { areShapesKnown, isUsualShape, learnShape } from './shapes.ts';
import { AT, get, type State } from './state.ts';

/** Actions that neither the principal nor its peers are known for. */

/** Days a held action (or area) comes back on before it is part of the repertoire. */
const STEADY_DAYS = 7;
const STEADY_AREA_DAYS = 3;
/** Days that a group must have been known before something new is news. */
const GROUP_DAYS = 3;
/** Active days, fading, on which its actions (or its group's) were learned before one is new. */
const LEAST_LEARNED = 1.9;
/** Share of the peers that must do it, so that it is the peers' work. */
const COMMON = 0.25;
const PEERS_DAYS = 7;
/** Days within which a deployment reaches the members one by one. */
const BEGAN_DAYS = 3;
const MOST_BITS = 8;
/** Days' worth of doubt. */
const SURE = 1;
const YOUNG_SURE = 8;
const YOUNG_AGE = 3;

const rateOfNew = (state: State): number => get(state.f32, AT.actions.newDays);

/** Bits of a day with something new, by how often it and its group show new things. */
export const surpriseOfNew = (principal: Principal, time: number): number => {
  const { state, group } = principal;
  const ofGroup = group === undefined ? rateOfNew(state) : rateOfNew(group.state) / Math.max(1, group.members.length);
  const sure = ageInDays(state, time) < YOUNG_AGE ? YOUNG_SURE : SURE;
  const chance = (0.5 * rateOfNew(state) + 0.5 * ofGroup + 0.3) / (get(state.f32, AT.actions.allDays) + sure);
  return Math.min(MOST_BITS, Math.max(0, -Math.log2(chance)));
};

/** Whether it, or not a few of its peers, know the area. */
const isKnownArea = (principal: Principal, name: Name): boolean => {
  if (knows(principal.state, AT.areas, name)) return true;
  const peers = peersOf(principal);
  const know = peers.filter(({ state }) => knows(state, AT.areas, name)).length;
  return peers.length > 0 && know >= COMMON * peers.length;
};

/** Whether a peer has begun with it lately. */
const isBegunArea = (principal: Principal, name: Name, day: number): boolean =>
  peersOf(principal).some(({ state }) => hasShown(state, AT.areas, name, day - BEGAN_DAYS));

/** The group's days of an action are those of its members together, so that they can be compared with one's own. */
const noteInGroup = ({ group }: Principal, name: Name, day: number, isFirstToday: boolean, learned: boolean): void => {
  if (group === undefined) return;
  const { state } = group;
  const index = findNow(state, AT.actions, name);
  if (index >= 0 && learned) adopt(state, AT.actions, index);
  if (!isFirstToday) return;
  if (index < 0) admit(state, AT.actions, name, day, learned ? 'learn' : 'hold');
  else if (!count(state, AT.actions, index, day))
    state.f32[AT.actions.days + index] = get(state.f32, AT.actions.days + index) + 1;
  state.f32[AT.actionDays] = get(state.f32, AT.actionDays) + 1;
};

const learnArea = ({ state }: Principal, name: Name, day: number): void => {
  const index = findNow(state, AT.areas, name);
  if (index < 0) admit(state, AT.areas, name, day, 'learn');
  else {
    adopt(state, AT.areas, index);
    count(state, AT.areas, index, day);
  }
};

const putIn = (state: State, name: Name, day: number, isLearned: boolean): number => {
  const index = admit(state, AT.actions, name, day, isLearned ? 'learn' : 'hold', (place) => {
    forgetBusy(state, place);
    forgetIdsOf(state, place);
    if (state.u16[AT.deniedLast] === place + 1) state.u16[AT.deniedLast] = 0;
  });
  state.f32[AT.actionDays] = get(state.f32, AT.actionDays) + 1;
  return index;
};

/** Looks an action up; what failed (a typo, 404) is none: it neither is new nor teaches that new ones are usual. */
export const noteAction = (principal: Principal, use: CredentialUse, names: Names, seen: Observation): void => {
  const { state, recent } = principal;
  const action = learnedAction(use);
  if (action === recent.action && use.result === 'success') {
    seen.actionIndex = recent.actionIndex;
    seen.actionName = recent.actionName;
    return;
  }
  const denied = use.result === 'denied';
  let name = names.action(action);
  let index = findNow(state, AT.actions, name);
  if (denied && (index < 0 || get(state.u16, AT.actions.held + index) > 0)) {
    // An attempt at what it never did is remembered apart from what was really done.
    name = names.denied(action);
    index = findNow(state, AT.actions, name);
  }
  seen.actionName = name;
  seen.actionIndex = index;
  if (use.result === 'error') return;
  const isFirstToday = index < 0 || get(state.u16, AT.actions.last + index) < seen.day;
  if (isFirstToday && index >= 0) state.f32[AT.actionDays] = get(state.f32, AT.actionDays) + 1;
  const known: Known = index < 0 ? 'new' : seeAt(state, AT.actions, index, seen.day, STEADY_DAYS);
  if (known === 'known') {
    learnShape(state, use.shape);
    // What earlier versions knew, they knew without its area.
    if (isFirstToday) learnArea(principal, names.area(areaOf(use.action)), seen.day);
    noteInGroup(principal, name, seen.day, isFirstToday, true);
    if (!denied) {
      recent.action = action;
      recent.actionIndex = index;
      recent.actionName = name;
    }
    return;
  }
  seen.unseen = known === 'new';
  judge(principal, use, names, seen, name, known);
};

const judge = (
  principal: Principal,
  use: CredentialUse,
  names: Names,
  seen: Observation,
  name: Name,
  known: Known,
): void => {
  const { state, group } = principal;
  const area = names.area(areaOf(use.action));
  const peersDo =
    group !== undefined &&
    (knows(group.state, AT.actions, name) || peersOf(principal).some((peer) => knows(peer.state, AT.actions, name)));
  seen.knownArea = isKnownArea(principal, area);
  const newArea = !seen.knownArea && !isBegunArea(principal, area, seen.day);
  const isOld =
    groupAge(principal, seen.time) > GROUP_DAYS && get((group?.state ?? state).f32, AT.actions.allDays) > LEAST_LEARNED;
  const isTooEarly = use.shape !== undefined && !areShapesKnown(state, seen.day);
  const isMoved = inEarlierVersions(learnedAction(use)).some((before) =>
    knows(state, AT.actions, names.action(before)),
  );
  const isNews =
    isOld && !seen.first && !isTooEarly && !isMoved && (!peersDo || (newArea && daysOf(state) > PEERS_DAYS));
  if (!isNews) {
    if (seen.actionIndex < 0) seen.actionIndex = putIn(state, name, seen.day, true);
    else adopt(state, AT.actions, seen.actionIndex);
    noteInGroup(principal, name, seen.day, true, true);
    learnArea(principal, area, seen.day);
    learnShape(state, use.shape);
    if (group !== undefined) learnShape(group.state, use.shape);
    seen.peersDo = peersDo;
    return;
  }
  seen.action = known;
  seen.peersDo = peersDo;
  seen.newArea = newArea;
  seen.newShape = use.shape !== undefined && !isUsualShape(principal, use.shape);
  if (known === 'new') seen.actionIndex = putIn(state, name, seen.day, false);
  if (known !== 'held') {
    seen.noveltyBits = surpriseOfNew(principal, seen.time);
    countNew(state, AT.actions, seen.day);
    if (group !== undefined) countNew(group.state, AT.actions, seen.day);
    noteInGroup(principal, name, seen.day, true, false);
  }
  seen.peersBegan = begunBy(principal, name, seen.day - BEGAN_DAYS);
  if (newArea) noteArea(principal, area, seen);
  const areaPlace = find(state, AT.areas, area) + 1;
  const isSameArea = areaPlace > 0 && state.u16[AT.noveltyArea] === areaPlace;
  seen.sameArea = isSameArea && seen.time - get(state.f64, AT.levelAt + at('novelty')) < EPISODE;
  state.u16[AT.noveltyArea] = areaPlace;
  if (known === 'held') return;
  const begun = begunBy(principal, name, seen.day - PEERS_DAYS);
  if (begun >= Math.max(2, COMMON * (group?.members.length ?? 1))) seen.peersDo = true;
};

/** How many peers have shown an action since that day, learned or not. */
const begunBy = (principal: Principal, name: Name, since: number): number =>
  peersOf(principal).filter(({ state }) => hasShown(state, AT.actions, name, since)).length;

/** An action of the peers, or that came back for long: it belongs to the repertoire, unless what it does is grave. */
export const adoptAction = ({ state }: Principal, seen: Observation): void => {
  if (seen.actionIndex >= 0) adopt(state, AT.actions, seen.actionIndex);
};

/** Uses within this time are one episode. */
const EPISODE = 2 * HOUR;
const LEAST_AREA_DAYS = 20;
/** Days for which an area that was told of is not told of again. */
const TOLD_DAYS = 21;
const MOST_AREA_DAYS = 400;

const noteArea = ({ state }: Principal, name: Name, seen: Observation): void => {
  let index = find(state, AT.areas, name);
  const wasTold =
    index >= 0 &&
    isFlaggedThing(state, AT.areas, index) &&
    seen.day - get(state.u16, AT.areas.last + index) <= TOLD_DAYS;
  if (index < 0) index = admit(state, AT.areas, name, seen.day, 'hold');
  else seeAt(state, AT.areas, index, seen.day, STEADY_AREA_DAYS);
  if (wasTold) {
    state.u16[AT.areaNow] = 0;
    return;
  }
  const goesOn = get(state.u16, AT.areaNow) === index + 1 && seen.time - get(state.f64, AT.areaAt) <= EPISODE;
  const uses = goesOn ? get(state.f32, AT.areaUses) + 1 : 1;
  state.u16[AT.areaNow] = index + 1;
  state.f64[AT.areaAt] = seen.time;
  state.f32[AT.areaUses] = uses;
  const before = get(state.f32, AT.areaEpisodes) - (goesOn ? 1 : 0);
  if (!goesOn) state.f32[AT.areaEpisodes] = before + 1;
  const days = daysOf(state) + 1;
  if (days <= LEAST_AREA_DAYS) return;
  seen.areaBits =
    Math.log2((Math.min(days, MOST_AREA_DAYS) + 1) / (Math.max(0, before) + 0.3)) + 0.25 * Math.log2(uses);
};

/** A flagged episode says nothing of how often it has such: it is taken back, and its area is not told of again for long. */
export const forgetEpisode = ({ state }: Principal): void => {
  const area = get(state.u16, AT.areaNow) - 1;
  if (area < 0) return;
  flagThing(state, AT.areas, area);
  state.f32[AT.areaEpisodes] = Math.max(0, get(state.f32, AT.areaEpisodes) - 1);
  state.u16[AT.areaNow] = 0;
};

/** Adds an unknown action to the novelty of the last hours and gives that, in bits; `bits` say what the action does. */
export const addNovelty = (principal: Principal, seen: Observation, bits: number): number => {
  const amount = seen.noveltyAdded || seen.noveltyBits === 0 ? 0 : bits;
  seen.noveltyAdded = true;
  return add(principal.state, at('novelty'), seen.time, amount);
};
