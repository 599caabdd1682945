import { chance, choice, type Random } from '../../../src/simulate/random.ts';
import { BODY, characters } from './characters.ts';

/** A secret to be planted. One that an issuer's pattern knows is found wherever it stands, another by its name only. */
export interface PlantedSecret {
  readonly value: string;
  readonly isIssued: boolean;
}

const HEX = '0123456789abcdef';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const jwt = (random: Random): string =>
  [
    JSON.stringify({ alg: 'HS256', kid: characters(random, BODY, 8) }),
    JSON.stringify({ sub: characters(random, BODY, 12) }),
  ]
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat(characters(random, BODY, 43))
    .join('.');

/** Widely used shapes, written anew here: a pattern that is wrong must not be the one that tests itself. */
const ISSUED: readonly ((random: Random) => string)[] = [
  jwt,
  (random) => `ghp_${characters(random, BODY, 36)}`,
  (random) => `github_pat_${characters(random, BODY, 22)}_${characters(random, BODY, 59)}`,
  (random) => `glpat-${characters(random, BODY, 20)}`,
  (random) => `hvs.${characters(random, BODY, 24)}`,
  (random) => `s.${characters(random, BODY, 24)}`,
  (random) => `pypi-AgEIcHlwaS5vcmc${characters(random, BODY, 60)}`,
  (random) => `dckr_pat_${characters(random, BODY, 27)}`,
  (random) => `gsk_${characters(random, BODY, 52)}`,
  (random) => `sk-ant-api03-${characters(random, BODY, 93)}AA`,
  (random) => `sk-proj-${characters(random, BODY, 48)}`,
  (random) =>
    `xapp-1-A${characters(random, CAPITALS, 10)}-${characters(random, '0123456789', 13)}-${characters(random, HEX, 64)}`,
  (random) => `xoxb-${characters(random, '0123456789', 12)}-${characters(random, BODY, 24)}`,
  (random) => `shpat_${characters(random, HEX, 32)}`,
  (random) => `dapi${characters(random, HEX, 32)}`,
  (random) => `${characters(random, '123456789', 10)}:AA${characters(random, BODY, 33)}`,
  (random) => `AIza${characters(random, BODY, 35)}`,
  (random) => `SG.${characters(random, BODY, 22)}.${characters(random, BODY, 43)}`,
  (random) => `npm_${characters(random, BODY, 36)}`,
  (random) => `dop_v1_${characters(random, HEX, 64)}`,
  (random) => `hf_${characters(random, BODY, 34)}`,
  (random) => `sk_live_${characters(random, BODY, 24)}`,
];

/** What people make up; each holds a row of characters that stands nowhere else. */
const MADE_UP: readonly ((random: Random) => string)[] = [
  (random) => characters(random, BODY, 12),
  (random) => `${characters(random, HEX, 8)}-Pa55`,
  (random) => `p4:${characters(random, BODY, 9)}!`,
  (random) => `${characters(random, BODY, 10)}/x.y~z`,
  (random) => characters(random, HEX, 32),
];

/** One that is found wherever it stands. */
export const issuedSecret = (random: Random): string => choice(random, ISSUED)(random);

export const plantedSecret = (random: Random): PlantedSecret => {
  const isIssued = chance(random, 0.6);
  return { value: choice(random, isIssued ? ISSUED : MADE_UP)(random), isIssued };
};
