import { z } from 'zod';
import { ageInDays } from '../../baselines/principal.ts';
import { countByKind, knows, surpriseOfNew } from '../../baselines/repertoire.ts';
import { areShapesKnown } from '../../baselines/shapes.ts';
import { AT } from '../../baselines/state.ts';
import { learnedAction } from '../../learned-action.ts';
import { ACTION_CLASSES, type ActionClass, CLASS_PRIOR, classOfUse, PRIOR_ACTIONS } from '../action-class.ts';
import { type Context, defineKind, type Result } from '../detector.ts';
import { didOrTried } from '../outcome.ts';
import { bitsText, shown } from '../words.ts';

/** Bits for the class of a new action, given the classes that the principal has shown (Dirichlet prior). */
const classBits = (counts: readonly number[], action: ActionClass): number => {
  const shownOfClass = counts[ACTION_CLASSES.indexOf(action)] ?? 0;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return -Math.log2((shownOfClass + PRIOR_ACTIONS * CLASS_PRIOR[action]) / (all + PRIOR_ACTIONS));
};

/** What a class of actions does, where the name alone may not tell. */
const EFFECT: Readonly<Record<ActionClass, string>> = {
  read: '',
  write: '',
  delete: '',
  export: ', which copies data out,',
  destroy: ', which destroys data,',
  privilege: ', which changes privileges,',
};

/** How surprising the new action is; where a peer has done it, no more than a peer's habit. */
const judge = ({ at, principal, seen }: Context): Result => {
  const { state, peers } = principal;
  const action = classOfUse(at.use);
  const did = learnedAction(at.use);
  const peerDid = peers !== undefined && knows(peers, AT.actions, seen.actionName);
  const novelty = surpriseOfNew(state, AT.actions, peerDid ? undefined : peers);
  const ofClass = classBits(countByKind(state, AT.actions, ACTION_CLASSES.length), action);
  const isTooEarly = at.use.shape !== undefined && !areShapesKnown(state, seen.day);
  const bits = novelty === 0 || isTooEarly ? 0 : peerDid ? novelty / 2 : novelty + ofClass;
  const who = at.attribution.credential?.agent ?? principal.name;
  const age = ageInDays(state, seen.time);
  const others = peers === undefined ? '' : peerDid ? '; a peer does it' : '; no peer ever did';
  return {
    bits,
    subject: did,
    reason: `${who} ${didOrTried(at.use)} ${shown(did)}${EFFECT[action]} for the first time in ${age} days${others}; ${bitsText(bits)}`,
    observed: did,
    expected: 'an action it has done before',
  };
};

/** An action that the principal has never done. */
export const newAction = defineKind({
  id: 'new-action',
  title:
    'An action never seen from this principal, judged by how often it shows new ones, what the action does, and whether a peer does it.',
  trigger: 'new-action',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => report(judge(context)),
});
