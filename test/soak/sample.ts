import { choice, seeded } from '../../src/simulate/random.ts';
import type { LongForm, Piece } from './form.ts';

/** A piece and the long form that it is of. */
export interface Chosen {
  readonly form: string;
  readonly piece: Piece;
}

/**
 * Pieces that end in about so many seconds, another choice for each seed: from each long form in turn, so that one with many pieces
 * does not push out the others, and the turn begins with any of them.
 */
export function sample(forms: Readonly<Record<string, LongForm>>, seed: string, seconds: number): Chosen[] {
  const random = seeded(seed);
  const shuffled = <Item>(items: readonly Item[]): Item[] => {
    const rest = [...items];
    return items.map(() => {
      const item = choice(random, rest);
      rest.splice(rest.indexOf(item), 1);
      return item;
    });
  };
  const waiting = shuffled(Object.entries(forms)).map(([form, { pieces }]) => ({ form, pieces: shuffled(pieces) }));
  const chosen: Chosen[] = [];
  let left = seconds;
  for (;;) {
    const before = chosen.length;
    for (const { form, pieces } of waiting) {
      const at = pieces.findIndex((piece) => piece.seconds <= left);
      const [piece] = at === -1 ? [] : pieces.splice(at, 1);
      if (piece === undefined) continue;
      chosen.push({ form, piece });
      left -= piece.seconds;
    }
    if (chosen.length === before) return chosen;
  }
}
