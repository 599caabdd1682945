import { HOUR, MINUTE, SECOND } from '../../schedule.ts';
import type { Template } from '../../use.ts';
import { type AttackClass, calls, either, ownTemplates, reads, STEADY, SYSTEMS } from './scene.ts';

/** The same with an id that counts up, as somebody who takes all of them writes it. */
function numbered(template: Template, id: number): Template {
  const { action } = template;
  if (action.kind === 'http')
    return {
      ...template,
      action: {
        ...action,
        path: action.path.replace(/\{u?u?id\}/, String(id)),
        args: action.args.replace('{id}', String(id)),
      },
    };
  if (action.kind === 'vault') return { ...template, action: { ...action, path: `${action.path}-${id}` } };
  return { ...template, action: { ...action, statement: action.statement.replaceAll('$1', String(id)) } };
}

const perHour = (day: number): number => Math.max(4, day / 10);

/** Too much of what it may do. */
export const AMOUNTS: readonly AttackClass[] = [
  {
    id: 'request-burst',
    about: 'the usual calls, many times as fast for some minutes',
    systems: SYSTEMS,
    archetypes: STEADY,
    when: 'working',
    act: (scene) => {
      const own = ownTemplates(scene);
      const count = Math.round(perHour(scene.day.length) * either(scene, 40, 10));
      return calls(scene, count, (20 * MINUTE) / count, (index) => own[index % own.length] as Template);
    },
  },
  {
    id: 'faster-poll',
    about: 'a poller at a multiple of its pace',
    systems: SYSTEMS,
    archetypes: ['poller'],
    when: 'working',
    act: (scene) => calls(scene, either(scene, 400, 120), either(scene, 8, 40) * SECOND, () => reads(scene)),
  },
  {
    id: 'large-answers',
    about: 'as many calls as usual, answers many times as large',
    systems: ['http'],
    archetypes: ['office', 'office-kolkata', 'always-on', 'functions', 'newborns', 'on-call'],
    when: 'working',
    act: (scene) =>
      calls(scene, either(scene, 60, 25), 25 * SECOND, () => reads(scene), { bytes: either(scene, 400_000, 120_000) }),
  },
  {
    id: 'many-rows',
    about: 'few statements, each returning the table',
    systems: ['sql'],
    archetypes: ['office-new-york', 'office-adelaide', 'retriever', 'nightly'],
    when: 'working',
    act: (scene) =>
      calls(scene, either(scene, 14, 5), 30 * SECOND, () => reads(scene), { rows: either(scene, 50_000, 15_000) }),
  },
  {
    id: 'enumeration',
    about: 'one object after the other by counting ids up, fast',
    systems: SYSTEMS,
    archetypes: ['office', 'office-new-york', 'always-on', 'pods', 'spiky', 'broker'],
    when: 'working',
    act: (scene) =>
      calls(scene, either(scene, 900, 250), either(scene, 0.4, 1.5) * SECOND, (index) =>
        numbered(reads(scene), 1_000 + index),
      ),
  },
  {
    id: 'slow-crawl',
    about: 'one object after the other all day, slower than any limit',
    systems: ['http', 'sql'],
    archetypes: ['office', 'office-new-york', 'retriever', 'functions', 'always-on'],
    when: 'morning',
    act: (scene) => {
      const count = Math.round(scene.day.length * either(scene, 3, 1.2)) + 100;
      return calls(scene, count, (11 * HOUR) / count, (index) => numbered(reads(scene), 20_000 + index));
    },
  },
  {
    id: 'slow-drip',
    about: 'larger answers than usual, a few a day, for three days',
    systems: ['http', 'sql'],
    archetypes: ['office', 'office-new-york', 'retriever', 'always-on'],
    when: 'working',
    days: 3,
    act: (scene) =>
      [0, 1, 2].flatMap((day) =>
        calls({ ...scene, at: scene.at + day * 24 * HOUR }, either(scene, 30, 12), 9 * MINUTE, () => reads(scene), {
          rows: either(scene, 4_000, 1_500),
          bytes: either(scene, 60_000, 25_000),
        }),
      ),
  },
  {
    id: 'patient-growth',
    about: 'half as much again each day for twelve days, until it is many times the usual',
    systems: ['http', 'sql'],
    archetypes: ['always-on', 'retriever', 'functions', 'pods'],
    when: 'morning',
    days: 12,
    act: (scene) => {
      const own = ownTemplates(scene);
      return Array.from({ length: 12 }, (_, day) => {
        const count = Math.round(scene.day.length * (either(scene, 1.5, 1.3) ** (day + 1) - 1));
        return calls(
          { ...scene, at: scene.at + day * 24 * HOUR },
          count,
          (10 * HOUR) / count,
          (index) => own[index % own.length] as Template,
        );
      }).flat();
    },
  },
];
