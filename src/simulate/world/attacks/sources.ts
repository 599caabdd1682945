import { integer } from '../../random.ts';
import { MINUTE, SECOND } from '../../schedule.ts';
import { type AttackClass, either, from, ownWork, STEADY, SYSTEMS } from './scene.ts';

/** From where it never was. */
export const SOURCES: readonly AttackClass[] = [
  {
    id: 'foreign-source',
    about: 'its own work from another network, with another client',
    systems: SYSTEMS,
    archetypes: ['office', 'office-new-york', 'always-on', 'retriever', 'poller', 'broker', 'analytics'],
    when: 'working',
    act: (scene) => from(scene.elsewhere, ownWork(scene, either(scene, 60, 8), 30 * SECOND)),
  },
  {
    id: 'foreign-cloud',
    about: "pods and functions have changing addresses; this one is in nobody's network",
    systems: SYSTEMS,
    archetypes: ['pods', 'functions', 'newborns', 'spiky', 'office-kolkata'],
    when: 'working',
    act: (scene) =>
      from(
        { ...scene.elsewhere, client: either(scene, scene.elsewhere.client, scene.place.client) },
        ownWork(scene, either(scene, 60, 15), 30 * SECOND),
      ),
  },
  {
    id: 'same-client-elsewhere',
    about: 'from another network with the very same client, while the owner pauses',
    systems: SYSTEMS,
    archetypes: ['office', 'office-new-york', 'always-on', 'retriever'],
    when: 'pause',
    act: (scene) =>
      from({ ip: scene.elsewhere.ip, client: scene.place.client }, ownWork(scene, either(scene, 60, 10), 30 * SECOND)),
  },
  {
    id: 'second-host',
    about: 'a second host in the same network at the same time, with the same client',
    systems: SYSTEMS,
    archetypes: ['poller', 'always-on', 'retriever', 'office'],
    when: 'working',
    act: (scene) => {
      const ip = scene.place.ip.replace(/\d+$/, String(integer(scene.random, 2, 254)));
      return from({ ip, client: scene.place.client }, ownWork(scene, either(scene, 250, 60), MINUTE));
    },
  },
  {
    id: 'other-client',
    about: "from the agent's own host with a tool of its own",
    systems: SYSTEMS,
    archetypes: ['office', 'office-new-york', 'always-on', 'retriever', 'pods', 'broker'],
    when: 'working',
    act: (scene) =>
      from({ ip: scene.place.ip, client: scene.elsewhere.client }, ownWork(scene, either(scene, 60, 12), 30 * SECOND)),
  },
  {
    id: 'stolen-together',
    about: 'one address uses the credentials of several agents',
    systems: SYSTEMS,
    archetypes: STEADY,
    when: 'working',
    victims: 3,
    act: (scene) => from(scene.elsewhere, ownWork(scene, either(scene, 30, 5), 20 * SECOND)),
  },
];
