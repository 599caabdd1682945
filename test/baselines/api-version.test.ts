import { expect, test } from 'vitest';
import { inEarlierVersions } from '../../src/baselines/api-version.ts';

test('a version is a number in a path of its own, the three before it are the same interface', () => {
  expect(inEarlierVersions('GET /api/v3/orders')).toEqual(['GET /api/v2/orders', 'GET /api/v1/orders']);
  expect(inEarlierVersions('GET /v12/orders')).toEqual(['GET /v11/orders', 'GET /v10/orders', 'GET /v9/orders']);
  for (const action of [
    'GET /v1/orders',
    'GET /v0/orders',
    'GET /v2beta/orders',
    'GET /dev2/orders',
    'SELECT public.v2',
  ])
    expect(inEarlierVersions(action)).toEqual([]);
});
