import { hold, isHeld, markFlagged } from '../../baselines/holds.ts';
import { at, SERIES, type Series } from '../../baselines/series.ts';
import { AT, get } from '../../baselines/state.ts';
import type { Check, Context, Result } from '../detector.ts';
import { bitsBeyond } from '../strength.ts';

type Tally = 'night' | 'answers' | 'sequence' | 'likeness';

/** What a kind says of a tally that went over its alarm. */
type Said = Pick<Result, 'subject' | 'reason' | 'observed' | 'expected' | 'waits' | 'change'>;

/** The check of kinds that judge one tally of bits; `say` gets its value and what the days before came to. */
export const tallyCheck = (metric: Tally, say: (context: Context, value: number, record: number) => Said): Check => {
  const index = at(metric);
  const { fades } = SERIES[index] as Series;
  return (context, report) => {
    const { principal, seen } = context;
    if (!seen.raised.includes(index)) return;
    const { state } = principal;
    const value = seen.values[index] as number;
    if (isHeld(state, index, seen.day, value)) {
      markFlagged(state, index, value);
      return;
    }
    report({
      ...say(context, value, get(state.f32, AT.record + index)),
      bits: bitsBeyond(value, get(state.f32, AT.alarm + index)),
      window: fades,
      held: (severity) => hold(state, index, seen, value, severity === 'critical'),
    });
  };
};

/** What to call the principal. */
export const whoIs = ({ at: { attribution }, principal }: Context): string =>
  attribution.credential?.agent ?? principal.name;
