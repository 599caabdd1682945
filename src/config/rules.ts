import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry, type Registry } from '../attribution/registry.ts';
import type { Detector } from '../detectors/detector.ts';
import { UsageError } from '../errors.ts';
import { LOCAL, type LoadedDetector, loadDetectors, SHIPPED_DETECTORS } from './detector-files.ts';
import { loadCredentials } from './registry-file.ts';

/** What Wayward judges by, as people keep it in files: the credential registry and the detectors. */
export interface Rules {
  readonly registry: Registry;
  readonly detectors: readonly Detector[];
  /** Of the content of all their files: equal where they are. */
  readonly hash: string;
}

/** Rules as a command loads them, with what it can say about them. */
export interface LoadedRules extends Rules {
  readonly loaded: readonly LoadedDetector[];
}

/** Where they are. */
export interface RulesPlace {
  /** Without a file nobody is registered. */
  readonly credentials: string | undefined;
  readonly detectors: string;
}

/** @throws UsageError with file, line, what is wrong and what to write */
export function loadRules(place: RulesPlace): LoadedRules {
  const hash = hashOf(place);
  const registry = createRegistry(place.credentials === undefined ? [] : loadCredentials(place.credentials));
  const loaded = loadDetectors(place.detectors);
  if (hashOf(place) !== hash)
    throw new UsageError(`${place.detectors}: the files were changed while they were read; try again`);
  return { registry, detectors: loaded.map(({ detector }) => detector), loaded, hash };
}

/** Wherever a machine keeps them, and whenever they were written. */
function hashOf({ credentials, detectors }: RulesPlace): string {
  const local = join(detectors, LOCAL);
  const own = yamlIn(detectors);
  // A folder that has nothing but `local/` extends those that come with Wayward.
  const base = own.length === 0 ? SHIPPED_DETECTORS : detectors;
  const files: readonly (readonly [name: string, path: string])[] = [
    ...(credentials === undefined ? [] : [['credentials', credentials] as const]),
    ...yamlIn(base).map((name) => [name, join(base, name)] as const),
    ...yamlIn(local).map((name) => [`${LOCAL}/${name}`, join(local, name)] as const),
  ];
  const hash = createHash('sha256');
  for (const [name, path] of files) {
    const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** A folder that is not there is for the loading to refuse. */
const yamlIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
    : [];
