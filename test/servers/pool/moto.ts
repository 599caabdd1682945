import { launchMoto, onlyAdmin } from '../moto.ts';
import type { Lendable } from './pool.ts';

export async function motoToLend(): Promise<Lendable> {
  const { url, records, stop } = await launchMoto();
  const address = { url, records, admin: await onlyAdmin(url) };
  return {
    ...{ address, stop },
    async clean() {
      address.admin = await clean(url);
    },
  };
}

async function clean(url: string) {
  for (const what of ['recorder/stop-recording', 'recorder/reset-recording', 'reset']) {
    const { ok, status } = await fetch(`${url}/moto-api/${what}`, { method: 'POST' });
    if (!ok) throw new Error(`${what}: ${status}`);
  }
  return onlyAdmin(url);
}
