import { HOUR, SECOND } from '../../schedule.ts';
import { type AttackClass, either, ownWork, SYSTEMS } from './scene.ts';

const OFFICE = ['office', 'office-new-york', 'office-kolkata', 'office-adelaide', 'analytics', 'growth'];

/** Its own work at times that aren't its own. */
export const TIMES: readonly AttackClass[] = [
  {
    id: 'off-hours',
    about: 'the usual calls in the middle of the night',
    systems: SYSTEMS,
    archetypes: OFFICE,
    when: 'night',
    act: (scene) => ownWork(scene, either(scene, Math.max(60, Math.round(scene.day.length / 3)), 25), 20 * SECOND),
  },
  {
    id: 'off-day',
    about: 'the usual calls at noon on a weekend',
    systems: SYSTEMS,
    archetypes: OFFICE,
    when: 'weekend',
    act: (scene) => ownWork(scene, either(scene, Math.max(80, Math.round(scene.day.length / 2)), 30), 40 * SECOND),
  },
  {
    id: 'off-schedule',
    about: 'a job at another hour than its own',
    systems: SYSTEMS,
    archetypes: ['nightly', 'weekly'],
    when: 'other-hour',
    act: (scene) => ownWork(scene, either(scene, 120, 20), 5 * SECOND),
  },
  {
    id: 'dormant-awake',
    about: 'a credential that was left there is used again',
    systems: SYSTEMS,
    archetypes: ['dormant'],
    when: 'working',
    act: (scene) => ownWork(scene, either(scene, 60, 6), 10 * SECOND),
  },
  {
    id: 'slow-night',
    about: 'a few calls each night for three nights',
    systems: SYSTEMS,
    archetypes: OFFICE,
    when: 'night',
    days: 3,
    act: (scene) =>
      [0, 1, 2].flatMap((night) =>
        ownWork({ ...scene, at: scene.at + night * 24 * HOUR }, either(scene, 40, 12), 60 * SECOND),
      ),
  },
];
