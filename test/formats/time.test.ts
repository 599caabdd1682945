import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, timeProblem } from '../../src/formats/time.ts';

describe('parseTime', () => {
  it.each([
    ['2026-11-23 12:01:57.883 UTC', '2026-11-23T12:01:57.883Z'],
    ['2026-11-23 12:01:57 UTC', '2026-11-23T12:01:57Z'],
    ['2026-11-23T12:34:53.298873741Z', '2026-11-23T12:34:53.298Z'],
    ['2026-11-23T12:03:18+00:00', '2026-11-23T12:03:18Z'],
    ['2026-11-23 12:03:18.5+0530', '2026-11-23T06:33:18.5Z'],
    ['2026-11-23 12:03:18-08', '2026-11-23T20:03:18Z'],
  ])('%s', (text, same) => {
    expect(parseTime(text)).toBe(Date.parse(same));
  });

  it.each([
    '',
    'soon',
    '2026-13-01T00:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T12:00:00',
    '2026-11-23 12:00:00 CET',
    '1969-12-31T23:59:59Z',
    '2026-11-23T12:00:00Zx',
  ])('%s is none', (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  it('agrees with Date for every instant', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('2999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => parseTime(date.toISOString()) === date.getTime()));
  });

  it('says what is wrong with a zone', () => {
    expect(timeProblem('2026-11-23 12:00:00.000 CET')).toContain('zone CET');
    expect(timeProblem('soon')).toContain('not of the form');
  });
});
