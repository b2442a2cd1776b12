const KILO = 1_000
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Bytes for people: `1.2 MB`. */
export function bytesText(bytes: number): string {
  let unit = 0
  let value = bytes
  for (; value >= KILO && unit < UNITS.length - 1; unit++) value /= KILO
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

/** Milliseconds for people: `0.4 ms`, `12 ms`, `3.1 s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  return milliseconds < KILO ? `${Math.round(milliseconds)} ms` : `${(milliseconds / KILO).toFixed(1)} s`
}

/** A number of things: `1 header`, `2,000 headers`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}
