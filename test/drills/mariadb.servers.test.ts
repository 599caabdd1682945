import { beforeAll, expect, test } from 'vitest';
import { canaryName } from '../../src/drills/canary-name.ts';
import { LEFT_AFTER } from '../../src/drills/drill.ts';
import type { Revoker } from '../../src/response/action.ts';
import { mariadb } from '../../src/revokers/mariadb.ts';
import { NOW } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

describeWith('a drill on MariaDB', startMariaDb, (server) => {
  let settings: Record<string, unknown> = {};

  /** Wayward's own account, with what the revoker needs and nothing more. */
  beforeAll(async () => {
    const { query, urlFor } = server();
    await query('SET GLOBAL general_log = 1');
    await query("SET GLOBAL log_output = 'TABLE'");
    await query("CREATE USER drill_responder@'127.0.0.1' IDENTIFIED BY 'pw'");
    await query("GRANT CREATE USER, CONNECTION ADMIN, PROCESS ON *.* TO drill_responder@'127.0.0.1'");
    await query("GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO drill_responder@'127.0.0.1'");
    settings = { mariadb: { url: await secretOf(urlFor('drill_responder', 'pw')) } };
  });
  const canaries = async (): Promise<string[]> =>
    (await server().query("SELECT User FROM mysql.global_priv WHERE User LIKE 'wayward_canary%'")).map(
      ({ User }) => User,
    );

  test('makes a user, uses it, revokes it over the whole path, is refused, and leaves nothing', async () => {
    const { response, hold } = drillsOf(settings);
    const report = await hold({ with: 'mariadb' });
    expect(report).toMatchObject({ kind: 'mariadb', passed: true });
    expect(report.note).toMatch(
      /^the open session ended, a new login was refused \(MariaDB: \w+ Access denied, this account is locked\)$/,
    );
    expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-passed']);
    expect(await canaries()).toEqual([]);
    const said = await server().query(
      "SELECT argument FROM mysql.general_log WHERE argument LIKE 'CREATE USER `wayward_canary%'",
    );
    expect(String(said.at(-1)?.argument)).toMatch(/IDENTIFIED BY PASSWORD '\*[0-9A-F]{40}'$/);
  });

  test('a revoker that claims to have revoked is found out', async () => {
    const liar: Revoker = {
      ...mariadb,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const report = await drillsOf(settings, {}, [], { revokers: [liar] }).hold({ with: 'mariadb' });
    expect(report.passed).toBe(false);
    expect(report.note).toMatch(/^refuse: the session of wayward_canary_\w+ still works$/);
    expect(await canaries()).toEqual([]);
  });

  test('cleans up what is old enough, and nothing else', async () => {
    const { hold } = drillsOf(settings);
    const [old, young] = [canaryName(NOW - LEFT_AFTER - 1), canaryName(NOW - LEFT_AFTER)];
    for (const name of [old, young, 'wayward_canary_of_somebody']) await server().query(`CREATE USER ${name}@'%'`);
    expect((await hold({ with: 'mariadb' })).passed).toBe(true);
    expect((await canaries()).sort()).toEqual([young, 'wayward_canary_of_somebody']);
  });

  test('a server that is away fails the drill', async () => {
    const away = { mariadb: { url: await secretOf('mysql://wayward:canary-pw@127.0.0.1:1/x') } };
    const { note } = await drillsOf(away).hold({ with: 'mariadb' });
    expect(note).toMatch(/^clean: MariaDB: ECONNREFUSED/);
    expect(note).not.toContain('canary-pw');
  });
});
