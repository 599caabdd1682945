import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The floor: read the file, split it into lines, `JSON.parse` each, and do nothing else.
 * Prints `{ lines, milliseconds, cpuMilliseconds, maxRssMb }`, the third of this thread.
 */
const file = process.argv[2] as string;
const CHUNK = 1024 * 1024;

const floor = (): number => {
  const handle = openSync(file, 'r');
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(rest.length + CHUNK);
    rest.copy(chunk);
    const length = readSync(handle, chunk, rest.length, CHUNK, null);
    if (length === 0) break;
    const end = rest.length + length;
    let start = 0;
    for (let newline = chunk.indexOf(10); newline >= 0 && newline < end; newline = chunk.indexOf(10, start)) {
      JSON.parse(chunk.toString('utf8', start, newline));
      lines++;
      start = newline + 1;
    }
    rest = chunk.subarray(start, end);
  }
  closeSync(handle);
  return lines;
};

const started = performance.now();
const cpuStarted = process.threadCpuUsage();
const lines = floor();
const milliseconds = performance.now() - started;
const { user, system } = process.threadCpuUsage(cpuStarted);
const cpuMilliseconds = (user + system) / 1000;
console.log(JSON.stringify({ lines, milliseconds, cpuMilliseconds, maxRssMb: process.resourceUsage().maxRSS / 1024 }));
