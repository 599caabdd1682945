import { choice, type Random } from '../../../src/simulate/random.ts';

export const BODY = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export const characters = (random: Random, from: string, length: number): string =>
  Array.from({ length }, () => choice(random, [...from])).join('');
