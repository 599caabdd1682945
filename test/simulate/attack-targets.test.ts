import { expect, test } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { seeded } from '../../src/simulate/random.ts';
import { call } from '../../src/simulate/use.ts';
import * as targets from '../../src/simulate/world/attacks/targets.ts';
import { buildWorld } from '../../src/simulate/world/build.ts';
import { LOG_FORMS } from '../../src/simulate/world/files.ts';
import { optionsOf } from '../../src/simulate/world/options.ts';
import type { System } from '../../src/simulate/world/world.ts';

const WORLD = buildWorld(optionsOf({ seed: 1, days: 1, scale: 0.1, attacks: 'none', surprises: 'none' }));

const cases = Object.entries(targets).flatMap(([name, systems]) =>
  Object.entries(systems).flatMap(([system, templates]) =>
    Object.keys(LOG_FORMS[system as System]).map((form) => ({ name, system: system as System, form, templates })),
  ),
);

test.each(cases)('$name in $form: each call is in the log as a use that worked, under its own action', (one) => {
  const parser = formatById(one.form)?.parser({ redactor: createRedactor(Buffer.alloc(32, 1)) });
  const actions = one.templates.map((template) => {
    const render = LOG_FORMS[one.system][one.form]?.render(seeded('targets'), WORLD);
    const agent = WORLD.agents.find(({ archetype }) => archetype.system === one.system);
    const lines = render?.({
      ...call(template, seeded('call')),
      ...{ time: Date.UTC(2026, 9, 1), result: 'success', ip: '10.1.2.3', client: 'agent/1.0' },
      ...{ identity: agent?.identity ?? '', session: 'task-1', endsSession: true },
    });
    const uses = (lines ?? []).flatMap(({ text }) => {
      const bytes = Buffer.from(text);
      const parsed = parser?.parse(bytes, 0, bytes.length);
      return parsed !== undefined && isEvent(parsed) ? [parsed] : [];
    });
    // PostgreSQL writes of some statements several times: a line a relation, and one for COPY.
    expect(
      uses.map(({ result }) => result),
      JSON.stringify(template),
    ).toContain('success');
    expect(uses.filter(({ result }) => result !== 'success')).toEqual([]);
    return uses.map(({ action }) => action).join();
  });
  expect(new Set(actions).size).toBe(one.templates.length);
});
