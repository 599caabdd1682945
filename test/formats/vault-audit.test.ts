import { describe, expect, it } from 'vitest';
import { isEvent, type Parsed } from '../../src/formats/format.ts';
import { vaultAudit } from '../../src/formats/vault-audit.ts';
import { parseOne, redactor } from './records.ts';

const TIME = '2026-11-02T10:00:00.404491Z';
const AUTH = { accessor: 'hmac-sha256:aa', display_name: 'approle', policies: ['agent'], token_type: 'service' };
const REQUEST = {
  id: 'r1',
  operation: 'read',
  path: 'secret/data/billing',
  client_token_accessor: 'hmac-sha256:aa',
  namespace: { id: 'root' },
  remote_address: '10.1.0.5',
  remote_port: 4711,
};
const LOGIN = { ...REQUEST, operation: 'update', path: 'auth/approle/login', client_token_accessor: null };
const NO_AUTH = { policy_results: { allowed: true }, token_type: 'default' };

type Line = Readonly<Record<string, unknown>>;
const line = (record: Line): string =>
  JSON.stringify({ time: TIME, type: 'response', auth: AUTH, request: REQUEST, ...record });

/** Records in their order, by one parser; from `restart` on by another that has what the first saved. */
const parsedAll = (records: readonly Line[], restart = records.length): Parsed[] => {
  const parser = vaultAudit.parser({ redactor });
  const next = vaultAudit.parser({ redactor });
  return records.map((record, at) => {
    if (at === restart) next.load?.(JSON.parse(JSON.stringify(parser.save?.() ?? null)));
    const bytes = Buffer.from(line(record));
    return (at < restart ? parser : next).parse(bytes, 0, bytes.length);
  });
};

const shape = (parsed: Parsed) =>
  isEvent(parsed) ? `${parsed.action} ${parsed.result} ${parsed.proof.state}` : JSON.stringify(parsed);

describe('a namespace', () => {
  it.each([
    ['none', undefined, 'secret/data/billing:read'],
    ['the root', { id: 'root' }, 'secret/data/billing:read'],
    ['the root, with an empty path', { id: 'root', path: '' }, 'secret/data/billing:read'],
    ['one of its own', { id: 'XyZ12', path: 'team-b/' }, 'team-b/secret/data/billing:read'],
    ['one in another', { id: 'XyZ13', path: 'team-b/east/' }, 'team-b/east/secret/data/billing:read'],
    ['one that is no text', { id: 'XyZ14', path: 7 }, 'secret/data/billing:read'],
  ])('%s: is part of what was done', (_name, namespace, action) => {
    expect(parseOne(vaultAudit, line({ request: { ...REQUEST, namespace } }))).toMatchObject({ action });
  });
});

