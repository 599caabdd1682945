import { CallError } from '../errors.ts';
import type { Notes } from './action.ts';
import type { ResponseContext } from './context.ts';

/** Milliseconds. A claim lasts a minute: whoever is slower stops, and begins again where it was. */
const LONGEST = 20_000;

const settingOf = (key: string): string => `rotation.notes.${key}`;

/** Notes in the store, under the key of their step. */
export class StoredNotes implements Notes {
  readonly #setting: string;
  readonly #response: ResponseContext;
  readonly #safe: (() => Promise<void>) | undefined;
  readonly #began = performance.now();

  /** @param safe makes what was written safe; rejects where another process is to act */
  constructor(key: string, response: ResponseContext, safe?: () => Promise<void>) {
    this.#setting = settingOf(key);
    this.#response = response;
    this.#safe = safe;
  }

  get isEmpty(): boolean {
    return Object.keys(this.#all).length === 0;
  }

  get(name: string): string | undefined {
    return this.#all[name];
  }

  async keep(name: string, value: string): Promise<void> {
    this.#response.state.setSetting(this.#setting, { ...this.#all, [name]: value });
    await this.#safe?.();
    if (performance.now() - this.#began > LONGEST) throw new CallError(`slow: it goes on after "${name}"`, true);
  }

  get #all(): Readonly<Record<string, string>> {
    return (this.#response.state.setting(this.#setting) ?? {}) as Record<string, string>;
  }
}

/** A step has ended. */
export const forgetNotes = (key: string, { state }: Pick<ResponseContext, 'state'>): void =>
  state.setSetting(settingOf(key), undefined);
