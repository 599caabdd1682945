import { choice, integer } from '../../random.ts';
import { HOUR, MINUTE, SECOND } from '../../schedule.ts';
import type { Template } from '../../use.ts';
import { type AttackClass, calls, either, ownTemplates, ownWork, type Scene, STEADY, SYSTEMS } from './scene.ts';
import { DAMAGE, DESTROY, DOORS, EXPORT, PRIVILEGE, SENSITIVE } from './targets.ts';

const AT_WORK = [...STEADY, 'spiky', 'on-call'];

/** Some of these, now and then. */
const some = (
  scene: Scene,
  targets: Readonly<Record<string, readonly Template[]>>,
  loud: number,
  careful: number,
): ReturnType<typeof calls> =>
  calls(scene, either(scene, loud, careful), 20 * SECOND, () =>
    choice(scene.random, targets[scene.agent.archetype.system] as readonly Template[]),
  );

/** What it never did. */
export const ACTIONS: readonly AttackClass[] = [
  {
    id: 'privilege',
    about: 'gives itself or others more rights',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => some(scene, PRIVILEGE, 3, 1),
  },
  {
    id: 'export',
    about: 'takes everything at once',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => some(scene, EXPORT, 3, 1),
  },
  {
    id: 'sensitive-read',
    about: 'reads what nearly nobody should',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => some(scene, SENSITIVE, 8, 1),
  },
  {
    id: 'destroy',
    about: 'drops, truncates, purges',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => some(scene, DESTROY, 3, 1),
  },
  {
    id: 'sabotage',
    about: 'deletes or overwrites one object after the other',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => some(scene, DAMAGE, 200, 25),
  },
  {
    id: 'new-action',
    about: 'ordinary calls of another team, which nobody in its group makes',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => calls(scene, either(scene, 12, 2), 20 * SECOND, () => choice(scene.random, scene.strangers)),
  },
  {
    id: 'cold-start',
    about: 'a newborn instance does what none of its peers do',
    systems: SYSTEMS,
    archetypes: ['newborns'],
    when: 'working',
    act: (scene) =>
      calls(scene, either(scene, 12, 2), 15 * SECOND, () =>
        choice(scene.random, either(scene, DOORS.http, scene.strangers)),
      ),
  },
  {
    id: 'denied-probing',
    about: 'tries doors that are closed',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) =>
      calls(
        scene,
        either(scene, 80, 8),
        either(scene, 2, 15) * SECOND,
        () => choice(scene.random, DOORS[scene.agent.archetype.system]),
        { result: 'denied' },
      ),
  },
  {
    id: 'fuzzing',
    about: 'malformed calls, which fail',
    systems: ['http', 'sql'],
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) =>
      calls(
        scene,
        either(scene, 1_500, 300),
        either(scene, 0.3, 2) * SECOND,
        () => choice(scene.random, ownTemplates(scene)),
        { result: 'error' },
      ),
  },
  {
    id: 'masquerade',
    about: "a day of another team's work under its name",
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => {
      const found = scene.strangers.slice(0, either(scene, 8, 3));
      return calls(scene, either(scene, 80, 15), 3 * MINUTE, () => choice(scene.random, found));
    },
  },
  {
    id: 'odd-mix',
    about: 'only its rarest calls, for an hour',
    systems: SYSTEMS,
    archetypes: ['office', 'office-new-york', 'always-on', 'retriever', 'pods'],
    when: 'working',
    act: (scene) => {
      const rarest = ownTemplates(scene).slice(-3);
      const count = Math.round((scene.day.length / 10) * either(scene, 4, 1)) + 20;
      return calls(scene, count, HOUR / count, () => choice(scene.random, rarest));
    },
  },
  {
    id: 'honest-cover',
    about: 'its own work, with a few forbidden reads among it',
    systems: SYSTEMS,
    archetypes: AT_WORK,
    when: 'working',
    act: (scene) => {
      const cover = ownWork(scene, 40, 30 * SECOND);
      const time = (cover.at(integer(scene.random, 5, 30))?.time ?? scene.at) + 1_000;
      return [...cover, ...some({ ...scene, at: time }, SENSITIVE, 5, 1)];
    },
  },
];
