import { readFileSync } from 'node:fs';

/** Of this Wayward, as package.json says. */
export const VERSION = String(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
