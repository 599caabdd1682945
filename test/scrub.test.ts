import { expect, test } from 'vitest';
import { scrub } from '../src/scrub.ts';

const SECRET = 'p@"w/x y\n';

test.each([
  ['as it is', SECRET],
  ['without the line end that a header drops', SECRET.trim()],
  ['within a JSON string', JSON.stringify({ said: SECRET })],
  ['percent-encoded', `?token=${encodeURIComponent(SECRET.trim())}`],
])('a secret is gone %s', (_form, text) => {
  expect(scrub(`refused: ${text} (401)`, [SECRET])).toMatch(/^refused: .*\[redacted\].* \(401\)$/);
});

test.each(['p%40ss', 'p@ss'])("a URL's password is gone too, as %s", (written) => {
  expect(scrub(`no user with ${written}`, ['postgres://u:p%40ss@db.example.com/x'])).toBe('no user with [redacted]');
});

test('of two secrets, one of which holds the other, nothing is left', () => {
  expect(scrub('got abcdef-123', ['abcdef', 'abcdef-123'])).toBe('got [redacted]');
});

test('no secret, half a surrogate and an empty one change nothing; what is long is cut only afterwards', () => {
  expect(scrub('nothing here', ['', '\ud800'])).toBe('nothing here');
  const long = 'x'.repeat(495);
  expect(scrub(`${long}secret-one`, ['secret-one'])).toBe(`${long}[reda`);
});
