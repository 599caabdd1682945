import { described } from './described.ts';

/**
 * Linux's audit log as LAUREL writes it: one JSON line for each event, in which the call and the files that it named stand together. Of a file that is made the
 * folder comes first, of a program its loader second.
 */
export const auditd = described(
  {
    id: 'auditd',
    title: 'Linux auditd, JSON by LAUREL',
    dataset: 'auditd.log',
    fields: { at: { field: 'ID', extract: '{}:*' } },
    time: { field: 'at', unit: 's' },
    ignore: [{ when: { 'SYSCALL.SYSCALL': { exists: false } }, reason: 'server-line' }],
    cases: [
      { when: { 'SYSCALL.SYSCALL': ['execve', 'execveat'] }, action: "{'exec:'}{path(SYSCALL.exe)}" },
      {
        action: ["{'file:'}{path(PATH.1.name)}", "{'file:'}{path(PATH.0.name)}", "{'call:'}{SYSCALL.SYSCALL}"],
      },
    ],
    result: [
      // EPERM and EACCES.
      { field: 'SYSCALL.exit', denied: ['-1', '-13', 'EPERM', 'EACCES'] },
      { field: 'SYSCALL.success', success: ['yes'], else: 'error' },
    ],
    identities: { credential_id: ['SYSCALL.UID', 'SYSCALL.uid'] },
    proof: 'verified',
    client: ['SYSCALL.exe', 'SYSCALL.comm'],
    service: 'NODE',
    session: 'SYSCALL.ses',
  },
  {
    proof: 'the kernel writes which user called; register its name as `credential_id`',
    about: {
      switchOn:
        'LAUREL as a plugin of auditd, and rules such as `-a always,exit -F arch=b64 -S openat,unlinkat,renameat2 -F uid=agent`',
      cannotTell: 'bytes; what is read of a file that is open already; further files of a call than the second',
      evidence: "documented: LAUREL's README and the kernel's audit records, 2026",
    },
    knownBy: { ID: { pattern: '*.*:*' }, 'SYSCALL.syscall': { exists: true } },
  },
);
