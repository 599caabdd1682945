import {
  bothWays,
  claimsAreNoAlert,
  isAtMostLow,
  isOneAlert,
  newSubject,
  WORLDS,
  type World,
  wakesNobody,
} from '../quality/worlds.ts';
import type { LongForm } from './form.ts';

const SEEDS = 40;

async function failuresOf(world: World, seed: number): Promise<string[]> {
  const subject = newSubject(world, seed);
  const failures: string[] = [];
  const check = (what: string, wrong: readonly string[] | undefined): void => {
    if (wrong !== undefined) failures.push(`${what}: ${wrong.length === 0 ? 'no alert' : wrong.join('\n')}`);
  };
  check('31 ordinary days wake nobody', wakesNobody(subject));
  check('claims of a stranger are no alert against the agent', claimsAreNoAlert(subject));
  if (world.kind === 'office') check('a short burst at night is at most low', isAtMostLow(subject));
  for (const attack of world.attacks) {
    check(`${attack} is one alert`, isOneAlert(subject, attack));
    const { resumed, scanned } = await bothWays(subject, attack);
    if (JSON.stringify(resumed) !== JSON.stringify(scanned))
      failures.push(`${attack}: going on from what was saved differs from one run over the whole file`);
  }
  return failures;
}

export const quality: LongForm = {
  about: `${SEEDS} seeds of each kind of simulated agent: attacks are one alert each, ordinary weeks none`,
  pieces: WORLDS.flatMap((world) =>
    Array.from({ length: SEEDS }, (_, at) => ({
      name: `${world.kind} ${world.format} ${at + 1}`,
      seconds: 4,
      run: () => failuresOf(world, at + 1),
    })),
  ),
};
