/** `used-after-revocation` as it is shipped, but sooner: milliseconds after the revocation, and told again after a second. */
export const usedAgainDetector = (within: number) => ({
  ...{ id: 'used-after-revocation', title: 'Used after its revocation', description: 'As shipped.', kind: 'revoked' },
  ...{ severity: 'critical', threat: [], parameters: { within: `${within}ms` }, repeat_after: '1s' },
  tests: [
    { name: 'used', credential: { revoked_at: '09:00' }, events: [{}], expect: 'critical' },
    { name: 'refused', credential: { revoked_at: '09:00' }, events: [{ result: 'denied' }], expect: 'none' },
  ],
});
