import type { Command } from 'commander';
import { unkeptText } from '../response/audit.ts';
import { type CommandIo, warn, write } from './io.ts';
import { configOption, withExample } from './options.ts';
import { type ResponseOptions, withResponse } from './response.ts';

export function addAudit(program: Command, io: CommandIo): void {
  const audit = program
    .command('audit')
    .summary('The record of every response')
    .description('Looks at the record of everything that response decided and did.');
  const verify = audit
    .command('verify')
    .summary('Whether the record is whole')
    .description(
      'Recomputes the hash chain of the record and compares it with the heads that stand outside the store\n' +
        '(response.audit_head). Says when the newest hash is kept nowhere else. Exit 1 if anything was edited, removed or\n' +
        'rewritten.',
    )
    .addOption(configOption())
    .action((options: ResponseOptions) => run(options, io));
  withExample(verify, 'wayward audit verify');
}

const run = (options: ResponseOptions, io: CommandIo): Promise<void> =>
  withResponse(options, io, async ({ response }) => {
    const { entries, unpublished, problems } = response.audit.verify();
    for (const problem of problems) await write(io.stdout, `${problem}\n`);
    if (problems.length > 0) {
      io.exitCode = 1;
      io.stderr.write('The record was changed.\n');
      return;
    }
    const waiting = unpublished === 0 ? '' : `, the last ${unpublished} not yet written to the head file`;
    const newest = response.audit.newest;
    const head = newest === undefined ? '' : `Newest entry: ${newest.seq} ${newest.hash}\n`;
    io.stderr.write(`The record is whole (entries: ${entries}${waiting}).\n${head}`);
    const unkept = unkeptText(response.audit);
    if (unkept !== undefined) warn(io, unkept);
  });
