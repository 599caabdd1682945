/**
 * The known word nearest to what was written, for "did you mean"; undefined where none is near.
 * Optimal string alignment distance (a swap of neighbours counts once), with at most a third of the word changed.
 */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const wanted = normal(written.slice(0, LONGEST));
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(wanted, normal(candidate.slice(0, LONGEST)));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return bestDistance <= Math.floor(wanted.length / 3) ? best : undefined;
}

const LONGEST = 64;

/** `peerGroup`, `peer-group` and `Peer_Group` all mean `peer_group`. */
const normal = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
