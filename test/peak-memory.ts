/**
 * Source of a function `peakMiB()`: the most memory that this process had at a time, resident, MiB. On Linux it is asked of the process's own memory: what
 * `resourceUsage` says begins with that of the process which started it.
 */
export const PEAK_MIB = `function peakMiB() {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const own = process.platform === 'linux' && /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return (own ? Number(own) : process.resourceUsage().maxRSS) / 1024;
}`;
