import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePath, foldPath, isPlainPath } from '../../src/formats/fold-path.ts';

describe('foldPath', () => {
  it.each([
    ['/v1/orders/8812', '/v1/orders/{id}'],
    ['/v1/orders/8812?x=1#y', '/v1/orders/{id}'],
    ['/v1/orders/8812;jsessionid=1', '/v1/orders/{id}'],
    ['/users/c0a80121-7ac0-11d1-898c-00c04fd8d5cd/keys', '/users/{id}/keys'],
    ['/o/507f1f77bcf86cd799439011', '/o/{id}'],
    ['/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/runs/{id}'],
    ['/threads/thread_Ab12Cd34Ef56Gh', '/threads/{id}'],
    ['/u/bob@example.com', '/u/{id}'],
    ['/reports/2026-11-23', '/reports/{id}'],
    ['/reports/8812.json', '/reports/{id}.json'],
    ['/invoices/inv-000123', '/invoices/{id}'],
    ['sys/leases/revoke/database/creds/ro/gNdW6xuehYWC2ysVO6Rxp5lP', 'sys/leases/revoke/database/creds/ro/{id}'],
    ['/reset/[redacted:jwt]', '/reset/{id}'],
  ])('%s is %s', (path, template) => {
    expect(foldPath(path)).toBe(template);
  });

  it.each([
    '/',
    '/v1/customers',
    '/v2beta1/customers/export',
    '/v1/customer-report-2024/summary',
    '/api/getCustomerOrderHistory',
    '/decade/facade',
    '/login.html',
    'secret/data/agent-a/db',
    '//a//b/',
  ])('%s stays', (path) => {
    expect(foldPath(path)).toBe(path);
  });

  it('keeps at most 12 segments of at most 64 characters', () => {
    expect(foldPath('/a'.repeat(40))).toBe(`${'/a'.repeat(12)}/…`);
    expect(foldPath(`/${'a-'.repeat(500)}`)).toHaveLength(65);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (path) => foldPath(path).length <= 13 * 72));
  });

  it('is the same for any number', () => {
    fc.assert(fc.property(fc.nat(), (id) => foldPath(`/v1/orders/${id}/lines`) === '/v1/orders/{id}/lines'));
  });
});

describe('decodePath', () => {
  it.each([
    ['/v1/orders/%38812?x=%31', '/v1/orders/8812'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a%3Fb', '/a%3Fb'],
    ['/100%/a%zz', '/100%/a%zz'],
    ['/%65yJ', '/eyJ'],
    ['/v1/orders/../payroll', '/v1/payroll'],
    ['/v1/orders/%2e%2E/payroll', '/v1/payroll'],
    ['/v1/orders/..%2fpayroll', '/v1/payroll'],
    ['/v1/orders;x=1/../payroll', '/v1/payroll'],
    ['/v1/orders;x=1/7;y?z;/../w', '/v1/orders/7'],
    ['/./v1/./orders/.', '/v1/orders/'],
    ['/v1/orders/..', '/v1/'],
    ['/../../v1', '/v1'],
    ['/..', '/'],
    ['/v1//../orders', '/orders'],
    ['http://api/v1/../orders', 'http://api/orders'],
    ['/v1/...', '/v1/...'],
    ['/v1/.well-known/a..b', '/v1/.well-known/a..b'],
    ['/v1//orders/', '/v1//orders/'],
    ['*', '*'],
  ])('%s is %s', (path, decoded) => {
    expect(decodePath(path)).toBe(decoded);
    expect(isPlainPath(path) && path !== decoded).toBe(false);
  });

  it('takes no longer for dots than for anything else', () => {
    for (const piece of ['../', './', '%2e%2e%2f', '//', ';', ';/', '/.', '%2f..'])
      expect(decodePath(piece.repeat(200_000)).length).toBeLessThanOrEqual(piece.length * 200_000);
  });
});
