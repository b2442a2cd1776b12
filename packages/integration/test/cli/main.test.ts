import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBitcoind } from '../../src/index.ts'

const tsx = join(import.meta.dirname, '../../../../node_modules/tsx/dist/loader.mjs')
const main = join(import.meta.dirname, '../../src/cli/main.ts')

let data = ''
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'sapwood-cli-'))
})
afterAll(() => rmSync(data, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--import', tsx, '--conditions=@sapwood/source', main, '--data', join(data, 'kept'), ...args],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** A program that stands in for bitcoind. */
function fakeBitcoind(name: string, script: string): string {
  const path = join(data, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const titles = [/^v2, direct$/m, /^v1, falling back from v2$/m, /^v2, through SOCKS5/m]

describe('npm start', () => {
  it('makes its three runs on a real bitcoind, and goes on from there at the next start', async () => {
    const first = await run(['--blocks', '120'])
    expect(first.stderr).toMatch(/peer: bitcoind/)
    expect(first.code).toBe(0)
    for (const title of titles) expect(first.stdout).toMatch(title)
    expect(first.stdout.match(/ equal to the other side's/g)).toHaveLength(2)
    expect(first.stdout).toMatch(/store +│ new, in/)
    const second = await run(['--blocks', '120'])
    expect(second.code).toBe(0)
    expect(second.stdout).toMatch(/store +│ resumed at height 120, in/)
    expect(second.stdout).toMatch(/headers +│ 10 checked/)
    // A cache that was restored in part: the headers that were kept are of a chain that is gone, and longer
    // than the new one.
    rmSync(join(data, 'kept/bitcoind/chain'), { recursive: true })
    const anew = await run(['--blocks', '110'])
    expect(anew).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^peer: bitcoind [^\n]*\n$/) as string,
    })
    expect(anew.stdout).toMatch(/store +│ new, in/)
  })

  it.each([
    ['with --embedded', ['--embedded', '--blocks', '110'], {}],
    ['where no bitcoind can be had, and says so', ['--blocks', '110'], { BITCOIND: '/nonexistent' }],
  ])('makes them on the embedded peer %s', async (_, args, environment: Record<string, string>) => {
    const { code, stdout, stderr } = await run(args, environment)
    expect(stderr).toMatch(/the embedded peer of this process/)
    if ('BITCOIND' in environment) expect(stderr).toMatch(/No bitcoind can be had/)
    expect(code).toBe(0)
    for (const title of titles) expect(stdout).toMatch(title)
  })

  it('keeps a chain and serves it with --serve, and says at the next start from where it went on', async () => {
    const first = await run(['--serve', '--blocks', '105'])
    expect(first).toMatchObject({ code: 0 })
    expect(first.stdout).toMatch(/resumed +│ blocks after 0, index after 0/)
    expect(first.stdout).toMatch(/tip +│ 105, [0-9a-f]{16}…, the same on all three/)
    expect(first.stdout).toMatch(/filters +│ 106, each that of the first bitcoind/)
    expect(first.stdout).toMatch(/served +│ \d+ blocks of [\d,]+ bytes over v2/)
    expect(first.stdout).toMatch(/offered +│ .*NETWORK.*COMPACT_FILTERS/)
    const second = await run(['--serve', '--blocks', '105'])
    expect(second).toMatchObject({ code: 0 })
    expect(second.stdout).toMatch(/resumed +│ blocks after 105, index after 105/)
    expect(second.stdout).toMatch(/tip +│ 115, /)
  }, 600_000)

  it('prints its usage', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Usage: npm start/)
  })

  it.each([
    [['--nonsense'], /nonsense/],
    [['--blocks', 'many'], /--blocks takes a number/],
    [['--port', '70000'], /--port takes a number/],
    [['unexpected'], /unexpected/],
  ])('refuses %j with a line and exit code 2', async (args, line) => {
    const { code, stdout, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(line)
    expect(stdout).toBe('')
  })

  it.each([['--embedded'], []])('says that a port is in use (%s)', async (...args) => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await run([...args, '--port', String(port)])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^sapwood: .*port/m)
    expect(stderr).toContain(String(port))
    server.close()
    await once(server, 'close')
  })

  it('says that bitcoind died at its start', async () => {
    const BITCOIND = fakeBitcoind('dies-at-once', 'echo "Error: out of luck" >&2; exit 7')
    const { code, stderr } = await run([], { BITCOIND })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^sapwood: .*out of luck/m)
  })

  it('says that bitcoind died in the middle', async () => {
    const real = (await findBitcoind()).command.join(' ')
    // It dies while it mines: its own log says how far it is.
    const script = [
      `case "$*" in *-help*) exec ${real} "$@";; esac`,
      'for each in "$@"; do case $each in -datadir=*) log=${each#*=}/regtest/debug.log;; esac; done',
      `${real} "$@" &`,
      `until grep -qs ' height=20 ' "$log"; do sleep 0.05; done`,
      'kill -9 $!; exit 9',
    ].join('\n')
    const BITCOIND = fakeBitcoind('dies-later', script)
    const { code, stderr } = await run(['--blocks', '20000', '--data', join(data, 'dying')], { BITCOIND })
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^sapwood: bitcoind (ended by itself|does not answer)|^sapwood: .*bitcoind ended by itself/m,
    )
  })
})
