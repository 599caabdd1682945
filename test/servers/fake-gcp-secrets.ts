import { crc32c } from '../../src/crc32c.ts';
import type { Method } from './fake-gcp.ts';
import { Lagging, PROJECT_NUMBER } from './fake-gcp-accounts.ts';
import { failedPrecondition, invalidArgument, notFound, objectOf } from './fake-gcp-errors.ts';

interface Version {
  readonly data: Buffer;
  readonly state: Lagging<{ readonly state: 'ENABLED' | 'DISABLED' | 'DESTROYED' }>;
}

/** Versions of each secret by name, the first of them version 1. */
export type Secrets = Map<string, Version[]>;

const SECRET = 'v1/projects/[^/]+/secrets/(?<secret>[^/:]+)';
const VERSION = `${SECRET}/versions/(?<version>[^/:]+)`;

/**
 * Secret Manager v1, of which: projects.secrets.addVersion and projects.secrets.versions.{get,access,disable,enable,destroy}.
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions
 */
export function secretMethods(secrets: Secrets): readonly Method[] {
  const versionsOf = (secret = ''): Version[] => {
    const versions = secrets.get(secret);
    if (versions !== undefined) return versions;
    throw notFound(`Secret [projects/${PROJECT_NUMBER}/secrets/${secret}] not found or has no versions.`);
  };
  const versionOf = (secret: string | undefined, wanted = ''): { number: number; version: Version; name: string } => {
    const versions = versionsOf(secret);
    const number = wanted === 'latest' ? versions.length : Number(wanted);
    const name = `projects/${PROJECT_NUMBER}/secrets/${secret}/versions/${number}`;
    const version = versions[number - 1];
    if (version === undefined) throw notFound(`Secret Version [${name}] not found.`);
    return { number, version, name };
  };
  const numberBefore = (secret: string | undefined): string => String(Math.max(1, versionsOf(secret).length - 1));
  const shown = (name: string, { state }: Version, isLate = false): object => ({
    name,
    createTime: '2026-09-01T00:00:00.000000Z',
    state: (isLate ? state.before : state.now).state,
    replicationStatus: { automatic: {} },
    etag: '"16214547c5e8f2"',
  });
  const turn = (verb: 'enable' | 'disable' | 'destroy', state: 'ENABLED' | 'DISABLED' | 'DESTROYED'): Method => ({
    http: 'POST',
    path: new RegExp(`^${VERSION}:${verb}$`),
    permission: `secretmanager.versions.${verb}`,
    answer(part, body) {
      objectOf(body ?? {}, ['etag']);
      const { version, name } = versionOf(part.secret, part.version);
      if (version.state.now.state === 'DESTROYED' && state !== 'DESTROYED')
        throw failedPrecondition(`Secret Version [${name}] is in DESTROYED state.`);
      version.state.set({ state });
      return shown(name, version);
    },
  });
  return [
    turn('enable', 'ENABLED'),
    turn('disable', 'DISABLED'),
    turn('destroy', 'DESTROYED'),
    {
      http: 'GET',
      path: new RegExp(`^${VERSION}$`),
      permission: 'secretmanager.versions.get',
      answer(part, _body, isLate) {
        const { version, name } = versionOf(part.secret, part.version);
        return shown(name, version, isLate);
      },
    },
    {
      http: 'GET',
      path: new RegExp(`^${VERSION}:access$`),
      permission: 'secretmanager.versions.access',
      answer(part, _body, isLate) {
        // Only reads by number see a version at once: …/docs/reference/rest/v1/projects.secrets.versions/access
        const asked = isLate && part.version === 'latest' ? numberBefore(part.secret) : part.version;
        const { version, name } = versionOf(part.secret, asked);
        const { state } = isLate ? version.state.before : version.state.now;
        if (state !== 'ENABLED') throw failedPrecondition(`Secret Version [${name}] is in ${state} state.`);
        const { data } = version;
        return { name, payload: { data: data.toString('base64'), dataCrc32c: String(crc32c(data)) } };
      },
    },
    {
      http: 'POST',
      path: new RegExp(`^${SECRET}:addVersion$`),
      permission: 'secretmanager.versions.add',
      answer({ secret = '' }, body) {
        const versions = versionsOf(secret);
        const payload = objectOf(objectOf(body, ['payload']).payload, ['data', 'dataCrc32c'], 'payload');
        const data = Buffer.from(String(payload.data ?? ''), 'base64');
        if (payload.dataCrc32c !== undefined && payload.dataCrc32c !== String(crc32c(data)))
          throw invalidArgument('The provided checksum does not match the payload.');
        const version = { data, state: new Lagging({ state: 'ENABLED' as const }) };
        versions.push(version);
        return shown(`projects/${PROJECT_NUMBER}/secrets/${secret}/versions/${versions.length}`, version);
      },
    },
  ];
}
