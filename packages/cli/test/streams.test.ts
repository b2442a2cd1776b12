import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { networks } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeFrame } from '../src/decoding/v1-frame.ts'
import { buildCommand } from './support/build-command.ts'
import { sapwood } from './support/run-command.ts'

const HOOK_TIMEOUT = 120_000
/** Many times what a pipe holds, as lines of JSON. */
const MESSAGES = 20_000

const folder = mkdtempSync(join(tmpdir(), 'sapwood-streams-'))
const many = join(folder, 'many.bin')
const ping = encodeFrame(networks.regtest.magic, 'ping', new Uint8Array(8))
let command: string
beforeAll(async () => {
  command = await buildCommand()
  writeFileSync(many, Buffer.concat(Array.from({ length: MESSAGES }, () => ping)))
}, HOOK_TIMEOUT)
afterAll(() => rmSync(folder, { recursive: true }))

type Child = ChildProcessByStdio<Writable, Readable, Readable>

function start(...args: readonly string[]): Child & { readonly ended: Promise<number | string> } {
  const child = spawn(process.execPath, [command, ...args], { stdio: 'pipe' })
  child.stdin.on('error', () => undefined)
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return Object.assign(child, { ended })
}

describe('the output', () => {
  it('is all there, however late it is read', async () => {
    const child = start('decode', many, '--json')
    // The pipe is full, or the process gone.
    await once(child.stdout, 'readable')
    const out = await text(child.stdout)
    expect([out.trimEnd().split('\n').length, await child.ended]).toEqual([MESSAGES, 0])
  })

  it('is all there, also what was said at once and last', async () => {
    const entries = 10_000
    const inv = new Uint8Array(3 + entries * 36)
    inv.set([0xfd, entries & 0xff, entries >> 8])
    writeFileSync(join(folder, 'inv.bin'), encodeFrame(networks.regtest.magic, 'inv', inv))
    const child = start('decode', join(folder, 'inv.bin'), '--json')
    await once(child.stdout, 'readable')
    const { message } = JSON.parse(await text(child.stdout)) as { message: { inventory: unknown[] } }
    expect([message.inventory.length, await child.ended]).toEqual([entries, 0])
  })

  it('may be closed by who has seen enough: no failure, and no word', async () => {
    const child = start('decode', many)
    const err = text(child.stderr)
    await once(child.stdout, 'readable')
    child.stdout.destroy()
    expect([await child.ended, await err]).toEqual([0, ''])
  })

  it('of a node may be closed, too: the node ends in order', async () => {
    const child = start('node', '-regtest', `-datadir=${folder}`, '-rpcport=0', '-listen=0', '-connect=0')
    const err = text(child.stderr)
    let log = ''
    for await (const piece of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      log += piece
      if (log.includes('the node runs')) break
    }
    expect(existsSync(join(folder, 'regtest/.cookie'))).toBe(true)
    // The last lines of its log find nobody.
    child.kill('SIGTERM')
    expect([await child.ended, await err]).toEqual([0, ''])
    expect(existsSync(join(folder, 'regtest/.cookie'))).toBe(false)
  })
})

describe('the input', () => {
  it('is waited for until Ctrl-C', async () => {
    const child = start('decode', '-')
    const err = text(child.stderr)
    child.stdin.write('f9be')
    // It listens to signals from its beginning on, and says nothing before the end: a second way to know that
    // it has begun is that it has taken what was written.
    await new Promise<void>((resolve) => child.stdin.write(Buffer.alloc(1_000_000, '0'), () => resolve()))
    child.kill('SIGINT')
    expect([await child.ended, await err]).toEqual([130, ''])
  })

  it('comes through any pipe that has a name', async () => {
    const line = `cat ${many} | ${process.execPath} ${command} decode /dev/stdin | head -1`
    const { stdout } = await promisify(execFile)('sh', ['-c', line])
    expect(stdout).toMatch(/^ping {2}8 bytes {2}network regtest/)
  })

  it('is not read without end, nor taken from a folder or from nowhere', async () => {
    const piece = new Uint8Array(64 * 1024 * 1024)
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield piece
    }
    const { exitCode, err } = await sapwood(['decode', '-'], { input: endless() })
    expect([exitCode, err]).toEqual([1, 'sapwood: standard input has more than 536870912 bytes\n'])
    expect((await sapwood(['decode', folder])).exitCode).toBe(2)
    expect((await sapwood(['replay', join(folder, 'none'), '127.0.0.1:1'])).exitCode).toBe(2)
  })
})
