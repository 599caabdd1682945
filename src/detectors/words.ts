/** Words and numbers for sentences that a tired analyst understands. */

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** `5 minutes`, `1 hour`, `7 days`. */
export const duration = (ms: number): string => {
  const [unit, name] = UNITS.find(([size]) => ms >= size) ?? [1, 'millisecond'];
  const count = Math.round(ms / unit);
  return count === 1 ? `1 ${name}` : `${count} ${name}s`;
};

/** `1 day`, `17 days`. */
export const dayCount = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`;

/** `1,234`, and at most three digits of what is smaller than 100. */
export const number = (value: number): string => {
  const rounded = Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value) : Number(value.toPrecision(2));
  return rounded.toLocaleString('en-US');
};

/** `12 MB` of bytes. */
export const bytes = (value: number): string => {
  const names = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let step = 0;
  let left = value;
  while (left >= 1_000 && step < names.length - 1) {
    left /= 1_000;
    step++;
  }
  return `${number(left)} ${names[step]}`;
};

/** `14.2 bits`. */
export const bitsText = (bits: number): string => `${bits.toFixed(1)} bits`;

/** Text of the log inside a sentence: cut at 120 characters. */
export const shown = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
