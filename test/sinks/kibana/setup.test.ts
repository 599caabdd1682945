import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/wayward-yaml.ts';
import { run } from '../../cli/run.ts';
import { problemsOf, temporaryFile, temporaryFolder } from '../../config/temp.ts';
import { type FakeKibana, startFakeKibana } from '../../servers/fake-kibana.ts';

const PASSWORD = 'canary-of-kibana';
const BASIC = `Basic ${Buffer.from(`setup:${PASSWORD}`).toString('base64')}`;
const DASHBOARDS = ['Overview', 'Credential', 'Response', 'Hygiene', 'Pipeline'].map((name) => `Wayward: ${name}`);

/** Runs the command with this `kibana:` section; PASSWORD lies in the file `secret`. */
function setup(kibana: string, password = PASSWORD) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'secret'), password, { mode: 0o600 });
  writeFileSync(join(folder, 'wayward.yaml'), `kibana: { ${kibana} }\n`);
  return run(['setup', 'kibana', '--config', join(folder, 'wayward.yaml')]);
}

const rowsOf = (stdout: string) => stdout.trimEnd().split('\n').slice(1);

describe('wayward setup kibana, against a fake that keeps the contract of the import', () => {
  let kibana: FakeKibana;
  const asUser = (more = '') => `url: ${kibana.url}, username: setup, password: secret://file/secret${more}`;

  beforeAll(async () => {
    kibana = await startFakeKibana(BASIC);
  });
  afterAll(() => kibana.stop());

  test('imports everything, says so of each object, and may be repeated', async () => {
    const first = await setup(asUser());
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(rowsOf(first.stdout)).toHaveLength(17);
    for (const title of DASHBOARDS) expect(first.stdout).toMatch(new RegExp(`^created +dashboard +${title}$`, 'm'));
    expect(first.stdout).toMatch(/^created +data view +Wayward alerts$/m);

    const objects = new Map(kibana.objects);
    const second = await setup(asUser());
    expect(second.code).toBe(0);
    expect(rowsOf(second.stdout).every((row) => row.startsWith('replaced '))).toBe(true);
    expect(kibana.objects).toEqual(objects);
  });

  test('asks as the API wants to be asked', async () => {
    await setup(asUser());
    expect(kibana.last).toMatchObject({
      method: 'POST',
      path: '/api/saved_objects/_import?overwrite=true',
      headers: {
        authorization: BASIC,
        'kbn-xsrf': 'true',
        'content-type': expect.stringMatching(/^multipart\/form-data; boundary=/),
      },
    });
  });

  test('goes into the space that is configured', async () => {
    const { code } = await setup(asUser(', space: security'));
    expect(code).toBe(0);
    expect(kibana.last.path).toBe('/s/security/api/saved_objects/_import?overwrite=true');
    expect([...kibana.objects.keys()].filter((key) => key.startsWith('security/dashboard/'))).toHaveLength(5);
  });

  test('a space that is not there: exit 3, with what to check', async () => {
    const { code, stderr } = await setup(asUser(', space: nowhere'));
    expect(code).toBe(3);
    expect(stderr).toBe(
      'Kibana answered 404, Not Found; check kibana.url with its base path, and that there is a space nowhere\n',
    );
  });

  test('a wrong password: exit 3, and the password is nowhere', async () => {
    const { code, stdout, stderr } = await setup(asUser(), 'wrong-canary');
    expect(code).toBe(3);
    expect(stderr).toBe(
      'Kibana answered 401, Unauthorized; check kibana.username and kibana.password, or kibana.api_key\n',
    );
    expect(stdout + stderr).not.toContain('canary');
  });

  test('an API key goes along as Kibana takes it', async () => {
    const { code } = await setup(`url: ${kibana.url}, api_key: secret://file/secret`);
    expect(code).toBe(3); // this fake knows the user only
    expect(kibana.last.headers).toMatchObject({ authorization: `ApiKey ${PASSWORD}` });
  });

  test('without the right to write: exit 3, with where the privileges stand; secrets in the answer are not shown', async () => {
    kibana.answer(
      403,
      JSON.stringify({ statusCode: 403, error: 'Forbidden', message: `Unable to bulk_create ${PASSWORD}` }),
    );
    const { code, stderr } = await setup(asUser());
    kibana.answer(undefined);
    expect(code).toBe(3);
    expect(stderr).toContain(
      'Kibana answered 403, Unable to bulk_create [redacted]; see docs/kibana.md for the privileges',
    );
  });

  test.each([
    [
      503,
      '{"message":"Kibana server is not ready yet"}',
      'Kibana answered 503, Kibana server is not ready yet; try again once it is up',
    ],
    [302, '', 'Kibana answered 302; redirects are not followed: write the address behind it as kibana.url'],
    [200, '<html>a proxy</html>', 'answered, but not as Kibana does; is kibana.url right?'],
    [200, '{"took":3}', 'answered, but not as Kibana does; is kibana.url right?'],
  ])('an answer of %i %s ends with 3 and says what to do', async (status, body, message) => {
    kibana.answer(status, body);
    const { code, stdout, stderr } = await setup(asUser());
    kibana.answer(undefined);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  test('objects that Kibana refuses are named with the reason, and the end is 3', async () => {
    const picky = await startFakeKibana(BASIC);
    picky.refuseType('search');
    const { code, stdout, stderr } = await setup(`url: ${picky.url}, username: setup, password: secret://file/secret`);
    await picky.stop();
    expect(code).toBe(3);
    expect(stdout).toMatch(/^refused +saved search +Wayward: needs a look \(unsupported type\)$/m);
    expect(stdout).toMatch(/^created +dashboard +Wayward: Overview$/m);
    expect(stderr).toBe('Kibana refused 6 of 17 objects; the reasons stand above\n');
  });

  test('nobody there: exit 3', async () => {
    const gone = await startFakeKibana();
    await gone.stop();
    const { code, stderr } = await setup(`url: ${gone.url}`);
    expect(code).toBe(3);
    expect(stderr).toContain(`${gone.url} does not answer: Kibana: `);
  });
});

describe('kibana: in wayward.yaml', () => {
  test('not configured: exit 2, with what to write', async () => {
    const { code, stderr } = await run([
      'setup',
      'kibana',
      '--config',
      temporaryFile('wayward.yaml', 'state: state\n'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('write kibana: { url: https://kibana.example.com:5601 } into wayward.yaml');
  });

  test.each([
    ['url: kibana.example.com', 'kibana.url'],
    ['url: "https://ann:pw@kibana.example.com"', 'must not hold a user or password'],
    ['url: "https://k.example.com", username: ann', 'takes username and password together'],
    ['url: "https://k.example.com", password: hunter2', 'must not hold the secret itself'],
    [
      'url: "https://k.example.com", username: ann, password: secret://file/a, api_key: secret://file/b',
      'takes a password or an api_key',
    ],
    ['url: "https://k.example.com", space: "../x"', 'kibana.space'],
    ['url: "https://k.example.com", token: secret://file/a', 'kibana'],
  ])('%s is refused with its line', (kibana, problem) => {
    const file = temporaryFile('wayward.yaml', `state: state\nkibana: { ${kibana} }\n`);
    const problems = problemsOf(file, () => loadConfig(file));
    expect(problems.join('\n')).toContain(problem);
    expect(problems[0]).toMatch(/^FILE:2: /);
    expect(problems.join('\n')).not.toMatch(/hunter2|ann:pw/);
  });
});
