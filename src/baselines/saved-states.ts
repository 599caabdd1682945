import { FIRST_LAYOUT } from './first-layout.ts';
import { type Layout, layoutId } from './layout.ts';
import { type Migration, migrationFrom } from './migrate.ts';
import { LAYOUT_ID } from './state.ts';

/** Stands for the layout of states that were saved without one. */
export const FIRST = layoutId(FIRST_LAYOUT);

/** What became of states that another version saved. */
export interface MigrationReport {
  /** States of other layouts, principals and peer groups. */
  readonly migrated: number;
  /** What they did not have: it starts anew. */
  readonly anew: readonly string[];
  /** What they had that this version does not know: it is forgotten. */
  readonly forgotten: readonly string[];
  /** States of a layout that nothing describes: they start anew as a whole. */
  readonly unreadable: number;
}

/** Reads saved states of any layout, each with the id of its own. */
export class StateReader {
  readonly #layouts: ReadonlyMap<string, Layout>;
  readonly #migrations = new Map<string, Migration>();
  #migrated = 0;
  #unreadable = 0;

  /** @param layouts by their ids, as they were saved beside the states */
  constructor(layouts: ReadonlyMap<string, Layout>) {
    this.#layouts = layouts;
  }

  /** The state in today's layout, as the same buffer where it was in that; undefined where it can't be read. */
  read(state: ArrayBuffer, layout: string): ArrayBuffer | undefined {
    const migration = this.#migration(layout);
    if (migration === undefined || state.byteLength !== migration.bytes) {
      this.#unreadable++;
      return undefined;
    }
    if (layout === LAYOUT_ID) return state;
    this.#migrated++;
    return migration.migrate(state);
  }

  get report(): MigrationReport {
    const others = [...this.#migrations].filter(([id]) => id !== LAYOUT_ID).map(([, migration]) => migration);
    return {
      migrated: this.#migrated,
      anew: [...new Set(others.flatMap(({ anew }) => anew))],
      forgotten: [...new Set(others.flatMap(({ forgotten }) => forgotten))],
      unreadable: this.#unreadable,
    };
  }

  #migration(id: string): Migration | undefined {
    const known = this.#migrations.get(id);
    if (known !== undefined) return known;
    const layout = id === FIRST ? FIRST_LAYOUT : this.#layouts.get(id);
    if (layout === undefined) return undefined;
    const made = migrationFrom(layout);
    this.#migrations.set(id, made);
    return made;
  }
}
