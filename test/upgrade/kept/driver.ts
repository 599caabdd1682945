/** Run by scripts/make-states.ts in the tree of the commit whose state is kept: `leave`, `go-on` or `learned`, and a folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { halt } from '../../../src/response/control.ts';
import { respondTo } from '../../../src/response/responder.ts';
import { Store } from '../../../src/sinks/store.ts';
import { CASES } from './cases.ts';
import { goOn } from './go-on.ts';
import { learnedIn } from './learned.ts';
import { alertAbout, leaveSteps } from './leave-steps.ts';
import { LEFT_AT, openPlace, writePlace } from './place.ts';

const [what = '', folder = ''] = process.argv.slice(2);
const save = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));

switch (what) {
  case 'leave': {
    writePlace(folder);
    const place = await openPlace(folder);
    save('left.json', await leaveSteps(place));
    // Not closed: some of its calls never end.
    process.kill(process.pid, 'SIGKILL');
    break;
  }
  case 'leave-halted': {
    writePlace(folder);
    const { response, store } = await openPlace(folder);
    const one = CASES.find(({ left }) => left === 'approved');
    if (one !== undefined) respondTo(alertAbout(one, LEFT_AT), response);
    halt('ann', response);
    store.close();
    break;
  }
  case 'go-on':
    save(
      'went-on.json',
      await goOn(await openPlace(folder), JSON.parse(readFileSync(join(folder, 'left.json'), 'utf8'))),
    );
    break;
  case 'learned':
    save('learned.json', learnedIn(new Store(join(folder, 'state'))));
    break;
  default:
    throw new Error(`there is no "${what}" to be done`);
}
