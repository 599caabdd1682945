import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LIVE_ISSUERS } from '../live/issuers/registry.ts';
import { MissingServer } from '../servers/require-server.ts';
import type { LongForm, Piece } from './form.ts';

const LIVE = join(import.meta.dirname, '..', '..', 'scripts', 'live.ts');
const MISSING = 3;

const piece = (name: string, issuer: string, runs: number, seconds: number): Piece => ({
  name,
  seconds,
  async run({ signal }) {
    const child = spawn(process.execPath, [LIVE, '--issuer', issuer, '--runs', String(runs)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const endIt = () => child.kill('SIGTERM');
    signal.addEventListener('abort', endIt);
    const [code] = await once(child, 'exit');
    signal.removeEventListener('abort', endIt);
    if (code === MISSING) throw new MissingServer('its server is not there: the reason is above');
    return code === 0
      ? []
      : [`scripts/live.ts ended with ${code}: above is which credential worked on, or was refused`];
  },
});

export const live: LongForm = {
  about: 'stolen credentials on real issuers, from the log line to the refusal: none works on after the proof',
  pieces: Object.keys(LIVE_ISSUERS).flatMap((issuer) => [
    piece(issuer, issuer, 20, 180),
    piece(`${issuer}, 4 runs`, issuer, 4, 60),
  ]),
};
