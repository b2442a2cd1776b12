import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sleep } from '../../src/programs/default-sleep.ts'

export interface Killing {
  /** A file of JavaScript. */
  readonly script: string
  readonly args: readonly string[]
  /** What it says when it is at work. */
  readonly atWork: string
  /** Milliseconds that it works on until it is killed. */
  readonly milliseconds: number
}

/**
 * Runs a script in a process of its own until it is at work, lets it go on for a moment, and kills it.
 * @returns all that it has said.
 * @throws Error where it ends by itself.
 */
export async function runAndKill({ script, args, atWork, milliseconds }: Killing): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  let output = ''
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  try {
    const started = new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString()
        if (output.includes(atWork)) resolve()
      })
    })
    await Promise.race([
      started,
      ended.then(() => {
        throw new Error(`It ended by itself: ${errors}`)
      }),
    ])
    await sleep(milliseconds)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  return output
}

/** Of what a process of several workers has said, the lines that begin with the number of one of them. */
export function linesOf(output: string, worker: number): string {
  const own = `${worker}: `
  const lines = output.split('\n').filter((line) => line.startsWith(own))
  return lines.map((line) => line.slice(own.length)).join('\n')
}

/** The height that a killed worker said it began with. */
export function startedAt(output: string): number {
  return Number(/started at (\d+)/.exec(output)?.[1])
}

/**
 * Milliseconds until the kill `round` of `rounds`: spread over the whole span, in an order that is not that
 * of the rounds.
 */
export function spreadOver(longest: number, round: number, rounds: number, seed: number): number {
  return ((round * 7 + seed) % rounds) * (longest / rounds)
}
