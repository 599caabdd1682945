import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { COMPILED } from '../compiled.ts';
import { temporaryFolder } from '../config/temp.ts';
import type { KilledRotation } from './killed-rotation.ts';

const child = join(import.meta.dirname, 'killed-rotation.ts');
const env = { ...process.env, ...COMPILED };

/** A credential for one crash. */
interface Scene {
  readonly rotation: KilledRotation;
  /** What must hold right after the crash, then what a new process does about it and what must hold after that. */
  check(folder: string, at: string): Promise<void>;
}

/** Makes a rotation once to its end, then kills one before and after each of its calls. Returns how many calls there are. */
export async function eachCrash(newScene: () => Promise<Scene>): Promise<number> {
  const run = ({ rotation }: Scene, when: string, number: number, folder: string) =>
    promisify(execFile)(process.execPath, [child, when, String(number), folder, JSON.stringify(rotation)], { env });
  const { stdout } = await run(await newScene(), 'never', 0, temporaryFolder());
  const { calls, noted }: { calls: number; noted: number[] } = JSON.parse(stdout);
  const points = [
    ...Array.from({ length: calls }, (_, at) => ({ when: 'after', number: at + 1 })),
    ...[...new Set([0, ...noted])].filter((call) => call < calls).map((call) => ({ when: 'before', number: call + 1 })),
  ];
  expect(points.filter(({ when }) => when === 'before').length).toBeGreaterThan(2);
  for (const { when, number } of points) {
    const at = `killed ${when} call ${number} of ${calls}`;
    const scene = await newScene();
    const folder = temporaryFolder();
    const end = await run(scene, when, number, folder).catch((error: unknown) => error);
    // One that looks until something is so may have needed fewer looks this time.
    if (typeof end === 'object' && end !== null && 'stdout' in end && !('signal' in end)) {
      expect(JSON.parse(String(end.stdout)).calls, at).toBeLessThan(number);
      continue;
    }
    expect(end, at).toMatchObject({ signal: 'SIGKILL' });
    await scene.check(folder, at);
  }
  return calls;
}
