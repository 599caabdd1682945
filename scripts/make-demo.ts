/** Writes demo/: `node scripts/make-demo.ts`. The same source gives the same logs, byte for byte. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { demo } from '../src/simulate/scenario.ts';

const folder = new URL('../demo/', import.meta.url);
mkdirSync(folder, { recursive: true });

const { logs, registry, labels } = demo();
for (const [name, lines] of Object.entries(logs)) {
  const packed = gzipSync(`${lines.join('\n')}\n`, { level: 9 });
  writeFileSync(new URL(`${name}.gz`, folder), packed);
  console.log(`${name}.gz: ${lines.length} records, ${packed.length} bytes`);
}
writeFileSync(new URL('credentials.yaml', folder), registry);
writeFileSync(new URL('labels.json', folder), `${JSON.stringify(labels, undefined, 2)}\n`);
