/** Writes demo/: `node scripts/make-demo.ts`. The same source gives the same logs, byte for byte. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { llmDemo } from '../src/simulate/llm-scenario.ts';
import { demo } from '../src/simulate/scenario.ts';

const folder = new URL('../demo/', import.meta.url);
mkdirSync(new URL('llm/', folder), { recursive: true });

const { logs, registry, labels } = demo();
for (const [name, lines] of Object.entries(logs)) {
  const packed = gzipSync(`${lines.join('\n')}\n`, { level: 9 });
  writeFileSync(new URL(`${name}.gz`, folder), packed);
  console.log(`${name}.gz: ${lines.length} records, ${packed.length} bytes`);
}
writeFileSync(new URL('credentials.yaml', folder), registry);
writeFileSync(new URL('labels.json', folder), `${JSON.stringify(labels, undefined, 2)}\n`);

const models = llmDemo();
writeFileSync(new URL('llm/litellm.jsonl.gz', folder), gzipSync(`${models.lines.join('\n')}\n`, { level: 9 }));
writeFileSync(new URL('llm/credentials.yaml', folder), models.registry);
console.log(`llm/litellm.jsonl.gz: ${models.lines.length} records`);