describe('who was authenticated', () => {
  it.each([
    ['auth with nothing but a type, and an error', { auth: { token_type: 'default' }, error: 'permission denied' }],
    ['auth with empty fields, and an error', { auth: { accessor: '', policies: null }, error: 'permission denied' }],
    ['no auth, and an error', { auth: null, error: 'permission denied' }],
    [
      'a login whose answer has an error',
      { request: LOGIN, auth: NO_AUTH, response: { data: { error: 'hmac-sha256:ee' } } },
    ],
    ['a login that is an error', { request: LOGIN, auth: null, error: 'invalid credentials' }],
    [
      'a login over OIDC that ends in a page',
      {
        request: { ...LOGIN, operation: 'read', path: 'auth/oidc/oidc/callback' },
        auth: NO_AUTH,
        response: { data: { http_content_type: 'text/html', http_raw_body: 'hmac-sha256:ee', http_status_code: 400 } },
      },
    ],
  ])('%s: rejected', (_name, record) => {
    expect(parseOne(vaultAudit, line(record))).toMatchObject({ result: 'rejected', proof: { state: 'rejected' } });
  });

  it.each([
    ['a login that gave a token', { request: LOGIN }, 'success'],
    ['a login that says so only in its answer', { request: LOGIN, auth: NO_AUTH, response: { auth: AUTH } }, 'success'],
    ['a path that policies deny', { error: '1 error occurred:\n\t* permission denied\n\n' }, 'denied'],
    [
      'a path that is none, with an error in the answer too',
      { error: 'unsupported path', response: { data: { error: 'x' } } },
      'error',
    ],
    [
      'a batch token, which has no accessor',
      { auth: { display_name: 'token', policies: ['a'] }, request: { ...REQUEST, client_token_accessor: null } },
      'success',
    ],
    [
      'an engine that refuses with nothing but an error in the data',
      {
        request: { ...REQUEST, path: 'database/creds/none' },
        response: { data: { error: 'x' }, mount_type: 'database' },
      },
      'error',
    ],
    [
      'a secret with a field that is called error, of a store',
      { request: { ...REQUEST, path: 'kv/a' }, response: { data: { error: 'x' }, mount_type: 'kv' } },
      'success',
    ],
    [
      'an answer with an error beside other data',
      { response: { data: { error: 'x', a: 'y' }, mount_type: 'pki' } },
      'success',
    ],
    ['an answer with an error, of an engine that is not named', { response: { data: { error: 'x' } } }, 'success'],
  ])('%s: verified', (_name, record, result) => {
    expect(parseOne(vaultAudit, line(record))).toMatchObject({ result, proof: { state: 'verified' } });
  });

  it.each([
    ['10.1.0.5:4711', '10.1.0.5'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['203.0.113.9, 10.1.0.5', '10.1.0.5'],
  ])('the address %s, of a listener behind a proxy, is %s', (written, sourceIp) => {
    const request = { ...REQUEST, remote_address: written };
    expect(parseOne(vaultAudit, line({ request }))).toMatchObject({ sourceIp });
  });

  it('what Vault writes to try a new audit device is no use; a device that is called test is one', () => {
    const request = { ...REQUEST, operation: 'update', path: 'sys/audit/test' };
    expect(parseOne(vaultAudit, line({ type: 'request', auth: undefined, request }))).toEqual({
      ignored: 'request-half',
    });
    expect(parseOne(vaultAudit, line({ request }))).toMatchObject({
      action: 'sys/audit/test:update',
      result: 'success',
    });
  });

  it("Vault's own log, beside which a container writes the audit log, is ignored", () => {
    const own = '2026-11-02T10:00:00.123Z [INFO]  core: vault is unsealed';
    expect(parseOne(vaultAudit, own)).toEqual({ ignored: 'server-line' });
    expect(parseOne(vaultAudit, own.replace('[INFO]', 'INFO'))).toMatchObject({ unusable: 'invalid-json' });
  });

  it('what looks like a query is part of the path', () => {
    const request = { ...REQUEST, path: 'secret/data/billing;payroll?x#y' };
    expect(parseOne(vaultAudit, line({ request }))).toMatchObject({
      action: 'secret/data/billing%3Bpayroll%3Fx%23y:read',
    });
  });

  it('what needs no token is nobody’s use', () => {
    expect(parseOne(vaultAudit, line({ auth: NO_AUTH, response: {} }))).toEqual({ ignored: 'unauthenticated' });
  });

  it('the accessor of the request counts where the token’s data name none, and never against another one', () => {
    const named = (record: Line) => {
      const parsed = parseOne(vaultAudit, line(record));
      return isEvent(parsed) ? parsed.identities.map(({ value }) => value) : parsed;
    };
    expect(named({ auth: { ...AUTH, accessor: undefined } })).toEqual(['hmac-sha256:aa']);
    expect(named({ request: { ...REQUEST, client_token_accessor: 'hmac-sha256:bb' } })).toEqual(['hmac-sha256:aa']);
    const claimed = parseOne(vaultAudit, line({ auth: null, error: 'permission denied' }));
    expect(claimed).toMatchObject({ proof: { state: 'rejected' }, identities: [{ value: 'hmac-sha256:aa' }] });
  });
});

describe('help, to which some versions log no answer', () => {
  const help = { request: { ...REQUEST, id: undefined, operation: 'help' } };
  const asked = { ...help, type: 'request' };

  it('is one use by its request alone, by its answer alone, and by both, also over a restart', () => {
    const use = 'secret/data/billing:help success verified';
    const half = '{"ignored":"response-half"}';
    expect(parsedAll([asked]).map(shape)).toEqual([use]);
    expect(parsedAll([help]).map(shape)).toEqual([use]);
    expect(parsedAll([asked, help, asked, help]).map(shape)).toEqual([use, half, use, half]);
    expect(parsedAll([asked, help], 1).map(shape)).toEqual([use, half]);
  });

  it('an answer to somebody else’s question is a use', () => {
    const other = { request: { ...help.request, remote_port: 4712 } };
    expect(parsedAll([asked, other]).map(shape)[1]).toBe('secret/data/billing:help success verified');
  });

  it('saves nothing that a path or an accessor holds, and nothing where nobody waits', () => {
    const parser = vaultAudit.parser({ redactor });
    expect(parser.save?.()).toBeUndefined();
    const bytes = Buffer.from(line({ type: 'request', request: { ...help.request, path: 'secret/data/Sup3rS3cret' } }));
    parser.parse(bytes, 0, bytes.length);
    expect(JSON.stringify(parser.save?.())).not.toContain('Sup3rS3cret');
  });
});

describe('KMIP', () => {
  it.each([
    ['an operation of the protocol', { request: { ...REQUEST, mount_type: 'kmip', operation: 'kmip' } }],
    ['a line of its own type', { type: 'kmip-response' }],
  ])('%s is ignored, and the reason says so', (_name, record) => {
    expect(parseOne(vaultAudit, line(record))).toEqual({ ignored: 'kmip' });
  });

  it('what is asked of its mount by the API is a use', () => {
    const request = {
      ...REQUEST,
      mount_type: 'kmip',
      operation: 'update',
      path: 'kmip/scope/finance/role/admin/credential/generate',
    };
    expect(parseOne(vaultAudit, line({ request }))).toMatchObject({ result: 'success' });
  });
});
