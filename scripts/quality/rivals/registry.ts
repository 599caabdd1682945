import { cutForest } from './cut-forest.ts';
import { ewmaCusum } from './ewma-cusum.ts';
import { firstSeen } from './first-seen.ts';
import type { Rival } from './rival.ts';
import { rollingZ } from './z-score.ts';

/** What Wayward is compared with, side by side on the same data. */
export const RIVALS: readonly Rival[] = [ewmaCusum, rollingZ, firstSeen, cutForest];
