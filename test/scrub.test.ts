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

test.each([
  ['no response from the server', 'postgres://u:resp@h/d'],
  ['database "shop" does not exist', 'postgres://u:database@h/shop'],
  ['connect ECONNREFUSED 127.0.0.1:5432', 'postgres://u:5432@127.0.0.1/d'],
  ['the token is too long', 'https://u:too@h/'],
])('a password that is part of a word, or one, changes no other text: %s', (text, secret) => {
  expect(scrub(text, [secret])).toBe(text);
});

test.each([
  ['cannot reach postgres://u:resp@h/d', 'cannot reach [redacted]'],
  ['cannot reach postgres://u:resp@other/d', 'cannot reach postgres://u:[redacted]@other/d'],
  ['password "resp" was refused', 'password "[redacted]" was refused'],
  ['wrong password: resp', 'wrong password: [redacted]'],
  ['?password=resp&x=1', '?password=[redacted]&x=1'],
])('where it stands as the password it is gone: %s', (text, expected) => {
  expect(scrub(text, ['postgres://u:resp@h/d'])).toBe(expected);
});

test('a short one with digits is gone as a word', () => {
  expect(scrub('got hunter2, not hunter22', ['hunter2'])).toBe('got [redacted], not hunter22');
});
