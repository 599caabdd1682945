import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { number } from '../words.ts';

const MOST_NAMED = 5;

const DAY = 86_400_000;

/** One source with the credentials of several agents that were never in its network: a thief, or a move. Says nothing of what they did. */
export const manyAgents = defineKind({
  id: 'many-agents',
  title:
    'The credentials of several agents, of more than one peer group, came into use at one address within a day, in a network in which they were never before: an alert about the network.',
  trigger: 'sighted',
  evidence: 'source',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ seen: { manyAgents: found } }, report) => {
      if (found === undefined) return;
      const { network, source, agents } = found;
      const named = agents.slice(0, MOST_NAMED).join(', ');
      const more = agents.length > MOST_NAMED ? ` and ${number(agents.length - MOST_NAMED)} more` : '';
      report({
        subject: source,
        reason: `${source} uses the credentials of ${number(agents.length)} agents (${named}${more}), none of which was used from network ${network} before today`,
        observed: agents.length,
        expected: 'agents that were there before',
        window: DAY,
      });
    },
});
