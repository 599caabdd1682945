import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadSetup, secretContext } from '../../../src/commands/options.ts';
import { createResponse, createWorker } from '../../../src/pipeline/response.ts';
import type { ResponseContext } from '../../../src/response/context.ts';
import { REVOKERS } from '../../../src/revokers/registry.ts';
import { Store } from '../../../src/sinks/store.ts';
import { COMPILED } from '../../compiled.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { describeWith } from '../../servers/require-server.ts';
import { CRASH_ISSUERS } from './issuers.ts';
import { fillPlace } from './place.ts';
import { CRASH_POINTS, type CrashPoint } from './points.ts';

const TIMEOUT = 120_000;
const CRASH_AT = join(import.meta.dirname, 'crash-at.ts');
const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'wayward.js');
const POINTS = Object.keys(CRASH_POINTS) as CrashPoint[];

/** A real `wayward revoke`, killed at that point. */
async function crash(config: string, at: CrashPoint): Promise<void> {
  const args = [
    '--import',
    CRASH_AT,
    BIN,
    'revoke',
    '--credential',
    'cred',
    '--execute',
    '--as',
    'ann',
    '--config',
    config,
  ];
  const child = promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH, ...COMPILED, WAYWARD_TEST_CRASH_AT: at },
  });
  await expect(child).rejects.toMatchObject({ signal: 'SIGKILL' });
}

/** What the next process finds and does. */
async function resumed(config: string, look: (response: ResponseContext) => void): Promise<ResponseContext> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const signal = new AbortController().signal;
  const io = { stdin: Readable.from([]), stdout: nowhere, stderr: nowhere, signal, env: {}, exitCode: 0 };
  const setup = loadSetup({ config }, io);
  await setup.config.resolveSecrets(['revokers'], secretContext(io));
  const store = new Store(setup.config.state);
  onTestFinished(() => store.close());
  const response = createResponse(setup.config, setup.registry, store, setup.fetchSecrets);
  look(response);
  const errors: unknown[] = [];
  const worker = createWorker({ context: response, onError: (error) => errors.push(error) });
  do {
    await worker.drain();
    expect(errors).toEqual([]);
    await sleep(20);
  } while (stepsOf(response).some(({ doneAt }) => doneAt === undefined));
  return response;
}

const stepsOf = ({ outbox }: ResponseContext) => outbox.revocations('cred');

test('every revoker there is is tried', () => {
  const tried = CRASH_ISSUERS.flatMap(([revokers]) => revokers);
  expect(tried.toSorted()).toEqual(REVOKERS.map(({ id }) => id).toSorted());
});

describe('a responder that is killed in the middle', () => {
  for (const [revokers, start] of CRASH_ISSUERS) {
    describeWith(`with ${revokers.join(', ')}`, start, (issuer) => {
      const cases = revokers.flatMap((revoker) => POINTS.map((point) => [revoker, point] as const));
      test.each(cases)(
        '%s: killed %s, its successor finishes it: one effect at the issuer, one record, verified',
        async (revoker, point) => {
          const folder = temporaryFolder();
          const credential = await issuer().newCredential[revoker]?.(folder);
          if (credential === undefined) throw new Error(`no credential for ${revoker}`);
          const config = fillPlace(folder, { revoker, credential, issuer: issuer() });
          expect(await credential.isDead()).toBe(false);
          await crash(config, point);
          const wasCalled = POINTS.indexOf(point) > POINTS.indexOf('before the call');
          expect(await credential.effects()).toBe(wasCalled ? 1 : 0);

          const response = await resumed(config, (found) =>
            expect(stepsOf(found).map(({ state }) => state)).toEqual([CRASH_POINTS[point]]),
          );
          expect(await credential.isDead()).toBe(true);
          expect(await credential.effects()).toBe(1);
          expect(stepsOf(response)).toMatchObject([{ state: 'verified', decidedBy: 'ann' }]);
          const record = response.audit.ofCause(stepsOf(response)[0]?.cause ?? '');
          expect(record.map(({ type, by, credential: id }) => [type, by, id])).toEqual([['verified', 'ann', 'cred']]);
          expect(response.audit.verify()).toEqual({ entries: 1, unpublished: 0, problems: [] });
        },
        TIMEOUT,
      );
    });
  }
});
