import { readFileSync } from 'node:fs';
import { keyOf as keyAtEnvoy, startEnvoyGateway } from '../../revokers/envoy-gateway.ts';
import { statusOf } from '../../revokers/live-use.ts';
import { keyOf as keyAtNginx, startNginxGateway } from '../../revokers/nginx-gateway.ts';
import type { CrashIssuer } from './issuers.ts';
import { CRASH_POINTS } from './points.ts';

/** A gateway is configured with its keys when it starts. */
const IDS = Object.keys(CRASH_POINTS).map((_, index) => `cred-${index}`);

/** The ids in turn. */
function idsInTurn(): () => string {
  const left = [...IDS];
  return () => {
    const id = left.shift();
    if (id === undefined) throw new Error('every key of the gateway is used up');
    return id;
  };
}

/** A repeated reload changes nothing: what counts is how often the id stands in the map that nginx reads. */
export async function nginx(): Promise<CrashIssuer> {
  const gateway = await startNginxGateway(IDS);
  const nextId = idsInTurn();
  return {
    settings: {
      nginx: {
        denied: gateway.deniedFile,
        pid: gateway.pidFile,
        test: [gateway.binary, '-t', '-q', '-c', gateway.configFile],
        probe: gateway.probe,
      },
    },
    secrets: {},
    stop: gateway.stop,
    newCredential: {
      async nginx() {
        const id = nextId();
        return {
          spec: { credential_id: id },
          isDead: async () => (await statusOf(gateway.url, keyAtNginx(id))) === 401,
          effects: async () => readFileSync(gateway.deniedFile, 'utf8').split(`"${id}"`).length - 1,
        };
      },
    },
  };
}

/** As for nginx, of the filter that Envoy says it has. */
export async function envoy(): Promise<CrashIssuer> {
  const gateway = await startEnvoyGateway(IDS);
  const nextId = idsInTurn();
  return {
    settings: { envoy: { denied: gateway.deniedFile, admin: gateway.admin } },
    secrets: {},
    stop: gateway.stop,
    newCredential: {
      async envoy() {
        const id = nextId();
        return {
          spec: { credential_id: id },
          isDead: async () => (await statusOf(gateway.url, keyAtEnvoy(id))) === 403,
          async effects() {
            const dump = await (await fetch(`${gateway.admin}/config_dump?resource=ecds_filters`)).text();
            return dump.split(`"exact": "${id}"`).length - 1;
          },
        };
      },
    },
  };
}
