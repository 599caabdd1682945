import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { compileGlob } from '../attribution/glob.ts';
import type { AppliesTo, Detector, Exception } from '../detectors/detector.ts';
import type { InlineTest } from '../detectors/inline-test.ts';
import { kinds } from '../detectors/registry.ts';
import { UsageError } from '../errors.ts';
import {
  checkDetector,
  detectorSchema,
  overlaid,
  overlaySchema,
  type WrittenDetector,
  type WrittenException,
  type WrittenFor,
  type WrittenOverlay,
} from './detector-schema.ts';
import { nearest } from './nearest.ts';
import { loadYamlFile } from './yaml-file.ts';

/** The detectors that come with Wayward. */
export const SHIPPED_DETECTORS = fileURLToPath(new URL('../../detectors', import.meta.url));
/** The folder, within one of detectors, of files that change or add to them. */
export const LOCAL = 'local';
const DEFAULT_REPEAT = 7 * 86_400_000;

/** A detector and the tests inside its file. */
export interface LoadedDetector {
  readonly detector: Detector;
  readonly file: string;
  /** All that make it what it is: its own, and those that it extends. */
  readonly files: readonly string[];
  readonly tests: readonly InlineTest[];
  /** Tests that it should still fire on: its own, or those of what it extends where its parameters are the same. */
  readonly examples: readonly InlineTest[];
}

interface Written {
  readonly file: string;
  readonly files: readonly string[];
  readonly examples: readonly InlineTest[];
  readonly written: WrittenDetector;
}

/** A detector, and the files that change it for some, in the order of their names. */
interface Family {
  base: Written;
  readonly forSome: Written[];
}

/**
 * Loads all `*.yaml` detectors of a folder, in the order of their names, and what `local/` in it changes or adds. A folder that has nothing
 * but `local/` extends the detectors that come with Wayward.
 * @throws UsageError that names file, line, what is wrong and what to write instead
 */
export const loadDetectors = (folder: string): readonly LoadedDetector[] => {
  const local = join(folder, LOCAL);
  const isLocalThere = existsSync(local);
  let names = yamlIn(folder);
  let from = folder;
  if (names.length === 0 && isLocalThere) {
    from = SHIPPED_DETECTORS;
    names = yamlIn(from);
  }
  if (names.length === 0)
    throw new UsageError(
      `${folder}: no detectors (*.yaml) in it; write some, or change those that come with Wayward in ${local}`,
    );
  const families = new Map<string, Family>();
  for (const name of names) add(families, loadWhole(join(from, name)));
  for (const name of isLocalThere ? yamlIn(local) : []) addLocal(families, join(local, name));
  return [...families.values()].flatMap(loadedOf);
};

const yamlIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch (cause) {
    throw new UsageError(`${folder}: no such folder of detectors; check --detectors or detectors: in wayward.yaml`, {
      cause,
    });
  }
};

const loadWhole = (file: string): Written => {
  const written = loadYamlFile<WrittenDetector>(file, detectorSchema, { check: checkDetector }).value;
  return { file, files: [file], examples: written.tests, written };
};

const add = (families: Map<string, Family>, found: Written): void => {
  const { id } = found.written;
  const other = families.get(id);
  if (other !== undefined)
    throw new UsageError(
      `${found.file}:1: id ${id} is already used by ${other.base.file}; write another id, or extends: ${id} in ${LOCAL}/ to change it`,
    );
  families.set(id, { base: found, forSome: [] });
};

/** A file of `local/` changes a detector (`extends`), or is one more. */
const addLocal = (families: Map<string, Family>, file: string): void => {
  if (!isOverlay(file)) {
    add(families, loadWhole(file));
    return;
  }
  const { value } = loadYamlFile<WrittenOverlay>(file, overlaySchema, {
    check: (overlay, report) => {
      const base = families.get(overlay.extends)?.base.written;
      if (base !== undefined) return checkDetector(overlaid(base, overlay), report);
      const guess = nearest(overlay.extends, [...families.keys()]);
      report(
        ['extends'],
        `is no detector; ${guess === undefined && families.size === 0 ? 'leave it out' : `write ${guess ?? `one of ${[...families.keys()].join(', ')}`}`}`,
      );
    },
  });
  const family = families.get(value.extends) as Family;
  const isSame = Object.keys(value.parameters).length === 0;
  const examples = value.tests.length > 0 ? value.tests : isSame ? family.base.examples : [];
  const changed = {
    file,
    files: [...family.base.files, file],
    examples,
    written: overlaid(family.base.written, value),
  };
  if (value.for === undefined) family.base = changed;
  else family.forSome.push(changed);
};

const isOverlay = (file: string): boolean => {
  const { value } = loadYamlFile(file, z.looseObject({ extends: z.unknown().optional() }));
  return value.extends !== undefined;
};

/** Each is for those whom no file before it is for; the detector itself for the rest. */
const loadedOf = ({ base, forSome }: Family): LoadedDetector[] => {
  const before: AppliesTo[] = [];
  return [...forSome, base].map(({ file, files, written, examples }) => {
    const own = written.for === undefined ? undefined : appliesTo(written.for);
    const others = [...before];
    if (own !== undefined) before.push(own);
    const chosen: AppliesTo = (principal, credential) =>
      own?.(principal, credential) !== false && !others.some((other) => other(principal, credential));
    const isForAll = own === undefined && others.length === 0;
    return {
      detector: { ...detectorOf(written), ...(!isForAll && { appliesTo: chosen }) },
      file,
      files,
      tests: written.tests,
      examples,
    };
  });
};

const detectorOf = (written: WrittenDetector): Detector => {
  const kind = kinds.find(({ id }) => id === written.kind) as (typeof kinds)[number];
  return {
    id: written.id,
    title: written.title,
    description: written.description,
    kind,
    check: kind.check(written.parameters, written.id),
    needs: kind.needs?.(written.parameters) ?? [],
    severity: written.severity as Detector['severity'],
    threat: written.threat,
    advice: {
      description: written.description,
      triage: written.triage,
      falsePositives: written.false_positives,
      references: written.references,
      owasp: written.owasp,
    },
    ...(written.stage === 'observe' && { observes: true as const }),
    exceptions: written.exceptions.map(exceptionOf),
    repeatAfter: written.repeat_after ?? DEFAULT_REPEAT,
  };
};

const agentOf = (principal: string): string => principal.split('/')[0] as string;

const exceptionOf = (written: WrittenException): Exception => {
  const agent = compileGlob(written.agent ?? '*');
  const credential = compileGlob(written.credential ?? '*');
  const whom = [
    ...(written.agent === undefined ? [] : [`agent ${written.agent}`]),
    ...(written.credential === undefined ? [] : [`credential ${written.credential}`]),
  ];
  return {
    whom: whom.join(' with '),
    matches: (principal, id) => agent(agentOf(principal)) && (written.credential === undefined || credential(id ?? '')),
    because: written.because,
    until: written.until,
  };
};

const appliesTo = ({ agents, peer_groups: groups, credentials }: WrittenFor): AppliesTo => {
  const isOneOf = (patterns: readonly string[] | undefined) => {
    const compiled = patterns?.map((pattern) => compileGlob(pattern));
    return (text: string | undefined) =>
      compiled === undefined || (text !== undefined && compiled.some((fits) => fits(text)));
  };
  const [isAgent, isGroup, isCredential] = [isOneOf(agents), isOneOf(groups), isOneOf(credentials)];
  return (principal, credential) =>
    isAgent(agentOf(principal)) && isGroup(credential?.peerGroup) && isCredential(credential?.id);
};
