import { describe, expect, it } from 'vitest';
import { customFormat } from '../../src/formats/custom.ts';
import { customFormatSchema } from '../../src/formats/custom-spec.ts';
import { CADDY_SPEC, parseOne, redactor, sampleLines } from './records.ts';

const line = sampleLines('caddy-access.jsonl')[0] ?? '';
const withSpec = (change: object) => customFormat(customFormatSchema.parse({ ...CADDY_SPEC, ...change }));

describe('a format of the user’s own', () => {
  it('knows a key that the log has in clear by its fingerprint only', () => {
    const format = withSpec({ identities: { token_fingerprint: 'request.headers.X-Api-Key.0' } });
    const parsed = parseOne(format, line);
    expect(parsed).toMatchObject({
      identities: [{ key: 'token_fingerprint', value: redactor.fingerprint('k-secret') }],
    });
    expect(JSON.stringify(parsed)).not.toContain('k-secret');
  });

  it('never shows a secret, even where the specification asks for it', () => {
    const secretField = 'request.headers.X-Api-Key.0';
    const format = withSpec({
      session: secretField,
      client: secretField,
      action: `{${secretField}}`,
      identities: { credential_id: secretField },
    });
    const parsed = parseOne(format, line);
    expect(JSON.stringify(parsed)).not.toContain('k-secret');
    expect(parsed).toMatchObject({ session: '[redacted:api-key]', action: '[redacted:api-key]' });
  });

  it('ignores records that its condition leaves out, and refuses those without time or action', () => {
    expect(parseOne(withSpec({ when: { msg: 'other' } }), line)).toEqual({ ignored: 'condition-not-met' });
    expect(parseOne(withSpec({ time: { field: 'nothing', unit: 's' } }), line)).toMatchObject({
      unusable: 'invalid-time',
    });
    expect(parseOne(withSpec({ action: '{nothing}' }), line)).toMatchObject({ unusable: 'missing-field' });
  });

  it.each([
    ['s', 1795437187.955],
    ['ms', 1795437187955],
    ['us', 1795437187955000],
    ['ns', '1795437187955000000'],
    ['iso', '2026-11-23T12:33:07.955Z'],
  ])('reads time in %s', (unit, ts) => {
    const record = JSON.stringify({ ...(JSON.parse(line) as object), ts });
    expect(parseOne(withSpec({ time: { field: 'ts', unit } }), record)).toMatchObject({ time: 1795437187955 });
  });

  it.each([
    [{ action: '{path(x.__proto__.y)}' }, '__proto__'],
    [{ session: 'constructor.name' }, 'constructor'],
    [{ action: '{shout(x)}' }, 'knows no shout'],
    [{ action: '{x' }, 'brace'],
    [{ client: 'a..b' }, 'empty part'],
    [{ dataset: 'no-dot' }, 'module.name'],
    [{ id: 'Bad Id' }, 'lower-case'],
    [{ sesion: 'x' }, 'sesion'],
  ])('refuses %j and says why', (change, why) => {
    expect(customFormatSchema.safeParse({ ...CADDY_SPEC, ...change }).error?.message).toContain(why);
  });
});
