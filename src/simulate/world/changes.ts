import { integer, type Random, seeded } from '../random.ts';
import { DAY } from '../schedule.ts';
import { SURPRISES, type Surprise } from './surprises.ts';
import type { Change, WorldAgent, WorldOptions } from './world.ts';

/** When which surprise happens to whom; each is drawn from its own seed, so that leaving one out leaves the others where they are. */
export const changesOf = (options: WorldOptions, agents: readonly WorldAgent[]): Change[] =>
  SURPRISES.filter(({ id }) => options.surprises.includes(id)).flatMap((surprise) => {
    const random = seeded(`${options.seed}/surprise/${surprise.id}`);
    const groups = [
      ...new Set(
        agents.filter(({ archetype }) => surprise.archetypes.includes(archetype.id)).map(({ group }) => group),
      ),
    ];
    const chosen: Change[] = [];
    while (chosen.length < surprise.groups && groups.length > 0) {
      const [group = ''] = groups.splice(integer(random, 0, groups.length - 1), 1);
      const from = firstDay(surprise, options, random);
      const to = surprise.days === 'rest' ? options.days : Math.min(options.days, from + surprise.days);
      if (from < options.days)
        chosen.push({ surprise: surprise.id, about: surprise.about, group, from, to, effect: surprise.effect });
    }
    return chosen;
  });

function firstDay({ begins, days }: Surprise, options: WorldOptions, random: Random): number {
  const last = options.days - (days === 'rest' ? 2 : days);
  const wanted = Array.from(
    { length: Math.max(0, last - options.quietDays + 1) },
    (_, index) => options.quietDays + index,
  ).filter((day) => {
    const date = new Date(options.from + day * DAY);
    if (begins === 'weekday') return date.getUTCDay() % 6 !== 0;
    return begins !== 'month-end' || new Date(date.getTime() + 3 * DAY).getUTCDate() === 1;
  });
  return wanted[integer(random, 0, Math.max(0, wanted.length - 1))] ?? options.days;
}
