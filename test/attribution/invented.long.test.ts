import { serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { createAttributor } from '../../src/attribution/attribute.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { MONDAY, Watched } from '../baselines/watched.ts';
import { credential, identity, use } from './helpers.ts';

describe('a million invented identities', () => {
  const unknown = (name: string) => use([identity('credential_id', name)], { time: MONDAY });

  test('are counted, and hold no more than the bound', () => {
    const attributor = createAttributor(createRegistry([credential('glob', { match: { credential_id: ['k-*'] } })]));
    for (let index = 0; index < 1_000_000; index++) attributor.attribute(unknown(`invented-${index}`));
    expect(attributor.stats()).toEqual({ unregistered: 1_000, overflow: 999_000, evicted: 0 });
    expect(attributor.save().entries).toHaveLength(1_000);
    expect(attributor.attribute(unknown('one more'))).toMatchObject({ method: 'overflow', principal: undefined });
    expect(attributor.attribute(unknown('invented-0')).method).toBe('unregistered');
  });

  test('leave the state of a thousand', () => {
    const watched = new Watched([]);
    for (let count = 0; count < 1_000_000; count++) watched.use(MONDAY + count * 2_000, {}, `invented-${count}`);
    expect(watched.core.engine.baselines.size).toBeLessThanOrEqual(1_000);
    expect(watched.core.attributor.stats().overflow).toBeGreaterThan(900_000);
    expect(watched.core.incidents.openAlerts.length).toBeLessThanOrEqual(1);
    expect(serialize(watched.core.save()).length).toBeLessThan(20_000_000);
  });
});
