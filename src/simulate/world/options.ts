import { UsageError } from '../../errors.ts';
import { DAY } from '../schedule.ts';
import { ARCHETYPES } from './archetypes.ts';
import { ATTACK_CLASSES } from './attacks/registry.ts';
import { DST, SURPRISES } from './surprises.ts';
import { STRENGTHS, type Strength, type WorldOptions } from './world.ts';

/** A world as somebody writes it: `all`, `none`, ids with commas, or `-id` for all but that. */
export interface Choice {
  readonly seed: number;
  readonly from?: number;
  readonly days?: number;
  readonly quietDays?: number;
  readonly scale?: number;
  readonly archetypes?: string;
  readonly attacks?: string;
  readonly surprises?: string;
  readonly strengths?: readonly Strength[];
}

/** A Monday; clocks go back in Berlin and in New York within the six weeks after, and forward in Adelaide. */
const FIRST_DAY = Date.UTC(2026, 8, 28);

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

/** @throws UsageError for an id that no table has */
export const optionsOf = ({
  seed,
  from = FIRST_DAY,
  days = 42,
  quietDays = 21,
  scale = 1,
  ...choice
}: Choice): WorldOptions => ({
  seed,
  from: Math.floor(from / DAY) * DAY,
  days,
  quietDays,
  scale,
  archetypes: chosen('archetypes', choice.archetypes, ids(ARCHETYPES)),
  attacks: chosen('attacks', choice.attacks, ids(ATTACK_CLASSES)),
  surprises: chosen('surprises', choice.surprises, [...ids(SURPRISES), DST.id]),
  strengths: choice.strengths ?? STRENGTHS,
});

function chosen(what: string, written = 'all', all: readonly string[] = []): string[] {
  if (written === 'all') return [...all];
  if (written === 'none') return [];
  const wanted = written.split(',').map((id) => id.trim());
  const unknown = wanted.find((id) => !all.includes(id.replace(/^-/, '')));
  if (unknown !== undefined) throw new UsageError(`--${what} ${unknown}: is none of ${all.join(', ')}`);
  const without = wanted.filter((id) => id.startsWith('-')).map((id) => id.slice(1));
  const named = wanted.filter((id) => !id.startsWith('-'));
  return all.filter((id) => (named.length === 0 || named.includes(id)) && !without.includes(id));
}

/** For `--list`. */
export const ARCHETYPES_TABLE = ARCHETYPES.map(({ id, members, system, about }) => [
  id,
  String(members),
  system,
  about,
]);
export const ATTACKS_TABLE = ATTACK_CLASSES.map(({ id, about }) => [id, about]);
export const SURPRISES_TABLE = [...SURPRISES, DST].map(({ id, about }) => [id, about]);
