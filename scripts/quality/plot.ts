import type { Calibration } from './calibration.ts';
import { poissonInterval } from './intervals.ts';

const WIDTH = 760;
const ROW = 74;
const LEFT = 170;
const TOP = 46;
/** Powers of two that the axis shows on each side of 1. */
const SPAN = 7;

const x = (ratio: number): number =>
  LEFT + ((Math.max(-SPAN, Math.min(SPAN, Math.log2(ratio))) + SPAN) / (2 * SPAN)) * (WIDTH - LEFT - 30);

/** Observed over expected, with its 95 % interval, for each detector and number of bits; the band is where it should lie. */
export function calibrationPlot({ days, detectors }: Calibration): string {
  const ids = Object.keys(detectors);
  const height = TOP + ids.length * ROW + 40;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="20" font-size="14">Observed over nominal, ${days.toLocaleString('en-US')} benign principal-days, 95 % intervals</text>`,
    `<rect x="${round(x(0.5))}" y="${TOP - 10}" width="${round(x(2) - x(0.5))}" height="${ids.length * ROW + 8}" fill="#dfeedd"/>`,
    ...Array.from({ length: 2 * SPAN + 1 }, (_, at) => tick(at - SPAN, height)),
  ];
  ids.forEach((id, row) => {
    const top = TOP + row * ROW;
    parts.push(`<text x="12" y="${top + 30}">${id}</text>`);
    detectors[id]?.forEach(({ bits, inUse, reached }, at) => {
      const expected = days * 2 ** -bits;
      const [low, high] = poissonInterval(reached);
      const y = top + 8 + at * 15;
      const color = inUse ? '#b03a2e' : '#1f4e79';
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end" fill="${color}">${bits} bits</text>`,
        `<line x1="${round(x(Math.max(1e-9, low / expected)))}" x2="${round(x(high / expected))}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="2"/>`,
        `<circle cx="${round(x(Math.max(1e-9, reached / expected)))}" cy="${y}" r="4" fill="${color}"/>`,
      );
    });
  });
  return `${[...parts, '</svg>'].join('\n')}\n`;
}

const tick = (power: number, height: number): string => {
  const label = power < 0 ? `1/${2 ** -power}` : String(2 ** power);
  const at = round(x(2 ** power));
  return `<line x1="${at}" x2="${at}" y1="${TOP - 10}" y2="${height - 40}" stroke="${power === 0 ? '#333333' : '#dddddd'}"/><text x="${at}" y="${height - 22}" text-anchor="middle">${label}</text>`;
};

const round = (value: number): number => Math.round(value * 10) / 10;
