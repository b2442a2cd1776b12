import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makePlan, planText } from './plan.ts'

const main = join(import.meta.dirname, 'main.ts')

/** In a process of its own, whose end is part of what is looked at. */
async function chaos(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', '--conditions=@sapwood/source', main, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('npm run chaos', () => {
  it('plays seeds, each by its plan, and every one of them ends well', async () => {
    const { code, output } = await chaos('--seed', '1', '--seeds', '2')
    expect(output).toContain(planText(makePlan(1)))
    expect(output).toContain('2 seeds, 0 failed')
    expect(output).not.toContain('left open')
    expect(code).toBe(0)
  })

  it('makes the same plan of the same seed, and others of others', () => {
    expect(makePlan(7)).toEqual(makePlan(7))
    const texts = Array.from({ length: 50 }, (_, seed) => planText(makePlan(seed)))
    expect(new Set(texts.map((text) => text.replace(/^seed \d+/, ''))).size).toBe(50)
  })

  it('has everything in store, over some seeds', () => {
    const plans = Array.from({ length: 100 }, (_, seed) => makePlan(seed))
    const kinds = new Set(plans.flatMap(({ mishaps }) => mishaps.map(({ mishap }) => mishap.what)))
    expect([...kinds].sort()).toEqual([
      'bitcoind',
      'clock',
      'dial-in',
      'knock',
      'mine',
      'reorg',
      'stall',
      'store',
      'strike',
    ])
  })
})
