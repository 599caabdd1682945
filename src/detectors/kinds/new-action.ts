import { z } from 'zod';
import { type ActionClass, classOf, classOfUse, isSweeping } from '../../action-class.ts';
import type { Credential } from '../../attribution/credential.ts';
import { areaOf } from '../../baselines/area.ts';
import { addNovelty, adoptAction } from '../../baselines/new-actions.ts';
import { note } from '../../baselines/note.ts';
import { wholeDays } from '../../baselines/principal.ts';
import { flagThing } from '../../baselines/repertoire.ts';
import { at } from '../../baselines/series.ts';
import { AT, get } from '../../baselines/state.ts';
import { learnedAction } from '../../learned-action.ts';
import { type Context, defineKind, type Result } from '../detector.ts';
import { didOrTried } from '../outcome.ts';
import { compileSensitive, sensitivePatterns } from '../sensitive.ts';
import { AT_ALARM, bitsBeyond, MOST } from '../strength.ts';
import { bitsText, dayCount, shown } from '../words.ts';
import { whoIs } from './bits-tally.ts';

/** Bits for what a new action does; from GRAVE on, one is enough. */
const BITS_OF: Readonly<Record<ActionClass, number>> = {
  read: 0,
  write: 1,
  delete: 3,
  export: 10,
  destroy: 10,
  privilege: 10,
};
const SENSITIVE = 8;
const SWEEPING = 8;
const GRAVE = 8;
const NEW_AREA = 2;
/** A further action of the same unknown area, or one that a peer has begun with: it is a deployment that reaches one after the other. */
const SAME_AREA = 1;
/** Bits of novelty from which a grave action is a finding. */
const ENOUGH = 12;
/** Where no line shows how much was read, it may be anything: as much more as a burst that just reaches its alarm adds to an incident. */
const UNSEEN_AMOUNT = 6;
/** Bits of one action from which it is worth a low finding. */
const NOTABLE = 7;

const EFFECT: Readonly<Record<ActionClass, string>> = {
  read: '',
  write: '',
  delete: ', which deletes,',
  export: ', which copies data out,',
  destroy: ', which destroys data,',
  privilege: ', which changes privileges,',
};

interface Weighed {
  readonly bits: number;
  readonly isGrave: boolean;
  readonly speaks: boolean;
  readonly effect: string;
}

const weigh = ({ at: { use }, seen }: Context, isSensitive: boolean): Weighed => {
  const action = seen.newShape ? classOfUse(use) : classOf(use.action);
  const ofClass = Math.max(BITS_OF[action], isSensitive ? SENSITIVE : 0, isSweeping(use.action) ? SWEEPING : 0);
  const isGrave = ofClass >= GRAVE && !seen.peersDo;
  const isFollowing = seen.peersBegan > 0 && ofClass <= BITS_OF.write;
  const bits =
    seen.sameArea || isFollowing
      ? SAME_AREA
      : seen.noveltyBits + (seen.peersDo ? Math.min(ofClass, 1) : ofClass) + (seen.newArea ? NEW_AREA : 0);
  const effect = EFFECT[action] === '' && isSensitive ? ', something sensitive,' : EFFECT[action];
  return { bits, isGrave, speaks: isGrave && (action === 'destroy' || action === 'privilege'), effect };
};

const judge = (context: Context, isSensitive: boolean): Result | undefined => {
  const { at: attributed, principal, seen } = context;
  const { state } = principal;
  const weighed = weigh(context, isSensitive);
  const index = at('novelty');
  // What came too late adds to nothing.
  const value = attributed.late ? weighed.bits : addNovelty(principal, seen, weighed.bits);
  const alarm = weighed.isGrave ? ENOUGH : Math.max(ENOUGH, get(state.f32, AT.alarm + index));
  const isFinding = value >= alarm && Number.isFinite(alarm);
  if (!isFinding && !attributed.late) note(principal, seen, index, value);
  if (seen.peersDo && !weighed.isGrave && !isFinding) adoptAction(principal, seen);
  if (!isFinding && (weighed.bits < NOTABLE || seen.action === 'held' || seen.peersDo)) return undefined;
  const ofAmount = seen.newShape && !seen.peersDo ? UNSEEN_AMOUNT : 0;
  const bits = isFinding ? Math.min(MOST, bitsBeyond(value, alarm) + ofAmount) : AT_ALARM - 2;
  const action = learnedAction(attributed.use);
  const peers = principal.group === undefined ? '' : seen.peersDo ? '; a peer does it' : '; no peer ever did';
  const isAgain = seen.action === 'again';
  const how = isAgain
    ? 'again, which is not usual for it yet'
    : `for the first time in ${dayCount(wholeDays(state, seen.time))}`;
  const area = seen.newArea ? ', in an area that is new to it' : '';
  return {
    bits,
    subject: action,
    reason:
      `${whoIs(context)} ${didOrTried(attributed.use)} ${shown(action)}${weighed.effect} ${how}${area}${peers}; ` +
      `${bitsText(value)} of new actions within hours`,
    observed: action,
    expected: isAgain ? 'an action that is usual for it' : 'an action it has done before',
    waits: !weighed.isGrave,
    alone: weighed.isGrave,
    ...(weighed.speaks && isFinding && attributed.use.result === 'success' && { atLeast: 'high' as const }),
    held: () => {
      if (seen.actionIndex >= 0) flagThing(state, AT.actions, seen.actionIndex);
    },
  };
};

/** What an action names beside an area in which the principal is at home: under a mount `secret/`, all is called secret. */
const beyondArea = ({ at: { use }, seen }: Context): string =>
  seen.knownArea ? use.action.replace(areaOf(use.action), '') : use.action;

/** Actions that neither the principal nor its peers have done. */
export const newAction = defineKind({
  id: 'new-action',
  title:
    'Actions never seen from this principal nor its peers, added up over hours, by how often it shows new ones and what they do.',
  trigger: 'new-action',
  evidence: 'action',
  baseline: true,
  parameters: z.strictObject({ sensitive: sensitivePatterns.default([]) }),
  check: ({ sensitive }) => {
    const isSensitive = compileSensitive(sensitive);
    const ofCredentials = new WeakMap<Credential, (action: string) => boolean>();
    const isSensitiveOf = (credential: Credential, action: string): boolean => {
      if (credential.sensitive === undefined) return false;
      const test = ofCredentials.get(credential) ?? compileSensitive(credential.sensitive);
      ofCredentials.set(credential, test);
      return test(action);
    };
    return (context, report) => {
      const action = beyondArea(context);
      const { credential } = context.at.attribution;
      const named = isSensitive(action) || (credential !== undefined && isSensitiveOf(credential, action));
      const result = judge(context, named);
      if (result) report(result);
    };
  },
});
