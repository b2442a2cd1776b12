import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Program } from '../programs/find-program.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-broken-'))
})
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

it('a temporary folder that is not there is an error that says what to do', async () => {
  vi.stubEnv('TMPDIR', '/nonexistent/temporary')
  const program: Program = {
    name: 'bitcoind',
    command: ['true'],
    environment: {},
    origin: 'path',
    packages: [],
  }
  await expect(RegtestBitcoind.start({ program })).rejects.toMatchObject({
    code: 'folder-unusable',
    folder: '/nonexistent/temporary',
    message: expect.stringContaining('TMPDIR') as string,
  })
})
