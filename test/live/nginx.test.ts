import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { seeded } from '../../src/simulate/random.ts';
import { temporaryFolder } from '../config/temp.ts';
import { startNginxGateway } from '../revokers/nginx-gateway.ts';
import { describeWith } from '../servers/require-server.ts';
import { type NginxScene, startNginxScene, steal, workAsUsual } from './nginx-scenario.ts';
import { waywardSays } from './wayward.ts';

const [THIEF, COLLEAGUE] = ['cred-a', 'cred-b'] as const;

describeWith(
  'wayward run on the log of a live nginx',
  () => startNginxGateway(),
  (gateway) => {
    let scene: NginxScene | undefined;
    afterEach(async () => void (await scene?.wayward.stop()));

    test('an agent that exports what it never touched loses its key within the run, and gets it back by restore; its colleague goes on', async () => {
      const response = { rules: [{ severity: 'medium', mode: 'auto' }] };
      const { config, wayward } = await startNginxScene(
        join(temporaryFolder(), 'wayward'),
        gateway(),
        [THIEF, COLLEAGUE],
        response,
      );
      scene = { config, wayward };
      const random = seeded('live nginx');
      const work = (id: string) => workAsUsual(gateway(), id, random);
      for (let call = 0; call < 20; call++)
        expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([200, 200]);

      expect(await steal(gateway(), THIEF)).toBe(true);
      const { times } = await wayward.line(({ credential, state }) => credential === THIEF && state === 'verified');
      expect(times).toMatchObject({ total_ms: expect.any(Number) });
      expect(await Promise.all([work(THIEF), work(COLLEAGUE)])).toEqual([401, 200]);

      await waywardSays(config, ['restore', '--credential', THIEF, '--execute']);
      expect(await work(THIEF)).toBe(200);
      const alerts = await waywardSays(config, ['alerts', 'list', '--json']);
      expect(alerts).toContain(`agent-of-${THIEF}`);
      expect(alerts + JSON.stringify(wayward.lines)).not.toContain('canary');
    });
  },
);
