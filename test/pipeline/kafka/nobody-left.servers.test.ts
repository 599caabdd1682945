import { expect, test } from 'vitest';
import { Outbox } from '../../../src/response/outbox.ts';
import { describeWith } from '../../servers/require-server.ts';
import { type Place, responds, until } from './responders.ts';
import { holdRoles, newSite, recorded, startSiteServers, trail } from './site.ts';

const TIMEOUT = 400_000;

const states = ({ replica }: Place, cause: string) =>
  new Outbox(replica.store).ofCause(cause).map(({ state }) => state);

describeWith('commands that watch a responder, of which none is left', startSiteServers, (servers) => {
  test(
    'each ends with exit 3 and says who goes on with it and how to look; the next responder ends what was begun',
    async () => {
      const site = await newSite(servers(), ['cred-back', 'cred-rotated'], { drills: [{ with: 'vault' }] });
      const { place, proxy } = site;
      const processes = ['1', '2'].map((name) => place.responder(name));
      await Promise.any(processes.map(responds));
      expect(await place.command('a', 'revoke', '--credential', 'cred-back', '--execute')).toMatchObject({ code: 0 });
      expect(await place.command('a', 'halt')).toMatchObject({ code: 0 });
      await place.alert([1]);
      await until(() => states(place, 'alert-1')[0] === 'planned', 'it waits');

      place.issuer.hold('before the effect');
      proxy.strikes = (_, path) => path.includes('/auth/token/create');
      proxy.faults.push({ kind: 'hang' });
      const held = await holdRoles(servers().postgres.url);
      const approved = place.begin('a', 'approve', 'alert-1');
      const revoked = place.begin('b', 'revoke', '--credential', 'cred-5', '--execute');
      const restored = place.begin('c', 'restore', '--credential', 'cred-back', '--execute');
      const rotated = place.begin('d', 'rotate', '--credential', 'cred-rotated', '--execute');
      const drilled = place.begin('e', 'drill');
      const begun: [typeof approved, string][] = [
        [approved, 'cred-1: calling'],
        [revoked, 'cred-5: calling'],
        [restored, 'cred-back: calling'],
        [rotated, 'cred-rotated: calling'],
        [drilled, 'vault: began'],
      ];
      for (const [command, text] of begun) await until(() => command.stderr().includes(text), text);
      await Promise.all(processes.map((process) => process.kill()));

      const nobody = (how: string, unfinished: string) => ({
        code: 3,
        stderr: expect.stringMatching(
          new RegExp(
            `no process responds any more: whoever responds next \\(.*\\) goes on with it.*${how}[^]*${unfinished}`,
          ),
        ),
      });
      expect(await approved.said).toMatchObject(
        nobody('alerts show alert-1', '1 of 1 steps did not get through: cred-1'),
      );
      expect(await revoked.said).toMatchObject(
        nobody('restore --credential ID.* said again', 'through: cred-5 \\(calling'),
      );
      expect(await restored.said).toMatchObject(nobody('restore --credential ID', 'through: cred-back \\(calling'));
      expect(await rotated.said).toMatchObject(nobody('The same call again', 'through: cred-rotated \\(calling'));
      expect(await drilled.said).toMatchObject({ ...nobody('', ''), stdout: '' });

      place.issuer.hold('nothing');
      await held.letGo();
      const again = await place.command('b', 'revoke', '--credential', 'cred-5', '--execute');
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('doing it from here') });
      await responds(place.responder('next'));
      const ended = () =>
        recorded(place, 'verified').map(({ credential, cause }) => `${cause?.split('-')[0]} ${credential}`);
      const all = ['alert cred-1', 'order cred-5', 'restore cred-back', 'rotation cred-rotated'];
      await until(() => all.every((each) => ended().includes(each)), 'all is ended', 120_000);
      await until(() => recorded(place, 'drill-failed').length === 1, 'the drill is ended');
      await site.isRotatedOnce(site.roles[1] ?? '');
      const look = await place.command('b', 'restore', '--credential', 'cred-5');
      expect(look).toMatchObject({ code: 0, stdout: expect.stringContaining('cred-5') });
      expect(trail(place).verify().problems).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'Ctrl-C ends the watching of a revocation only, with exit 130',
    async () => {
      const { place } = await newSite(servers());
      await responds(place.responder('responder'));
      place.issuer.hold('before the effect');
      const revoked = place.begin('a', 'revoke', '--credential', 'cred-5', '--execute');
      await until(() => revoked.stderr().includes('cred-5: calling'), 'it is shown');
      process.kill(revoked.pid, 'SIGINT');
      expect(await revoked.said).toMatchObject({
        code: 130,
        stdout: '',
        stderr: expect.stringContaining('Stopped watching: it goes on in the process that responds'),
      });
      place.issuer.hold('nothing');
      await until(() => recorded(place, 'verified').some(({ credential }) => credential === 'cred-5'), 'it ends');
    },
    TIMEOUT,
  );
});
