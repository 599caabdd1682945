import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtOnce, runBuildStep } from './built-once.ts';
import { freePort } from './free-port.ts';
import { answers, startServerProcess } from './server-process.ts';
import { type VaultServer, vaultAt } from './vault-client.ts';

interface VaultOptions {
  /** With the plugin for dynamic PostgreSQL users, registered as `wayward-postgresql`. */
  readonly withPostgresPlugin?: boolean;
}

const VERSION = '1.19.5';

/**
 * A real Vault in dev mode (everything in memory) on a loopback port. The binary is the one that `WAYWARD_TEST_VAULT`
 * names, or one built here once with Go and kept in the user's cache folder. Throws MissingServer without either.
 */
export async function startVault({ withPostgresPlugin = false }: VaultOptions = {}): Promise<VaultServer> {
  const binary = process.env.WAYWARD_TEST_VAULT ?? (await builtBinary());
  const port = await freePort();
  const rootToken = `root-${randomBytes(8).toString('hex')}`;
  const home = mkdtempSync(join(tmpdir(), 'wayward-vault-'));
  const options = [
    '-dev',
    '-dev-no-store-token',
    `-dev-root-token-id=${rootToken}`,
    `-dev-listen-address=127.0.0.1:${port}`,
    ...(withPostgresPlugin ? [`-dev-plugin-dir=${pluginFolder(binary, home)}`] : []),
  ];
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startServerProcess(
    {
      ...{ name: 'Vault', binary, args: ['server', ...options], folder: home },
      options: { env: { PATH: process.env.PATH, HOME: home } },
    },
    () => answers(`${url}/v1/sys/health`),
  );
  const vault = vaultAt(url, rootToken, stop);
  if (withPostgresPlugin) await registerPlugin(binary, vault);
  return vault;
}

const PLUGIN = 'wayward-postgresql';

/** A folder with the binary under the plugin's name: it is its own plugin. */
function pluginFolder(binary: string, home: string): string {
  const folder = join(home, 'plugins');
  mkdirSync(folder);
  try {
    linkSync(binary, join(folder, PLUGIN));
  } catch {
    copyFileSync(binary, join(folder, PLUGIN)); // another file system
  }
  return folder;
}

async function registerPlugin(binary: string, { rootToken, call }: VaultServer): Promise<void> {
  const sha256 = createHash('sha256').update(readFileSync(binary)).digest('hex');
  const registration = { sha256, command: PLUGIN };
  const { status } = await call(rootToken, 'PUT', `sys/plugins/catalog/database/${PLUGIN}`, registration);
  if (status !== 204) throw new Error(`Vault did not take its PostgreSQL plugin: ${status}`);
}

async function builtBinary(): Promise<string> {
  return join(await builtOnce(`vault-${VERSION}`, 'vault', build), 'vault');
}

async function build(cache: string): Promise<void> {
  process.stderr.write(`Building Vault ${VERSION} for the tests, once; this takes minutes.\n`);
  for (const file of ['main.go', 'go.mod'])
    copyFileSync(join(import.meta.dirname, 'vault-build', file), join(cache, file));
  const flags = ['-tags', 'minimal', '-trimpath', '-ldflags', '-s -w', '-o', 'vault.new'];
  await runBuildStep('go', ['build', ...flags, '.'], {
    missing: 'Vault is not here: set WAYWARD_TEST_VAULT to its binary, or install Go to have it built',
    cwd: cache,
    env: { GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
  });
  renameSync(join(cache, 'vault.new'), join(cache, 'vault'));
}
