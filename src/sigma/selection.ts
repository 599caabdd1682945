import type { Conditions } from '../detectors/conditions.ts';
import { allOf, anyOf } from './combine.ts';
import type { Condition } from './condition.ts';
import type { Asked } from './field-rules.ts';
import type { LogSource } from './log-sources.ts';
import { type Fields, isFields } from './rule.ts';

/** What came of the parts of a rule that were not taken over as they are. */
export interface Remarks {
  /** Said, but a little differently. */
  readonly notes: Set<string>;
  /** Left out: without it, the rule finds less. */
  readonly leftOut: Set<string>;
  /** What can't be said, and without which the rule would find more: it is not taken over. */
  readonly problems: Set<string>;
}

/** Translates the condition of one rule. Gives nothing where a part can't be said that must be. */
export class Selections {
  readonly #detection: Fields;
  readonly #source: LogSource;
  readonly #remarks: Remarks;

  constructor(detection: Fields, source: LogSource, remarks: Remarks) {
    this.#detection = detection;
    this.#source = source;
    this.#remarks = remarks;
  }

  /** @param isDenied it stands under an odd number of `not` */
  conditionsOf(condition: Condition, isDenied = false): Conditions | undefined {
    if (condition.is === 'selection') return this.#selection(condition.name, this.#detection[condition.name], isDenied);
    if (condition.is === 'not') {
      const inner = this.conditionsOf(condition.of, !isDenied);
      return inner && { not: inner };
    }
    const parts = condition.of.map((part) => () => this.conditionsOf(part, isDenied));
    return condition.is === 'and' ? this.#every(parts) : this.#some(parts, isDenied);
  }

  #selection(name: string, value: unknown, isDenied: boolean): Conditions | undefined {
    if (isFields(value)) return this.#fields(name, value, isDenied);
    if (!Array.isArray(value)) return this.#words(name, [value], isDenied);
    const maps = value.filter(isFields);
    if (maps.length === 0) return this.#words(name, value, isDenied);
    if (maps.length < value.length) return this.#cannot(name, 'fields and words in one list');
    return this.#some(
      maps.map((one) => () => this.#fields(name, one, isDenied)),
      isDenied,
    );
  }

  #fields(name: string, fields: Fields, isDenied: boolean): Conditions | undefined {
    return this.#every(
      Object.entries(fields).map(([key, value]) => () => {
        const [field = '', ...modifiers] = key.split('|');
        const rule = this.#source.fields[field.toLowerCase()];
        if (rule === undefined)
          return this.#cannot(`${name}.${field}`, 'our events do not have this field, or it may hold secrets');
        const values = Array.isArray(value) ? value : [value];
        return this.#try(`${name}.${key}`, isDenied, (remarks) => rule({ field, values, modifiers, ...remarks }));
      }),
    );
  }

  #words(name: string, values: readonly unknown[], isDenied: boolean): Conditions | undefined {
    const { words } = this.#source;
    if (words === undefined) return this.#cannot(name, 'words without a field can’t be looked for in these events');
    return this.#try(name, isDenied, (remarks) => words({ field: name, values, modifiers: [], ...remarks }));
  }

  #try(
    part: string,
    isDenied: boolean,
    make: (remarks: Pick<Asked, 'note' | 'narrower' | 'leaveOut'>) => Conditions,
  ): Conditions | undefined {
    const note = (text: string): void => void this.#remarks.notes.add(`${part}: ${text}`);
    const lessInto =
      (said: Set<string>) =>
      (text: string): void => {
        if (isDenied) throw new Error(`${text}, and it stands under a "not"`);
        said.add(`${part}: ${text}`);
      };
    const narrower = lessInto(this.#remarks.notes);
    const leaveOut = lessInto(this.#remarks.leftOut);
    try {
      return make({ note, narrower, leaveOut });
    } catch (error) {
      return this.#cannot(part, error instanceof Error ? error.message : String(error));
    }
  }

  #cannot(part: string, why: string): undefined {
    this.#remarks.problems.add(`${part}: ${why}`);
    return undefined;
  }

  #every(parts: readonly (() => Conditions | undefined)[]): Conditions | undefined {
    const made = parts.map((part) => part());
    const all = made.filter((one) => one !== undefined);
    return all.length === 0 || all.length < made.length ? undefined : allOf(all);
  }

  /** One of several that can't be said may be left out: the rule finds less. Under a `not` it would find more. */
  #some(parts: readonly (() => Conditions | undefined)[], isDenied: boolean): Conditions | undefined {
    const before = new Set(this.#remarks.problems);
    const made = parts.map((part) => part());
    const any = made.filter((one) => one !== undefined);
    if (any.length === 0 || (isDenied && any.length < made.length)) return undefined;
    for (const problem of this.#remarks.problems) {
      if (before.has(problem)) continue;
      this.#remarks.problems.delete(problem);
      this.#remarks.leftOut.add(problem);
    }
    return anyOf(any);
  }
}
