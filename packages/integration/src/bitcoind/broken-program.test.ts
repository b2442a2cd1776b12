import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { Program } from '../programs/find-program.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'

const folder = mkdtempSync(join(tmpdir(), 'sapwood-broken-'))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

it('a program that cannot be run leaves no data folder behind', async () => {
  vi.stubEnv('TMPDIR', folder)
  const command = [join(folder, 'nothing')]
  const program: Program = { name: 'bitcoind', command, environment: {}, origin: 'variable', packages: [] }
  await expect(RegtestBitcoind.start({ program })).rejects.toThrow()
  expect(readdirSync(folder)).toEqual([])
})
