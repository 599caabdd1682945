import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { fingerprintKey } from '../config/fingerprint-key.ts';
import { loadConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { fingerprintOf } from '../formats/redact.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, type SetupOptions, secretContext, withExample } from './options.ts';

const MAX_TOKEN = 64 * 1024;

export function addFingerprint(program: Command, io: CommandIo): void {
  const command = program
    .command('fingerprint')
    .summary('The fingerprint of a token, for the registry')
    .description(
      'Reads one token from standard input and prints its fingerprint, for match.token_fingerprint in the registry.\n' +
        'The token itself is neither shown nor kept. The key is fingerprint_key of the configuration, else one that is\n' +
        'made once in the state folder.',
    )
    .addOption(configOption())
    .action((options: SetupOptions) => fingerprint(options, io));
  withExample(command, 'vault print token | wayward fingerprint', 'wayward fingerprint < token.txt');
}

async function fingerprint(options: SetupOptions, io: CommandIo): Promise<void> {
  const config = loadConfig(options.config);
  await config.resolveSecrets(['fingerprint_key'], secretContext(io));
  const key = fingerprintKey(config.fingerprintKey, config.state);
  const token = io.stdin.isTTY === true ? await askHidden(io) : await readAll(io.stdin);
  if (token === '') throw new UsageError('no token on standard input; write: wayward fingerprint < FILE');
  if (/\s/.test(token)) throw new UsageError('more than one token on standard input; give one at a time');
  await write(io.stdout, `${fingerprintOf(key, token)}\n`);
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > MAX_TOKEN) throw new UsageError('standard input holds more than 64 KiB; give one token');
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** On a terminal: a prompt, and nothing of what is typed. */
async function askHidden(io: CommandIo): Promise<string> {
  io.stderr.write('Token (not shown): ');
  // Without an output, readline echoes nothing; as a terminal, it also turns the terminal's own echo off.
  const lines = createInterface({ input: io.stdin, terminal: true });
  try {
    return await new Promise<string>((resolve) => {
      lines.once('line', (line) => resolve(line.trim()));
      lines.once('close', () => resolve(''));
    });
  } finally {
    lines.close();
    io.stderr.write('\n');
  }
}
