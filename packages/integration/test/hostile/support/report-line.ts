import type { Measured } from './judge.ts'
import { DOWNLOADED_BLOCKS } from './shared-chain.ts'

/** The last two: what hostile peers sent, and what their process took. */
export const HEADLINE: string = [
  'attack'.padEnd(30),
  'peers'.padStart(5),
  'MB before'.padStart(9),
  'worst'.padStart(6),
  '/peer'.padStart(6),
  'ping ms'.padStart(8),
  'worst'.padStart(6),
  'loop ms'.padStart(8),
  'blocks/s'.padStart(9),
  'alone'.padStart(6),
  'MB sent'.padStart(8),
  'CPU s'.padStart(6),
].join(' ')

/** One row of the table: what was seen of an attack. */
export function reportLine(name: string, measured: Measured): string {
  const { peers, before, worst, medianPing, worstPing, loopDelay, alone, beside, done } = measured
  const rate = (milliseconds: number): string => ((DOWNLOADED_BLOCKS / milliseconds) * 1_000).toFixed(0)
  return [
    name.padEnd(30),
    String(peers).padStart(5),
    (before / 1e6).toFixed(0).padStart(9),
    (worst / 1e6).toFixed(0).padStart(6),
    ((worst - before) / 1e6 / peers).toFixed(2).padStart(6),
    medianPing.toFixed(1).padStart(8),
    worstPing.toFixed(0).padStart(6),
    loopDelay.toFixed(0).padStart(8),
    rate(beside).padStart(9),
    rate(alone).padStart(6),
    ((done?.bytes ?? 0) / 1e6).toFixed(0).padStart(8),
    (done?.cpu ?? 0).toFixed(1).padStart(6),
  ].join(' ')
}
